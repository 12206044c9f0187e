//! The form of Go's JSON.

use serde_json::json;

use super::{Go, Length, quote};

#[test]
fn as_go_indents_and_escapes() {
    let value =
        json!({"b": [1, 2.5, 1e21], "a": {"x": "<a & \u{2028}\"\\\n\u{1}>", "e": {}, "l": []}, "n": null});
    let mut text = String::new();
    Go::from(&value).write(&mut text, 0);
    let expected = "{\n  \"a\": {\n    \"e\": {},\n    \"l\": [],\n    \"x\": \
                    \"\\u003ca \\u0026 \\u2028\\\"\\\\\\n\\u0001\\u003e\"\n  },\n  \"b\": [\n    1,\n    2.5,\n    1e+21\n  ],\n  \
                    \"n\": null\n}";
    assert_eq!(text, expected);
    let mut length = Length::default();
    Go::from(&value).write(&mut length, 0);
    assert_eq!(length, Length(expected.len()));
    assert_eq!(Go::from(&value).into_value(), value);
}

#[test]
fn what_is_between_escapes_stays() {
    for (text, expected) in [
        ("", r#""""#),
        ("plain ü", "\"plain ü\""),
        ("<>", r#""\u003c\u003e""#),
        ("a\u{2029}ü\t\u{8}\u{c}\rb\u{7f}", "\"a\\u2029ü\\t\\b\\f\\rb\u{7f}\""),
        ("\u{0}&", r#""\u0000\u0026""#),
    ] {
        let mut out = String::new();
        quote(&mut out, text);
        assert_eq!(out, expected);
    }
}
