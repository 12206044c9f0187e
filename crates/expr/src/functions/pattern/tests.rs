//! Patterns and texts.

use super::{compile, weight};

#[test]
fn patterns_mean_what_they_mean_in_go() {
    for (pattern, text, expected) in [
        ("^\\w+$", "abc_1", true),
        ("^\\w+$", "é", false),
        ("^\\W$", "é", true),
        ("^\\d$", "٣", false),
        ("^\\D$", "٣", true),
        ("^[\\w.-]{1,253}$", "a-b.c_d", true),
        ("^[^\\w]$", "-", true),
        ("^[\\s\\d]+$", "1 2\t", true),
        ("^\\s$", "\u{a0}", false),
        ("\\bword\\b", "a word.", true),
        ("\\bword\\b", "swords", false),
        ("^\\Qa.b*\\E$", "a.b*", true),
        ("\\Qa.b", "axb", false),
        ("^[a[]+$", "a[[", true),
        ("^[a&&b]+$", "&a", true),
        ("^[]a]+$", "a]", true),
        ("^[^]a]$", "]", false),
        ("^[[:alpha:]_]+$", "ab_", true),
        ("^(?i)ABC$", "abc", true),
        ("^(?P<n>a|b){2}$", "ab", true),
        ("a$", "a\n", false),
        ("^.$", "\n", false),
        ("^\\.\\*\\\\$", ".*\\", true),
        ("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "my-name", true),
        ("^\\pL+$", "äö", true),
    ] {
        let compiled = compile(pattern).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(compiled.is_match(text), expected, "{pattern} {text}");
    }
}

#[test]
fn what_is_no_pattern() {
    for pattern in ["(", ")", "[", "a**b(", "\\", "(?<n", "(?=a)", "a{2,1}"] {
        assert!(compile(pattern).is_err(), "{pattern}");
    }
    assert!(compile("\\w{1,253}").is_ok());
}

#[test]
fn what_is_repeated_weighs_more() {
    assert_eq!(weight("abc"), 1);
    assert_eq!(weight("a{5}b{2,7}c{3,}"), 1 + 1 + 5 + 7 + 3);
    assert_eq!(weight("(a{5}){10}"), 70);
    assert_eq!(weight("(((a{99}){99}){99}){99}"), 10_000);
    assert_eq!(weight("a{b}{,}{"), 2);
}
