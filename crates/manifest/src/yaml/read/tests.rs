//! From tokens to nodes: documents, anchors, merges, tags and budgets.

use super::{Limits, is_excessive, read_first_node, read_nodes, read_nodes_in};
use crate::Error;
use crate::budget::{Budget, Cancel, Exceeded};
use crate::yaml::{Dialect, Node, Style, Tag, to_value_v3, write_node};
use proptest::prelude::*;
use serde_json::json;

fn nodes(text: &str, dialect: Dialect) -> Result<Vec<Node>, Error> {
    read_nodes(text, dialect, &Limits::default())
}

/// What was read, written again, document by document.
fn written(text: &str) -> Vec<String> {
    nodes(text, Dialect::V3).expect("YAML").iter().map(write_node).collect()
}

fn words(text: &str) -> String {
    nodes(text, Dialect::V3).unwrap_err().to_string()
}

#[test]
fn documents_end_where_a_mark_stands() {
    assert_eq!(written("a: 1\n---\nb: 2\n"), ["a: 1\n", "b: 2\n"]);
    assert_eq!(written("---\na: 1\n...\n---\nb: 2\n...\n"), ["a: 1\n", "b: 2\n"]);
    assert_eq!(written("a: 1\n--- # c\n- b\n"), ["a: 1\n", "- b\n"]);
    assert!(written("").is_empty() && written("# c\n\n").is_empty());
    // Nothing between two marks is a null.
    let all = nodes("---\n---\na: 1\n---\n", Dialect::V3).expect("YAML");
    assert_eq!(all.iter().map(Node::is_null).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(words("a: 1\nb\n"), "yaml: line 2: could not find expected ':'");
    assert_eq!(words("%YAML 1.1\n{a: 1}\n"), "yaml: line 1: did not find expected <document start>");
}

#[test]
fn the_first_document_is_read_without_the_rest() {
    let first = |text| {
        read_first_node(text, Dialect::V2, &Limits::default()).map(|node| node.map(|n| write_node(&n)))
    };
    assert_eq!(first("a: 1\n---\n{ broken\n"), Ok(Some("a: 1\n".to_owned())));
    assert_eq!(first(""), Ok(None));
}

#[test]
fn an_alias_is_a_copy_of_what_its_anchor_names() {
    assert_eq!(written("a: &x [1, 2]\nb: *x\n"), ["a: [1, 2]\nb: [1, 2]\n"]);
    assert_eq!(written("a: &x 1\nb: &x 2\nc: *x\n"), ["a: 1\nb: 2\nc: 2\n"], "the newest of its name");
    assert_eq!(words("a: *x\n"), "yaml: line 1: unknown anchor referenced");
    assert_eq!(words("a: &x [*x]\n"), "yaml: line 1: anchor value contains itself");
    // Names end with their document.
    assert_eq!(words("a: &x 1\n---\nb: *x\n"), "yaml: line 3: unknown anchor referenced");
}

#[test]
fn a_merge_adds_what_the_map_does_not_have() {
    assert_eq!(
        written("a: &x {p: 1, q: 2}\nb:\n  q: 3\n  <<: *x\n"),
        ["a: {p: 1, q: 2}\nb:\n  q: 3\n  p: 1\n"]
    );
    // Of a list the first wins.
    assert_eq!(written("<<: [{p: 1}, {p: 2, q: 3}]\nr: 4\n"), ["r: 4\np: 1\nq: 3\n"]);
    let wrong = "yaml: line 1: map merge requires map or sequence of maps as the value";
    assert_eq!((words("<<: 5\n"), words("<<: [{a: 1}, 5]\n")), (wrong.to_owned(), wrong.to_owned()));
    assert_eq!(words("<<: {a: 1}\n<<: {b: 2}\n"), "yaml: duplicate merge key");
    let twice = nodes("<<: {a: 1}\n<<: {b: 2}\n", Dialect::V2).expect("YAML");
    assert_eq!(twice.iter().map(write_node).collect::<Vec<_>>(), ["a: 1\nb: 2\n"], "v2 takes both");
}

#[test]
fn tags_are_read_in_each_of_their_forms() {
    let tag = |text: &str| match nodes(text, Dialect::V3).expect("YAML").remove(0) {
        Node::Scalar(scalar) => (scalar.tag, scalar.tagged),
        other => panic!("{other:?}"),
    };
    assert_eq!(tag("!!int 5"), (Tag::Int, true));
    assert_eq!(tag("!<tag:yaml.org,2002:int> 5"), (Tag::Int, true));
    assert_eq!(tag("%TAG !y! tag:yaml.org,2002:\n---\n!y!int 5"), (Tag::Int, true));
    assert_eq!(tag("!x 5"), (Tag::Other, true));
    assert_eq!(tag("! 5"), (Tag::Int, false), "the lone mark is like none");
    assert_eq!(tag("'5'"), (Tag::Str, false));
    assert_eq!(tag("5"), (Tag::Int, false));
    assert_eq!(tag("!!str"), (Tag::Str, true), "a tag without content");
    assert_eq!(words("!y!int 5"), "yaml: found undefined tag handle");
}

#[test]
fn styles_and_lines_are_remembered() {
    let node = nodes("a: x\nb: 'x'\nc: \"x\"\nd: |\n  x\ne: >\n  x\n", Dialect::V3).expect("YAML").remove(0);
    let map = node.as_map().expect("a map");
    let seen: Vec<(u32, Style)> =
        map.entries.iter().filter_map(|(key, value)| Some((key.line, value.as_scalar()?.style))).collect();
    assert_eq!(
        seen,
        [(1, Style::Plain), (2, Style::Single), (3, Style::Double), (4, Style::Literal), (6, Style::Folded)]
    );
}

#[test]
fn pairs_in_a_list_and_keys_without_values() {
    let value = |text| to_value_v3(&nodes(text, Dialect::V3).expect("YAML").remove(0));
    assert_eq!(value("[a: 1, b]"), Ok(json!([{"a": 1}, "b"])));
    assert_eq!(value("? a\n? b\n: 1\n"), Ok(json!({"a": null, "b": 1})));
    assert_eq!(value("a:\n- b\n- c\nd: e\n"), Ok(json!({"a": ["b", "c"], "d": "e"})));
    assert_eq!(value("- \n- a\n-\n"), Ok(json!([null, "a", null])));
}

#[test]
fn every_budget_is_kept() {
    let limits = Limits { bytes: 40, depth: 3, alias_nodes: 5, documents: 2 };
    let exceeded = |text: &str| match read_nodes(text, Dialect::V3, &limits) {
        Err(Error::Budget { what, limit }) => Some((what, limit)),
        _ => None,
    };
    assert_eq!(exceeded(&"a".repeat(40)), None);
    assert_eq!(exceeded(&"a".repeat(41)), Some(("bytes", 40)));
    assert_eq!(exceeded("[[[]]]"), None);
    assert_eq!(exceeded("[[[[]]]]"), Some(("nested levels", 3)));
    assert_eq!(exceeded("a:\n  b:\n    c:\n      d: 1"), Some(("nested levels", 3)));
    assert_eq!(exceeded("[[[]], [[]], [[]]]"), None, "siblings are not deeper");
    assert_eq!(exceeded("a: &x [1, 2]\nb: *x"), None);
    assert_eq!(exceeded("a: &x [1, 2]\nb: [*x, *x]"), Some(("nodes added by aliases", 5)));
    assert_eq!(exceeded("a\n---\nb"), None);
    assert_eq!(exceeded("a\n---\nb\n---\nc"), Some(("documents", 2)));
}

#[test]
fn long_texts_cost_more_than_one_node_each_time_they_are_copied() {
    let limits = Limits { alias_nodes: 20, ..Limits::default() };
    let text = |length: usize| format!("a: &x {}\nb: *x\n", "y".repeat(length));
    assert!(read_nodes(&text(64 * 19), Dialect::V3, &limits).is_ok());
    assert!(read_nodes(&text(64 * 20), Dialect::V3, &limits).is_err());
}

#[test]
fn how_much_of_a_document_may_come_from_aliases() {
    assert!(!is_excessive(100, 1_000_000), "few");
    assert!(!is_excessive(995, 1_000), "small");
    assert!(is_excessive(995, 1_001) && !is_excessive(990, 1_001));
    // A tenth of what is large.
    assert!(is_excessive(400_001, 4_000_000) && !is_excessive(400_000, 4_000_000));
    assert!(is_excessive(1_000_001, 10_000_000) && !is_excessive(1_000_000, 10_000_000));
    // Halfway between: nodes 2 200 000, allowed 0.545.
    assert!(is_excessive(1_199_001, 2_200_000) && !is_excessive(1_199_000, 2_200_000));
}

#[test]
fn control_characters_are_refused_anywhere() {
    for c in ['\0', '\u{8}', '\u{b}', '\u{1f}', '\u{7f}', '\u{84}', '\u{86}', '\u{9f}', '\u{fffe}'] {
        assert_eq!(words(&format!("a: 'x{c}y'\n")), "yaml: control characters are not allowed", "{c:?}");
    }
    for c in ['\t', '\u{85}', '\u{a0}', '\u{2028}', '\u{fffd}', '\u{1f680}'] {
        assert!(nodes(&format!("a: 'x{c}y'\n"), Dialect::V3).is_ok(), "{c:?}");
    }
}

#[test]
fn a_budget_is_charged_for_each_node_and_given_back() {
    let limits = Limits::default();
    let spend = |text: &str, steps: u64, bytes: u64| {
        let budget = Budget::new(crate::budget::Limits { steps, bytes }, Cancel::default());
        let read = read_nodes_in(text, Dialect::V3, &limits, &budget).map(drop);
        assert_eq!(budget.held(), 0, "what is returned is the caller's to hold");
        (read, budget.steps())
    };
    let unbounded = u64::MAX;
    let many = "- a\n".repeat(1000);
    assert_eq!(spend(&many, unbounded, unbounded), (Ok(()), 1001 + 4000 / 64));
    assert_eq!(spend(&many, 900, unbounded).0, Err(Exceeded::Steps(900).into()));
    assert_eq!(spend(&many, unbounded, 60_000).0, Err(Exceeded::Bytes(60_000).into()));
    // Aliases and merge keys cost what they add.
    let aliases = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(1000), "*a,".repeat(100));
    let (read, steps) = spend(&aliases, unbounded, unbounded);
    assert!(read.is_ok() && (100_000..220_000).contains(&steps), "{steps}");
    assert_eq!(spend(&aliases, unbounded, 1 << 20).0, Err(Exceeded::Bytes(1 << 20).into()));
    let anchors = format!("{}x{}", "&a [".repeat(100), "]".repeat(100));
    assert!(spend(&anchors, unbounded, 100 * 101 / 2 * 64).0.is_err(), "each anchor keeps a copy");
    let cancel = Cancel::default();
    cancel.cancel();
    let budget = Budget::new(crate::budget::Limits::NONE, cancel);
    assert_eq!(read_nodes_in(&many, Dialect::V3, &limits, &budget), Err(Exceeded::Cancelled.into()));
}

#[test]
fn many_merged_keys_and_tag_directives_are_linear() {
    let budget = Budget::default();
    let keys: String = (0..20_000).map(|i| format!("  k{i}: {i}\n")).collect();
    let text = format!("a: &a\n{keys}b:\n  <<: *a\n{keys}");
    let read = read_nodes_in(&text, Dialect::V3, &Limits::default(), &budget).expect("YAML");
    let merged = read.first().and_then(|node| node.get("b")).and_then(Node::as_map).expect("a map");
    assert_eq!(merged.entries.len(), 20_000, "own keys win");
    assert!(budget.steps() < 400_000, "{}", budget.steps());
    let directives: String = (0..20_000).map(|i| format!("%TAG !t{i}! tag:x{i}:\n")).collect();
    let text = format!("{directives}---\na: !t19999!y b\n");
    assert!(read_nodes(&text, Dialect::V3, &Limits::default()).is_ok());
}

#[test]
fn a_long_tag_prefix_costs_each_time_it_is_used() {
    let budget = Budget::default();
    let text = format!("%TAG !t! {}\n---\n[{}]\n", "x".repeat(64_000), "!t!a b,".repeat(100));
    assert!(read_nodes_in(&text, Dialect::V3, &Limits::default(), &budget).is_ok());
    assert!(budget.steps() > 100_000, "{}", budget.steps());
}

#[test]
fn no_error_shows_a_value() {
    for text in ["password: *hunter2\n", "a: &hunter2 [*hunter2]\n"] {
        assert!(!words(text).contains("hunter2"), "{}", words(text));
    }
}

/// Nested lists and maps, with anchors and aliases to them.
fn nested() -> impl Strategy<Value = String> {
    let leaf = prop_oneof!["[a-z]{0,40}", "[a-z]{1,3}".prop_map(|name| format!("&{name} x"))];
    leaf.prop_recursive(6, 400, 12, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..12).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(inner, 1..8).prop_map(|items| {
                let entries = items.iter().enumerate().map(|(i, item)| format!("k{i}: {item}"));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_read_is_never_much_heavier_than_the_budget(
        parts in prop::collection::vec(nested(), 1..6),
        copies in 0usize..200,
        bytes in 0u64..4 << 20,
    ) {
        const LOT: usize = 16 << 10;
        let aliases = "*a, ".repeat(copies);
        let text = format!("a: &a [{}]\nb: [{aliases}]\n", parts.join(", "));
        let free = read_nodes(&text, Dialect::V3, &Limits::default());
        let budget = Budget::new(crate::budget::Limits { steps: u64::MAX, bytes }, Cancel::default());
        let read = read_nodes_in(&text, Dialect::V3, &Limits::default(), &budget);
        prop_assert_eq!(budget.held(), 0);
        let weight = |nodes: &[Node]| nodes.iter().map(Node::weight).sum::<usize>();
        match (read, free) {
            (Err(Error::Exceeded(_)), Ok(free)) => {
                // The anchors, too, keep a copy of what they name, each of those that are nested in each other.
                prop_assert!(weight(&free) * 8 + LOT > usize::try_from(bytes).unwrap_or(usize::MAX));
            }
            (Ok(read), free) => {
                prop_assert!(weight(&read) as u64 <= bytes + LOT as u64);
                prop_assert_eq!(Ok(read), free);
            }
            (read, free) => prop_assert_eq!(read.is_err(), free.is_err()),
        }
    }
}
