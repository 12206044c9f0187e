//! Globs of one segment, as Go's `filepath.Match` answers, and what they cost.

use manifest::budget::{Budget, Cancel, Exceeded, Limits};

use super::{Body, Glob, Pattern};
use crate::ignore::meter::Meter;

fn glob(pattern: &str, name: &str) -> Option<bool> {
    let budget = Budget::default();
    let name: Vec<char> = name.chars().collect();
    Some(Glob::parse(pattern)?.matches(&name, &mut Meter::new(&budget)).unwrap())
}

/// Whether the rule matches a path, within a number of steps.
fn within(steps: u64, rule: &str, path: &[&str]) -> Result<bool, Exceeded> {
    let budget = Budget::new(Limits { steps, ..Limits::NONE }, Cancel::default());
    let path: Vec<Vec<char>> = path.iter().map(|name| name.chars().collect()).collect();
    let mut meter = Meter::new(&budget);
    let matched = Pattern::parse(rule).matches(&path, false, &mut meter)?;
    meter.settle()?;
    Ok(matched)
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
        assert!(matches!(Pattern::parse(pattern).body, Body::Nothing), "{pattern:?}");
        assert_eq!(within(1, pattern, &["a"]), Ok(false), "{pattern:?}");
    }
}

#[test]
fn a_glob_with_many_stars_takes_back_only_the_last() {
    let pattern = format!("{}b", "a*".repeat(200));
    assert_eq!(within(1000, &pattern, &[&"a".repeat(4000)]), Ok(false));
}

#[test]
fn what_is_costly_to_compare_costs_steps() {
    // Each takes more comparisons than there are characters in rule and name together.
    let name = "a".repeat(4000);
    let quadratic = format!("*{}b", "a".repeat(2000));
    let class = format!("*[{}]", "b".repeat(10_000));
    let slashes = format!("a{}b", "/".repeat(1_000_000));
    let everywhere = format!("**/{quadratic}");
    for (rule, path) in [
        (&quadratic, &[name.as_str()][..]),
        (&class, &[&name]),
        (&slashes, &["a", "x"]),
        (&everywhere, &[&name, &name]),
    ] {
        assert_eq!(within(10_000, rule, path), Err(Exceeded::Steps(10_000)), "{rule:.20}");
        assert!(within(10_000_000, rule, path).is_ok(), "{rule:.20}");
    }
    assert_eq!(within(1, "*.yaml", &["deployment.yml"]), Ok(false), "what is usual costs next to nothing");
}

#[test]
fn a_rule_is_taken_apart() {
    let parts = |line: &str| {
        let rule = Pattern::parse(line);
        (rule.includes(), rule.dirs_only, matches!(rule.body, Body::Path(_)))
    };
    assert_eq!(parts("x"), (false, false, false));
    assert_eq!(parts("!x/"), (true, true, false));
    assert_eq!(parts("!/x  "), (true, false, true));
    assert_eq!(parts("x/y/"), (false, true, true));
}
