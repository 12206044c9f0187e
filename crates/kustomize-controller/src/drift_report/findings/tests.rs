//! What is a report, and what is news.

use super::super::finding::Finding;
use super::{Figures, Findings};
use crate::samples::id;
use api::convergence::Target;
use api::drift_report::{DriftCounts, DriftMode};
use api::drift_report::{FieldDrift, MAX_PATHS};
use apply::LeftAlone;
use apply::difference::{Masking, differences};
use jiff::Timestamp;
use serde_json::json;

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

/// Whatever names and values somebody gives: etcd takes a megabyte and a half, and the API server two or three of a request.
#[test]
fn the_largest_report_is_taken() {
    use super::super::finding::Fields;
    let wide = |n: usize| format!("/{n}{}", "\u{10ffff}".repeat(254));
    let value = Some("\"\\".repeat(64));
    let path = |n: usize| FieldDrift {
        path: wide(n),
        desired: value.clone(),
        live: value.clone(),
        manager: Some("\u{10ffff}".repeat(128)),
        changed_at: None,
    };
    let paths: Vec<FieldDrift> = (0..MAX_PATHS).map(path).collect();
    let finding = Finding { deleted: false, fields: Some(Fields { paths, omitted: 9_980 }) };
    let key = "\u{10ffff}".repeat(500);
    let side = |text: &str| json!({"data": {key.as_str(): text.repeat(500)}});
    let field = differences(&side("\u{10ffff}"), &side("\u{10fffe}"), &[], &Masking::default()).remove(0);
    let left: Vec<LeftAlone> =
        (0..20).map(|n| LeftAlone { rule: format!("spec.ignore[{n}]"), field: field.clone() }).collect();
    let mut findings = Findings::default();
    for n in 0..300 {
        let id = id(&format!("{n:03}{}", "x".repeat(250)));
        for second in [1, 2, 3] {
            findings.healed(&id, &finding, at(second), at(second));
        }
        findings.failed(&id, &finding, &"\u{10ffff}".repeat(1000), at(1));
        findings.left_alone(&id, &left, at(1));
    }
    let status = findings.status(Target::default(), at(3)).unwrap();
    let size = serde_json::to_vec(&status).unwrap().len();
    assert!(size < 768 * 1024, "{size}");
}
