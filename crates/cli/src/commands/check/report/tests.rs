//! Whole reports.

use super::*;

fn report(findings: Vec<Finding>) -> Report {
    Report::new("a:6443", "v1.37.2", Vec::new(), findings)
}

#[test]
fn for_people() {
    assert_eq!(report(Vec::new()).lines(), ["no problems"]);
    let all = vec![
        Finding::fine("a", "x"),
        Finding::warning("b", "x"),
        Finding::warning("c", "x"),
        Finding::problem("d", "x"),
        Finding::unseen("e", "x"),
    ];
    let lines = report(all).lines();
    assert_eq!(lines.last().map(String::as_str), Some("1 problem, 2 warnings, 1 could not be looked at"));
    assert_eq!(lines.len(), 6);
}

#[test]
fn for_programs() {
    insta::assert_snapshot!(report(vec![Finding::warning("b", "x").hint("y")]).json(), @r#"
    {
      "server": "a:6443",
      "kubernetes": "v1.37.2",
      "result": "warning",
      "findings": [
        {
          "level": "warning",
          "object": "b",
          "message": "x",
          "hint": "y"
        }
      ],
      "controllers": []
    }
    "#);
}

#[test]
fn what_fails() {
    assert!(!report(vec![Finding::fine("a", "x"), Finding::warning("b", "x")]).fails());
    assert!(report(vec![Finding::unseen("a", "x"), Finding::fine("b", "x")]).fails());
    assert!(report(vec![Finding::problem("a", "x")]).fails());
}

#[test]
fn spans() {
    for (seconds, text) in
        [(-1, "0s"), (119, "119s"), (120, "2m"), (7199, "119m"), (7200, "2h"), (200_000, "2d")]
    {
        assert_eq!(span(seconds), text);
    }
}
