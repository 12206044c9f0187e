//! Versions and constraints. Expected answers are those of Masterminds' semver 3.

use super::{Constraint, parse_version};

fn accepts(constraint: &str, version: &str) -> bool {
    Constraint::parse(constraint).unwrap().accepts(&parse_version(version).unwrap())
}

#[test]
fn versions_are_strict_but_for_the_v() {
    for good in [
        "1.2.3",
        "v1.2.3",
        "0.0.0",
        "1.2.3-rc.1",
        "1.2.3-rc.1+build.5",
        "1.2.3+007",
        "1.0.0-x-y-z",
        "01.2.3",
        "1.02.03-rc.1",
        "v000.0.0",
    ] {
        assert!(parse_version(good).is_some(), "{good}");
    }
    for bad in [
        "", "1", "1.2", "1.2.3.4", "1..3", "0x1.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "1.2.x", "V1.2.3",
        "1.2.-3", "release",
    ] {
        assert!(parse_version(bad).is_none(), "{bad}");
    }
}

#[test]
fn leading_zeros_do_not_count() {
    assert_eq!(parse_version("v05.0.10"), parse_version("5.0.10"));
    assert!(accepts("*", "05.0.0") && accepts("5.0.0", "05.0.0"));
}

#[test]
fn precedence() {
    let sorted = [
        "0.9.9",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "1.1.0",
        "2.0.0",
    ];
    for pair in sorted.windows(2) {
        let (low, high) = (parse_version(pair[0]).unwrap(), parse_version(pair[1]).unwrap());
        assert!(low.cmp_precedence(&high).is_lt(), "{pair:?}");
    }
}

#[test]
fn build_metadata_makes_no_difference() {
    assert!(accepts("1.0.0+a", "1.0.0+b") && accepts("=1.0.0", "1.0.0+b"));
    assert!(accepts("<=1.0.0", "1.0.0+b") && accepts(">=1.0.0+z", "1.0.0+b"));
    assert!(
        !accepts(">1.0.0", "1.0.0+b") && !accepts("<1.0.0+z", "1.0.0+b") && !accepts("!=1.0.0", "1.0.0+b")
    );
}

#[test]
fn constraints() {
    for (constraint, yes, no) in [
        ("*", "1.2.3 0.0.1", "1.0.0-rc.1"),
        (">=0.0.0-0", "1.0.0-rc.1 2.0.0", ""),
        ("1.2.3", "1.2.3", "1.2.4 1.2.3-rc.1"),
        ("=1.2.3", "1.2.3", "1.2.2"),
        ("1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
        ("1.2.x", "1.2.0 1.2.9", "1.3.0"),
        ("1.x", "1.0.0 1.9.9", "2.0.0 0.9.9"),
        ("1", "1.0.0 1.9.9", "2.0.0"),
        ("!=1.2.3", "1.2.4", "1.2.3"),
        ("!=1.2.x", "1.3.0", "1.2.0 1.2.9"),
        ("!=1.x", "2.0.0", "1.2.0"),
        (">1.2.3", "1.2.4 2.0.0", "1.2.3 1.2.2"),
        (">1.2", "1.3.0 2.0.0", "1.2.9"),
        (">1", "2.0.0", "1.9.9"),
        ("<1.2", "1.1.9", "1.2.0"),
        ("<=1.2", "1.2.9 1.0.0", "1.3.0"),
        ("<=1", "1.9.9", "2.0.0"),
        (">=1.2", "1.2.0", "1.1.9"),
        ("=>1.2", "1.2.0", "1.1.9"),
        ("=<1.2.3", "1.2.3", "1.2.4"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"),
        ("~1.2", "1.2.0 1.2.9", "1.3.0"),
        ("~1", "1.0.0 1.9.0", "2.0.0"),
        ("~>1.2.3", "1.2.9", "1.3.0"),
        ("^1.2.3", "1.2.3 1.9.0", "2.0.0 1.2.2"),
        ("^1.2", "1.9.0", "2.0.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("^0.1.2", "0.1.9", "0.2.0 0.1.1"),
        ("^0.2", "0.2.0 0.2.9", "0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0.0", "0.0.9", "0.1.0"),
        ("^0", "0.9.9", "1.0.0"),
        (">=1.0.0 <2.0.0", "1.5.0", "2.0.0"),
        (">=1.0.0, <2.0.0", "1.5.0", "0.9.0"),
        (">= 1.0.0 < 2.0.0", "1.5.0", "2.0.0"),
        ("1.2 - 1.4.5", "1.2.0 1.4.5", "1.4.6 1.1.9"),
        ("1.0.0 || >=2.0.0 <3", "1.0.0 2.5.0", "1.5.0 3.0.0"),
        (">=1.0.0-0 <2.0.0", "1.5.0", "2.0.0"),
        ("v1.2.x", "1.2.3", "1.3.0"),
        (">=1.0.0-alpha", "1.0.0-beta 1.0.0", "0.9.0"),
    ] {
        for version in yes.split_whitespace() {
            assert!(accepts(constraint, version), "{constraint} takes {version}");
        }
        for version in no.split_whitespace() {
            assert!(!accepts(constraint, version), "{constraint} does not take {version}");
        }
    }
}

#[test]
fn improper_constraints() {
    for bad in ["", " ", "one", ">", ">=", "1.2.3.4", "1.2 -", ">=1.0.0 ||", "~!1.0", "1.0.0-", "^^1.0"] {
        assert!(Constraint::parse(bad).is_none(), "{bad:?}");
    }
}

#[test]
fn any_text_has_an_answer() {
    let pieces = [
        "1",
        ".",
        "x",
        "*",
        ">",
        "<",
        "=",
        "~",
        "^",
        "!",
        "-",
        "|",
        " ",
        ",",
        "v",
        "+",
        "rc",
        "0",
        "99999999999999999999",
    ];
    // A small generator with a fixed seed is enough to mix them.
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..8 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            text.push_str(pieces[usize::try_from(seed % pieces.len() as u64).unwrap()]);
        }
        drop(parse_version(&text));
        drop(Constraint::parse(&text));
    }
}

#[test]
fn the_number_of_conditions_is_bounded() {
    let of = |what: &str, between: &str, count: usize| Constraint::parse(&vec![what; count].join(between));
    assert!(of(">0.0.1", "||", 100).is_some() && of(">0.0.1", "||", 101).is_none());
    assert!(of(">0.0.1", " ", 100).is_some() && of(">0.0.1", " ", 101).is_none());
    assert!(of("1.0 - 2.0", ",", 50).is_some() && of("1.0 - 2.0", ",", 51).is_none());
    assert!(of(">0.0.1", ",", 1_000_000).is_none() && of(">0.0.1", "||", 1_000_000).is_none());
}
