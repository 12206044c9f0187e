//! Nodes as go-yaml v3 writes them in kyaml's settings.

use super::write_node;
use crate::yaml::tests::BLOCKS;
use crate::yaml::{Dialect, Limits, Map, Node, Scalar, Style, Tag, read_first_node};

fn node(text: &str) -> Node {
    read_first_node(text, Dialect::V3, &Limits::default()).expect("YAML").expect("a document")
}

#[track_caller]
fn check(text: &str, wanted: &str) {
    assert_eq!(write_node(&node(text)), wanted, "{text}");
}

#[track_caller]
fn unchanged(text: &str) {
    check(text, text);
}

#[test]
fn quotes_flow_and_order_are_kept() {
    unchanged("b: 'x'\na: \"y\"\nc: z\n");
    unchanged("a: {b: c, d: [e, {f: g}]}\nh: []\ni: {}\n");
    unchanged("a: |\n  x\n   y\nb: |-\n  z\nc: |+\n  w\n\nd: end\n");
}

#[test]
fn lists_are_not_indented_below_their_key() {
    check("a:\n    - b\n    -   c: d\n        e:\n        - f\n", "a:\n- b\n- c: d\n  e:\n  - f\n");
    check("- - a\n  - b\n- c\n", "- - a\n  - b\n- c\n");
}

#[test]
fn nothing_is_folded_and_comments_go() {
    let long = "word ".repeat(40);
    let long = long.trim_end();
    check(&format!("# c\na: {long} # d\n"), &format!("a: {long}\n"));
}

#[test]
fn nulls_stay_as_they_were_written() {
    unchanged("a:\nb: ~\nc: null\n");
    check("a: [~, ]\n", "a: [~]\n");
}

#[test]
fn tags() {
    unchanged("a: !!str 1\nb: !!int \"1\"\n");
    // Unknown tags are lost, but not the type that they gave.
    check("a: !x 1\n", "a: \"1\"\n");
    check("a: !x b\n", "a: b\n");
}

#[test]
fn texts_with_several_lines() {
    unchanged("a: 'x\n\n\n  y'\n");
    // The first character of all decides about the line breaks before indented lines.
    check("a: >-\n  x\n\n  y\n\n   z\n", "a: >-\n  x\n\n  y\n\n\n   z\n");
    check("a: \"x\\ny\"\n", "a: \"x\\ny\"\n");
}

#[test]
fn a_made_scalar_is_quoted_where_its_type_needs_it() {
    let written = |text: &str, tag| write_node(&Node::Scalar(Scalar::typed(text, tag)));
    assert_eq!(written("5", Tag::Str), "\"5\"\n");
    assert_eq!(written("5", Tag::Int), "5\n");
    assert_eq!(written("5", Tag::None), "5\n");
    assert_eq!(written("5", Tag::Float), "!!float 5\n");
    assert_eq!(written("x", Tag::Int), "!!int x\n");
    assert_eq!(written("true", Tag::Str), "\"true\"\n");
    assert_eq!(written("a: b", Tag::Str), "'a: b'\n");
    assert_eq!(written("a\nb", Tag::Str), "|-\n  a\n  b\n");
    assert_eq!(written("aGk=", Tag::Binary), "!!binary aGk=\n");
    assert_eq!(written("2024-01-31", Tag::Time), "2024-01-31\n");
}

#[test]
fn between_braces_what_could_end_a_scalar_is_quoted() {
    let mut list = node("a: []\n");
    let items = ["x,y", "x:y", "x?", "x-y", "x\ny", "x}"].map(Node::string);
    if let Some(Node::Seq(seq)) = list.get_mut("a") {
        seq.items.extend(items);
        assert!(seq.flow);
    }
    assert_eq!(write_node(&list), "a: ['x,y', 'x:y', 'x?', x-y, \"x\\ny\", 'x}']\n");
}

#[test]
fn blocks_are_written_as_go_yaml_writes_them_wherever_they_stand() {
    for (text, literal, folded, _) in BLOCKS {
        for (style, wanted) in [(Style::Literal, literal), (Style::Folded, folded)] {
            let scalar = Node::Scalar(Scalar { style, ..Scalar::string(*text) });
            let mut map = Map::default();
            map.set("k", scalar);
            assert_eq!(write_node(&Node::Map(map.clone())), format!("k: {wanted}"), "{text:?}");
            map.set("e", Node::string("f"));
            assert_eq!(write_node(&Node::Map(map)), format!("k: {wanted}e: f\n"), "{text:?}");
        }
    }
}

#[test]
fn a_block_that_begins_with_a_blank_says_how_deep_it_is() {
    let block = Scalar { style: Style::Literal, ..Scalar::string(" x\ny") };
    assert_eq!(write_node(&Node::Scalar(block)), "|2-\n   x\n  y\n");
    let breaks = Scalar { style: Style::Literal, ..Scalar::string("\n") };
    assert_eq!(write_node(&Node::Scalar(breaks)), "|2+\n\n");
}
