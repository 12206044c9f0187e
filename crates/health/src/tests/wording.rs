//! What is taken out of texts that others made.

use crate::wording::{cut, masked, quoted, word};

#[test]
fn credentials_and_values_of_secrets_are_masked() {
    for (text, expected) in [
        (
            "fetch https://bob:hunter2@git.example.com/a/b: refused",
            "fetch https://***@git.example.com/a/b: refused",
        ),
        ("two ssh://a@x/1 and http://b:c@d@y", "two ssh://***@x/1 and http://***@y"),
        ("https://example.com/a@b stays", "https://example.com/a@b stays"),
        (
            r#"Secret/app/tls dry-run failed: data[k]: Invalid value: "hunter2 \" and more": must be base64"#,
            "Secret/app/tls dry-run failed: data[k]: Invalid value: ***: must be base64",
        ),
        (
            "Secret \"x\" is invalid: type: Unsupported value: \"hunter2\": supported values: \"Opaque\"",
            "Secret \"x\" is invalid: type: Unsupported value: ***: supported values: \"Opaque\"",
        ),
        ("Secret/a/b: Invalid value: \"hunter2", "Secret/a/b: Invalid value: ***"),
        ("Secret/a/b: Invalid value: {hunter2}: no", "Secret/a/b: Invalid value: ***: no"),
        (
            "Deployment/a/b: spec.replicas: Invalid value: -1: must be positive",
            "Deployment/a/b: spec.replicas: Invalid value: -1: must be positive",
        ),
    ] {
        assert_eq!(masked(text), expected);
    }
    let lines = "Service/a/b: Invalid value: \"x\"\nSecret/a/b: Invalid value: \"y\"";
    assert_eq!(masked(lines), "Service/a/b: Invalid value: \"x\"\nSecret/a/b: Invalid value: ***");
}

#[test]
fn quotes_are_one_bounded_line() {
    assert_eq!(quoted(" a\n\tb  c "), "a b c");
    assert_eq!(quoted(&"ä".repeat(1000)).chars().count(), 400);
    assert_eq!(cut("abcdef", 4), "abc…");
    assert_eq!(cut("abcd", 4), "abcd");
}

#[test]
fn values_that_are_printed_over_lines_are_masked_before_lines_are_joined() {
    let said = "Secret/a/b dry-run failed: errors:\n  .data: expected map, got &{hunter2\nhunter3}\n  .x: expected string, got &value.valueUnstructured{Value:7000}";
    assert_eq!(
        quoted(said),
        "Secret/a/b dry-run failed: errors: .data: expected map, got value *** .x: expected string, got number ***"
    );
}

#[test]
fn nothing_steers_a_terminal() {
    assert_eq!(quoted("\u{1b}[31mred\u{202e} https://h/a?token=T"), "[31mred https://h/a?***");
    assert_eq!(word("Bad\nReason\u{1b}"), "Bad\u{fffd}Reason\u{fffd}");
}
