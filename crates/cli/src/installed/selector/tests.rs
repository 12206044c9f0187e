//! Which selectors exclude each other.

use super::*;

const KEY: &str = "sharding.fluxcd.io/key";

fn disjoint(one: &str, other: &str) -> bool {
    let answer = are_disjoint(one, other);
    assert_eq!(are_disjoint(other, one), answer, "{one} and {other}, the other way round");
    answer
}

#[test]
fn shards_and_the_rest() {
    assert!(disjoint(&format!("{KEY}=a"), &format!("!{KEY}")));
    assert!(disjoint(&format!("{KEY}=a"), &format!("{KEY}=b")));
    assert!(disjoint(&format!("{KEY} in (a,b)"), &format!("{KEY} notin (a, b, c)")));
    assert!(disjoint(&format!("{KEY}==a"), &format!("{KEY}!=a")));
    assert!(disjoint(&format!("x=y,{KEY} in (a, b)"), &format!("{KEY} in (c),x=y")));
    assert!(disjoint(KEY, &format!("!{KEY}")));
}

#[test]
fn what_may_meet() {
    for (one, other) in [
        ("", ""),
        ("", "a=b"),
        ("a=b", "a=b"),
        ("a=b", "c=d"),
        ("a in (b,c)", "a in (c,d)"),
        ("a in (b,c)", "a!=b"),
        ("a", "a=b"),
        ("!a", "!b"),
        ("!a", "a!=b"),
        ("a > 1", "a=0"),
        ("a within (b)", "a=c"),
        ("a in", "a=c"),
    ] {
        assert!(!disjoint(one, other), "{one:?} and {other:?}");
    }
}

#[test]
fn objects_without_labels() {
    for selector in ["", "!a", "a!=b", "a notin (b,c)", "!a,b!=c"] {
        assert!(matches_no_labels(selector), "{selector}");
    }
    for selector in ["a", "a=b", "a in (b)", "!a,b=c"] {
        assert!(!matches_no_labels(selector), "{selector}");
    }
}
