//! Outcomes of runs, newest first.

mod marks;

use super::{KEPT, Outcome, upsert, withdraw};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
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

const STATUSES: [&str; 3] = ["ReconciliationSucceeded", "HealthCheckFailed", "PruneFailed"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever runs come to: at most five items, no two of one digest and status, the newest first, and each counts the
    /// runs since it entered.
    #[test]
    fn every_story_leaves_a_history_in_order(runs in prop::collection::vec((0_u8..7, 0_usize..3), 1..40)) {
        let mut history = Vec::new();
        // By digest and status: since when, and how often.
        let mut known: BTreeMap<(String, &str), (i64, i64)> = BTreeMap::new();
        for (second, (digest, status)) in (0_i64..).zip(&runs) {
            let (digest, status) = (digest.to_string(), STATUSES[*status]);
            let now = jiff::Timestamp::from_second(second).unwrap();
            let metadata = BTreeMap::from([("second".to_owned(), second.to_string())]);
            upsert(&mut history, Outcome { digest: digest.clone(), status, now, took: Duration::ZERO, metadata });
            let (_, total) = known.entry((digest, status)).or_insert((second, 0));
            *total += 1;
            // What was pushed out begins again.
            let kept: BTreeSet<(String, String)> =
                history.iter().map(|item| (item.digest.clone(), item.last_reconciled_status.clone())).collect();
            prop_assert_eq!(kept.len(), history.len());
            prop_assert!(history.len() <= KEPT);
            known.retain(|(digest, status), _| kept.contains(&(digest.clone(), (*status).to_owned())));
            prop_assert_eq!(known.len(), history.len());
            prop_assert_eq!(history[0].last_reconciled.0, now);
            prop_assert_eq!(&history[0].metadata["second"], &second.to_string());
            prop_assert!(history.is_sorted_by(|newer, older| newer.last_reconciled.0 > older.last_reconciled.0));
            for item in &history {
                let of = known.iter().find(|((digest, status), _)| {
                    *digest == item.digest && *status == item.last_reconciled_status
                });
                let (first, total) = of.unwrap().1;
                prop_assert_eq!((item.first_reconciled.0.as_second(), item.total_reconciliations), (*first, *total));
            }
        }
    }
}
