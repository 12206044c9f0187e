//! What a published status brings back after a restart.

use api::convergence::{ConvergenceStatus, HealthState, SyncState};
use api::kustomization::KustomizationStatus;
use serde_json::{Value, json};

use super::{Memory, last_run};

fn status(sync: &str, reason: &str) -> ConvergenceStatus {
    serde_json::from_value(json!({
        "sync": {"state": sync, "since": "2026-11-25T10:00:00Z"},
        "objects": [
            {"id": "apps_m_batch_Job", "sync": "Applied", "health": "Healthy", "reason": reason,
                "since": "2026-11-25T09:00:00Z"},
            {"id": "no id", "sync": "NotObserved", "health": "NotObserved", "since": "2026-11-25T09:00:00Z"},
        ],
    }))
    .unwrap()
}

#[test]
fn states_come_back_with_their_age_and_without_baselines() {
    let memory = Memory::restored(Some(status("Applied", "Finished")));
    assert_eq!(memory.objects.len(), 1, "what is not an id is left out");
    let known = memory.objects.values().next().unwrap();
    assert_eq!((known.sync, known.health), (SyncState::Applied, HealthState::Healthy));
    assert_eq!(known.since, "2026-11-25T09:00:00Z".parse().unwrap());
    assert!(known.baseline.is_none() && memory.marker.is_none() && memory.unlisted.is_empty());
    assert!(memory.published.is_some());
    assert!(Memory::restored(None).objects.is_empty());
}

#[test]
fn finished_jobs_stay_finished() {
    let finished = |reason| {
        let memory = Memory::restored(Some(status("Applied", reason)));
        memory.objects.values().next().is_some_and(|known| known.finished)
    };
    assert!(finished("Finished") && finished("FinishedAndRemoved"));
    assert!(!finished("Suspended"));
}

#[test]
fn only_what_waits_has_waited() {
    let since = |sync| Memory::restored(Some(status(sync, ""))).pending_since;
    assert_eq!(since("RevisionPending"), Some("2026-11-25T10:00:00Z".parse().unwrap()));
    assert_eq!(since("Drifted"), None);
}

#[test]
fn every_run_has_its_mark() {
    let of = |history: Value| {
        last_run(&serde_json::from_value::<KustomizationStatus>(json!({"history": history})).unwrap())
    };
    let run = |digest: &str, status: &str, total: i64, last: &str| {
        of(json!([{"digest": digest, "firstReconciled": "2026-11-25T09:00:00Z", "lastReconciled": last,
            "lastReconciledDuration": "1s", "lastReconciledStatus": status, "totalReconciliations": total}]))
    };
    let (early, late) = ("2026-11-25T09:00:00Z", "2026-11-25T09:00:01Z");
    let first = run("a", "ReconciliationSucceeded", 1, early);
    assert_eq!(first, run("a", "ReconciliationSucceeded", 1, early));
    assert_ne!(first, run("b", "ReconciliationSucceeded", 1, early));
    assert_ne!(first, run("a", "ReconciliationFailed", 1, early));
    assert_ne!(first, run("a", "ReconciliationSucceeded", 2, early));
    assert_ne!(first, run("a", "ReconciliationSucceeded", 1, late));
    assert_eq!(of(json!([])), None);
}
