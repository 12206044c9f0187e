//! What must hold for any text, whoever makes it up: libFuzzer in the targets beside this file, a seeded generator in
//! `tests/fuzz_seeded.rs`. No text is made here.

use manifest::Error;
use manifest::foreign::{Foreign, Secrets, is_control};
use manifest::yaml::{
    Dialect, Limits, Node, read_nodes, to_value_v2, to_value_v3, to_value_v3_direct, write_all, write_node,
};
use serde_json::Value;

/// Small enough that every text ends soon, and that crafted ones exceed them.
const LIMITS: Limits = Limits { bytes: 1 << 16, depth: 64, alias_nodes: 10_000, documents: 100 };

/// Reading never panics, says the same twice, and gives no more than the text and the budget for aliases allow.
pub fn read(data: &[u8], dialect: Dialect) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let first = read_nodes(text, dialect, &LIMITS);
    let again = read_nodes(text, dialect, &LIMITS);
    assert_eq!(first, again, "another answer the second time");
    let Ok(nodes) = first else { return };
    let count: usize = nodes.iter().map(size).sum();
    assert!(count <= text.len() + 1 + LIMITS.alias_nodes, "{count} nodes");
    for node in &nodes {
        assert!(depth(node) <= LIMITS.depth + 1, "too deep");
        assert_eq!(value(node, dialect), value(node, dialect), "another value the second time");
    }
}

/// What is written for a value is read as that value, by both dialects, and then written as before. Likewise for nodes
/// of objects, whose values are by definition those after writing and reading.
pub fn read_write_read(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for dialect in [Dialect::V2, Dialect::V3] {
        let Ok(nodes) = read_nodes(text, dialect, &LIMITS) else { continue };
        let values: Result<Vec<Value>, Error> = nodes.iter().map(|node| value(node, dialect)).collect();
        let Ok(values) = values else { continue };
        let values: Vec<Value> = values.into_iter().filter(|value| !value.is_null()).collect();
        values_are_stable(&values);
        if dialect == Dialect::V3 {
            nodes.iter().filter(|node| node.as_map().is_some()).for_each(node_is_stable);
        }
    }
}

fn values_are_stable(values: &[Value]) {
    let written = write_all(values.iter());
    for dialect in [Dialect::V2, Dialect::V3] {
        let read = read_nodes(&written, dialect, &Limits::default());
        let read: Result<Vec<Value>, Error> =
            read.and_then(|nodes| nodes.iter().map(|node| direct(node, dialect)).collect());
        assert_eq!(read.as_deref(), Ok(values), "{dialect:?} reads something else in:\n{written}");
    }
}

fn node_is_stable(node: &Node) {
    let Ok(value) = to_value_v3(node) else { return };
    let written = write_node(node);
    if written.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        // Rare line breaks are not kept apart from other characters in blocks.
        return;
    }
    let read = read_nodes(&written, Dialect::V3, &Limits::default());
    let read: Result<Vec<Value>, Error> =
        read.and_then(|nodes| nodes.iter().map(to_value_v3_direct).collect());
    assert_eq!(read, Ok(vec![value]), "read again from:\n{written}");
}

fn value(node: &Node, dialect: Dialect) -> Result<Value, Error> {
    match dialect {
        Dialect::V2 => to_value_v2(node),
        Dialect::V3 => to_value_v3(node),
    }
}

fn direct(node: &Node, dialect: Dialect) -> Result<Value, Error> {
    match dialect {
        Dialect::V2 => to_value_v2(node),
        Dialect::V3 => to_value_v3_direct(node),
    }
}

fn size(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 1,
        Node::Seq(seq) => 1 + seq.items.iter().map(size).sum::<usize>(),
        Node::Map(map) => 1 + map.entries.iter().map(|(_, value)| 1 + size(value)).sum::<usize>(),
    }
}

fn depth(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 0,
        Node::Seq(seq) => 1 + seq.items.iter().map(depth).max().unwrap_or_default(),
        Node::Map(map) => 1 + map.entries.iter().map(|(_, value)| depth(value)).max().unwrap_or_default(),
    }
}

/// The first line is the value of a Secret, the rest what a server says of it: the value is not shown, as it is or
/// escaped, and nothing steers a terminal.
pub fn foreign(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (value, said) = text.split_once('\n').unwrap_or((text, ""));
    let escaped = Value::from(value).to_string();
    let secret = serde_json::json!({"kind": "Secret", "stringData": {"key": value}});
    let text = Foreign::from(format!("{said}{value} {escaped}{said}"));
    let shown = text.masked(&Secrets::of(&secret));
    assert!(!shown.contains(|c| is_control(c) && c != '\n' && c != '\t'), "{shown:?}");
    assert!(!text.shown().contains('\u{1b}'));
    if value.trim().len() >= 12 && !value.contains("***") && !said.contains(value.trim()) {
        assert!(!shown.contains(value.trim()), "{shown:?}");
    }
}
