//! Globs of one segment, as Go's `filepath.Match` answers, and folders of rules.

use super::{Body, Glob, Pattern};

fn glob(pattern: &str, name: &str) -> Option<bool> {
    Some(Glob::parse(pattern)?.matches(name))
}

#[test]
fn globs_answer_as_gos_do() {
    // From the tests of Go's path/filepath, as far as they concern one segment.
    for (pattern, name, expected) in [
        ("abc", "abc", true),
        ("*", "abc", true),
        ("*c", "abc", true),
        ("a*", "a", true),
        ("a*", "abc", true),
        ("a*b*c*d*e*", "axbxcxdxe", true),
        ("a*b*c*d*e*", "axbxcxdxexxx", true),
        ("a*b?c*x", "abxbbxdbxebxczzx", true),
        ("a*b?c*x", "abxbbxdbxebxczzy", false),
        ("ab[c]", "abc", true),
        ("ab[b-d]", "abc", true),
        ("ab[e-g]", "abc", false),
        ("ab[^c]", "abc", false),
        ("ab[^b-d]", "abc", false),
        ("ab[^e-g]", "abc", true),
        ("a\\*b", "a*b", true),
        ("a\\*b", "ab", false),
        ("a?b", "a☺b", true),
        ("a[^a]b", "a☺b", true),
        ("a???b", "a☺b", false),
        ("[a-ζ]*", "α", true),
        ("*[a-ζ]", "A", false),
        ("[\\]a]", "]", true),
        ("[\\-]", "-", true),
        ("[x\\-]", "x", true),
        ("[x\\-]", "z", false),
        ("[\\-x]", "a", false),
        ("*x", "xxx", true),
        ("", "", true),
        ("*", "", true),
        ("?", "", false),
    ] {
        assert_eq!(glob(pattern, name), Some(expected), "{pattern:?} {name:?}");
    }
}

#[test]
fn malformed_globs_match_nothing() {
    for pattern in ["[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "[", "[^", "[^bc", "a[", "\\", "a\\"] {
        assert_eq!(glob(pattern, "a"), None, "{pattern:?}");
        let rule = Pattern::parse(pattern, "");
        assert!(matches!(rule.body, Body::Nothing) && !rule.matches(&["a"], false), "{pattern:?}");
    }
}

#[test]
fn a_glob_with_many_stars_is_quick() {
    // Without taking back only the last star this would take longer than anybody waits.
    let pattern = format!("{}b", "a*".repeat(200));
    assert_eq!(glob(&pattern, &"a".repeat(4000)), Some(false));
}

#[test]
fn a_rule_is_taken_apart() {
    let parts = |line: &str| {
        let rule = Pattern::parse(line, "a//b/");
        (rule.includes(), rule.dirs_only, matches!(rule.body, Body::Path(_)), rule.folder)
    };
    let folder = || vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(parts("x"), (false, false, false, folder()));
    assert_eq!(parts("!x/"), (true, true, false, folder()));
    assert_eq!(parts("!/x  "), (true, false, true, folder()));
    assert_eq!(parts("x/y/"), (false, true, true, folder()));
}

#[test]
fn a_rule_speaks_of_what_is_below_its_folder() {
    let rule = Pattern::parse("*", "a/b");
    for (path, expected) in [
        (&["a", "b", "c"][..], true),
        (&["a", "b", "c", "d"], true),
        (&["a", "b"], false),
        (&["a"], false),
        (&["a", "x", "c"], false),
        (&["b", "c"], false),
    ] {
        assert_eq!(rule.matches(path, true), expected, "{path:?}");
    }
}
