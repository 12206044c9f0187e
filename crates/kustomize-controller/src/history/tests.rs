//! Outcomes of runs, newest first.

use super::{Outcome, upsert, withdraw};
use std::collections::BTreeMap;
use std::time::Duration;

#[test]
fn history_bumps_moves_and_truncates() {
    let at = |second: i64| jiff::Timestamp::from_second(second).unwrap();
    let outcome = |digest: &str, status: &'static str, second: i64| Outcome {
        digest: digest.into(),
        status,
        now: at(second),
        took: Duration::from_millis(5),
        metadata: BTreeMap::new(),
    };
    let mut history = Vec::new();
    upsert(&mut history, outcome("a", "ReconciliationSucceeded", 1));
    upsert(&mut history, outcome("b", "ReconciliationSucceeded", 2));
    upsert(&mut history, outcome("a", "ReconciliationSucceeded", 3));
    assert_eq!(history.len(), 2);
    assert_eq!((history[0].digest.as_str(), history[0].total_reconciliations), ("a", 2));
    assert_eq!(history[0].first_reconciled.0, at(1));
    for n in 0..9 {
        upsert(&mut history, outcome(&format!("x{n}"), "HealthCheckFailed", 4));
    }
    assert_eq!(history.len(), 5);
    assert_eq!(history[0].digest, "x8");
}

#[test]
fn the_mark_is_withdrawn_and_nothing_else() {
    let metadata =
        [(api::labels::FINGERPRINT, "f"), (api::labels::INPUT, "i"), (api::labels::HISTORY_REVISION, "r")];
    let outcome = Outcome {
        digest: "a".into(),
        status: "ReconciliationSucceeded",
        now: jiff::Timestamp::from_second(1).unwrap(),
        took: Duration::from_millis(5),
        metadata: metadata.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    };
    let mut history = Vec::new();
    upsert(&mut history, outcome);
    withdraw(&mut history);
    let kept: Vec<&str> = history[0].metadata.keys().map(String::as_str).collect();
    assert_eq!(kept, [api::labels::INPUT, api::labels::HISTORY_REVISION]);
}
