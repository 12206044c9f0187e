//! Values as go-yaml v2 writes them: strings one by one, structure, folding, and streams.

use serde_json::{Value, json};

use super::{write, write_all};
use crate::yaml::tests::STRINGS;

#[test]
fn a_string_is_written_as_go_yaml_v2_writes_it() {
    for (text, written, _) in STRINGS {
        assert_eq!(write(&json!({"k": text})), format!("k: {written}\n"), "{text:?}");
    }
}

#[test]
fn structure() {
    insta::assert_snapshot!(write(&json!({
        "map": {"inner": {"deep": 1}, "empty": {}},
        "list": ["a", ["b", ["c"], []], {"k": "v", "l": ["x"]}, {}, null],
        "scalars": [true, false, null, 0, -5, 18_446_744_073_709_551_615_u64, 1.5, "text"],
    })), @r"
    list:
    - a
    - - b
      - - c
      - []
    - k: v
      l:
      - x
    - {}
    - null
    map:
      empty: {}
      inner:
        deep: 1
    scalars:
    - true
    - false
    - null
    - 0
    - -5
    - 18446744073709551615
    - 1.5
    - text
    ");
}

#[test]
fn the_root_may_be_anything() {
    for (value, text) in [
        (json!({}), "{}\n"),
        (json!([]), "[]\n"),
        (json!(null), "null\n"),
        (json!("a"), "a\n"),
        (json!("a\nb\n"), "|\n  a\n  b\n"),
        (json!(["a"]), "- a\n"),
        (json!([["a"]]), "- - a\n"),
        (json!(7), "7\n"),
    ] {
        assert_eq!(write(&value), text);
    }
}

#[test]
fn floats_are_integers_where_they_can_be() {
    for (value, text) in [
        (json!(1e3), "1000\n"),
        (json!(1e21), "1e+21\n"),
        (json!(1_000_000.5), "1.0000005e+06\n"),
        (json!(100_000.5), "100000.5\n"),
        (json!(0.00001), "1e-05\n"),
        (json!(-2.5), "-2.5\n"),
    ] {
        assert_eq!(write(&value), text);
    }
}

#[test]
fn keys_are_quoted_like_strings_and_stay_on_one_line() {
    let key = |key: &str| write(&json!({key: 1}));
    assert_eq!(key("a b"), "a b: 1\n");
    assert_eq!(key("yes"), "\"yes\": 1\n");
    assert_eq!(key(""), "\"\": 1\n");
    assert_eq!(key("a: b"), "'a: b': 1\n");
    let long = "word ".repeat(25) + "x";
    assert_eq!(key(&long), format!("{long}: 1\n"), "126 bytes, no fold");
}

#[test]
fn keys_that_are_long_or_have_breaks_stand_behind_a_question_mark() {
    let key = |key: &str| write(&json!({key: 1}));
    assert_eq!(key(&"k".repeat(128)), format!("{}: 1\n", "k".repeat(128)));
    assert_eq!(key(&"k".repeat(129)), format!("? {}\n: 1\n", "k".repeat(129)));
    assert_eq!(key("a\nb"), "? |-\n  a\n  b\n: 1\n");
}

#[test]
fn long_texts_are_folded_where_a_single_space_stands() {
    let words = |word: &str, count: usize| vec![word; count].join(" ");
    let folded = write(&json!({"k": words("word", 30)}));
    assert!(folded.lines().count() == 2 && folded.lines().all(|line| line.len() <= 90), "{folded}");
    let double_spaces = ["word"; 30].join("  ");
    assert_eq!(write(&json!({"k": double_spaces})), format!("k: {double_spaces}\n"));
    let unbroken = "x".repeat(200);
    assert_eq!(write(&json!({"k": unbroken})), format!("k: {unbroken}\n"));
    // In quotes a line that would begin with a blank begins with a backslash.
    let quoted = write(&json!({"k": format!("\t{}  {}", words("word", 16), words("word", 3))}));
    insta::assert_snapshot!(quoted, @r#"
    k: "\tword word word word word word word word word word word word word word word word
      \ word word word"
    "#);
}

#[test]
fn documents_are_kept_apart() {
    let values: [Value; 2] = [json!({"a": 1}), json!({"b": 2})];
    assert_eq!(write_all(values.iter()), "a: 1\n---\nb: 2\n");
    assert_eq!(write_all(std::iter::empty()), "");
}
