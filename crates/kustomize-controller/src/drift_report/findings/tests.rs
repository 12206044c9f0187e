//! What is a report, and what is news.

use super::super::finding::Finding;
use super::{Figures, Findings};
use crate::samples::id;
use api::convergence::Target;
use api::drift_report::{DriftCounts, DriftMode};
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn counts(findings: &Findings, second: i64) -> Option<DriftCounts> {
    findings.status(Target::default(), at(second)).and_then(|status| status.counts)
}

#[test]
fn nothing_found_is_no_report() {
    let mut findings = Findings::default();
    findings.set_mode(DriftMode::Report);
    findings.equal(&id("a"));
    findings.all_equal();
    findings.refused(&id("a"), "no");
    findings.overwritten(&id("a"), at(1));
    findings.left_alone(&id("a"), &[], at(1));
    findings.keep(&|_| false);
    findings.expire(at(9));
    assert!(findings.is_empty() && !findings.take_news());
    assert_eq!(findings.status(Target::default(), at(1)), None);
}

#[test]
fn everything_is_counted_and_told_with_its_mode() {
    let mut findings = Findings::default();
    let deleted = Finding::of_deleted();
    findings.drifted(&id("a"), &deleted, at(1));
    findings.failed(&id("b"), &deleted, "no", at(1));
    for second in [1, 2, 3] {
        findings.healed(&id("c"), &deleted, at(second), at(second));
    }
    assert!(findings.take_news() && !findings.take_news());
    let wanted = DriftCounts { drifted: 2, healed: 1, fights: 1, ignored: 0 };
    assert_eq!(counts(&findings, 3), Some(wanted));
    assert_eq!(findings.figures(), Figures { drifted: 1, failed: 1, fights: 1, ignored: 0 });
    findings.set_mode(DriftMode::Report);
    assert!(findings.take_news(), "the mode is told where anything is");
    let status = findings.status(Target::default(), at(3)).unwrap();
    assert_eq!(status.mode, Some(DriftMode::Report));
    // It comes back from what was written, and says the same.
    let mut again = Findings::default();
    again.set_mode(DriftMode::Report);
    again.restore(&status, false, at(4));
    assert!(!again.take_news());
    assert_eq!(again.status(Target::default(), at(4)), Some(status));
}

#[test]
fn that_something_is_old_is_no_news_and_that_a_fight_is_over_is() {
    let mut findings = Findings::default();
    for second in [0, 1, 2] {
        findings.healed(&id("a"), &Finding::of_deleted(), at(second), at(second));
    }
    findings.take_news();
    assert_eq!(findings.next_end(), Some(at(602)));
    findings.expire(at(602));
    assert!(findings.take_news());
    assert_eq!(counts(&findings, 602), Some(DriftCounts { healed: 1, ..DriftCounts::default() }));
    findings.expire(at(3602));
    assert!(!findings.take_news() && findings.is_empty());
}
