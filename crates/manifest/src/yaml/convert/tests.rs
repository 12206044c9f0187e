//! From nodes to values: tags against texts, keys, and what a round of writing changes.

use serde_json::{Value, json};

use super::{to_value_v2, to_value_v3, to_value_v3_direct};
use crate::Error;
use crate::yaml::{Dialect, Limits, Node, read_first_node};

fn node(text: &str, dialect: Dialect) -> Node {
    read_first_node(text, dialect, &Limits::default()).expect("YAML").expect("a document")
}

fn v2(text: &str) -> Result<Value, Error> {
    to_value_v2(&node(text, Dialect::V2))
}

fn v3(text: &str) -> Result<Value, Error> {
    to_value_v3(&node(text, Dialect::V3))
}

fn words(value: Result<Value, Error>) -> String {
    value.unwrap_err().to_string()
}

#[test]
fn a_tag_has_to_fit_its_text() {
    for (text, wanted) in [
        ("!!int 5", json!(5)),
        ("!!int '5'", json!(5)),
        ("!!float 5", json!(5)),
        ("!!float 5.5", json!(5.5)),
        ("!!str 5", json!("5")),
        ("!!bool true", json!(true)),
        ("!!null ~", json!(null)),
        ("!!timestamp 2024-01-31", json!("2024-01-31T00:00:00Z")),
        ("!!binary aGk=", json!("hi")),
        ("!other 5", json!("5")),
    ] {
        assert_eq!(v3(&format!("k: {text}\n")), Ok(json!({"k": wanted})), "{text}");
    }
    assert_eq!(words(v3("k: !!int x\n")), "yaml: line 1: cannot decode a !!str as a !!int");
    assert_eq!(words(v3("a: b\nk: !!bool 5\n")), "yaml: line 2: cannot decode a !!int as a !!bool");
    assert_eq!(words(v3("k: !!binary '*'\n")), "yaml: line 1: !!binary value contains invalid base64 data");
}

#[test]
fn what_json_cannot_say_is_an_error() {
    for (text, name) in [(".inf", "+Inf"), ("-.inf", "-Inf"), (".nan", "NaN")] {
        let wanted = format!("yaml: line 1: json: unsupported value: {name}");
        assert_eq!(words(v3(&format!("k: {text}\n"))), wanted);
        assert_eq!(words(v2(&format!("k: {text}\n"))), wanted);
    }
}

#[test]
fn keys_of_resources_are_texts_and_once() {
    assert_eq!(v3("a: 1\n'b': 2\n\"5\": 3\n"), Ok(json!({"a": 1, "b": 2, "5": 3})));
    assert_eq!(words(v3("k: {5: a}\n")), "yaml: line 1: invalid map key: 5");
    assert_eq!(words(v3("k: {true: a}\n")), "yaml: line 1: invalid map key: true");
    assert_eq!(words(v3("~: a\n")), "yaml: line 1: invalid map key: ~");
    assert_eq!(words(v3("k: {2024-01-31: a}\n")), "yaml: line 1: invalid map key: 2024-01-31");
    assert_eq!(words(v3("a: 1\nb: 2\na: 3\n")), "yaml: line 3: mapping key \"a\" already defined");
    // The outermost keys alone become texts.
    assert_eq!(v3("5: a\ntrue: b\n2024-01-31: c\n"), Ok(json!({"5": "a", "true": "b", "2024-01-31": "c"})));
}

#[test]
fn keys_of_kustomization_files_become_texts_and_the_last_wins() {
    assert_eq!(v2("a: 1\na: 2\n"), Ok(json!({"a": 2})));
    assert_eq!(
        v2("5: a\nyes: b\n1.50: c\n2024-01-31: d\n0x10: e\n"),
        Ok(json!({"5": "a", "true": "b", "1.5": "c", "2024-01-31": "d", "16": "e"}))
    );
    assert_eq!(words(v2("~: a\n")), "yaml: line 1: unsupported map key of type: null");
}

#[test]
fn what_is_quoted_is_a_text_in_both_dialects() {
    for text in ["'5'", "\"true\"", "'~'", "|-\n  5", ">-\n  5"] {
        let text = format!("k: {text}\n");
        let wanted =
            json!({"k": if text.contains('5') { "5" } else if text.contains('~') { "~" } else { "true" }});
        assert_eq!((v2(&text), v3(&text)), (Ok(wanted.clone()), Ok(wanted)), "{text}");
    }
}

#[test]
fn a_round_of_writing_changes_folded_texts_and_flow_and_a_direct_reading_does_not() {
    let both = |text: &str| {
        let node = node(text, Dialect::V3);
        (to_value_v3(&node).expect("a value"), to_value_v3_direct(&node).expect("a value"))
    };
    assert_eq!(both("k: >-\n  x\n   y\n"), (json!({"k": "x\n\n y"}), json!({"k": "x\n y"})));
    assert_eq!(both("k: [a, ]\n"), (json!({"k": ["a"]}), json!({"k": ["a"]})));
    assert_eq!(both("k: {a: }\n"), (json!({"k": {"a": ""}}), json!({"k": {"a": null}})));
    let time = "2001-12-14t21:59:43Z";
    assert_eq!(
        both(&format!("k: [{time}]\n")),
        (json!({"k": [time]}), json!({"k": ["2001-12-14T21:59:43Z"]}))
    );
}

#[test]
fn a_block_that_begins_with_a_tab_cannot_be_read_again() {
    let text = "k: \"\\tx\\ny\"\nl: |2\n  \tx\n";
    assert_eq!(words(v3(text)), "yaml: line 2: found a tab character where an indentation space is expected");
    let node = node(text, Dialect::V3);
    assert_eq!(to_value_v3_direct(&node), Ok(json!({"k": "\tx\ny", "l": "\tx\n"})));
}

#[test]
fn whole_floats_become_integers_while_64_bits_hold_them() {
    assert_eq!(v3("k: 1.0\n"), Ok(json!({"k": 1})));
    assert_eq!(v3("k: 1e19\n"), Ok(json!({"k": 10_000_000_000_000_000_000_u64})));
    assert_eq!(v3("k: 1e20\n"), Ok(json!({"k": 1e20})));
    assert_eq!(v3("k: 1.5\n"), Ok(json!({"k": 1.5})));
}
