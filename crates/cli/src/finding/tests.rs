//! Lines for people and for programs.

use super::*;

#[test]
fn lines_of_all_levels() {
    let findings = [
        Finding::fine("a", "is well"),
        Finding::warning("b", "is old").hint("renew it"),
        Finding::unseen("c", "hides").hint("ask"),
        Finding::problem("d", "is broken").hint("mend it"),
        Finding::problem("e", "is broken").hint("mend it"),
    ];
    insta::assert_snapshot!(lines(&findings).join("\n"), @"
    ✔ a: is well
    ! b: is old
      hint: renew it
    ? c: hides
      hint: ask
    ✗ d: is broken
    ✗ e: is broken
      hint: mend it
    ");
}

#[test]
fn what_fails() {
    assert!(!Level::Fine.fails() && !Level::Warning.fails());
    assert!(Level::Unseen.fails() && Level::Problem.fails());
    assert!(Level::Problem > Level::Unseen && Level::Unseen > Level::Warning && Level::Warning > Level::Fine);
}

#[test]
fn for_programs() {
    let json = serde_json::to_string(&Finding::warning("b", "is old").hint("renew it")).expect("JSON");
    assert_eq!(json, r#"{"level":"warning","object":"b","message":"is old","hint":"renew it"}"#);
    let json = serde_json::to_string(&Finding::fine("a", "is well")).expect("JSON");
    assert_eq!(json, r#"{"level":"fine","object":"a","message":"is well"}"#);
}
