//! What a status has room for.

use api::blocker::BlockerCode;
use api::convergence::{Blocker, ConvergenceStatus, HealthState, MAX_BLOCKERS, MAX_OBJECTS, SyncState};
use api::explain::{Explanation, ObjectExplanation};
use serde_json::json;

use super::project;

/// With so many objects and blockers.
fn explanation(objects: usize, blockers: usize) -> Explanation {
    let since = json!("2026-11-25T10:00:00Z");
    let mut explanation: Explanation = serde_json::from_value(json!({
        "version": 1,
        "target": {"apiVersion": "v1", "kind": "Kustomization", "namespace": "apps", "name": "web"},
        "verdict": {"status": "False", "reason": "Missing", "summary": "it does not exist", "generation": 3, "since": since},
        "sync": {"state": "Missing", "since": since}, "health": {"state": "Missing", "since": since},
        "counts": {"total": objects}, "objects": [], "blockers": [],
        "lastResult": {"reason": "ReconciliationSucceeded"},
    }))
    .unwrap();
    let since = explanation.verdict.since.clone();
    explanation.objects = (0..objects)
        .map(|n| ObjectExplanation {
            id: format!("apps_{n}__ConfigMap"),
            sync: SyncState::Missing,
            health: HealthState::Missing,
            reason: Some("NotFound".to_owned()),
            message: Some("it does not exist".to_owned()),
            evidence: vec!["seen by nobody".to_owned()],
            hint: Some("create it".to_owned()),
            since: since.clone(),
        })
        .collect();
    explanation.blockers = (0..blockers)
        .map(|n| Blocker {
            code: BlockerCode::KindUnknown,
            object: Some(format!("ConfigMap/apps/{n}")),
            message: "no".to_owned(),
            evidence: Vec::new(),
            hint: None,
            since: since.clone(),
        })
        .collect();
    explanation
}

fn sizes(status: &ConvergenceStatus) -> (usize, Option<i64>, usize) {
    (status.objects.len(), status.omitted, status.blockers.len())
}

#[test]
fn what_fits_is_there_whole() {
    let status = project(&explanation(1, 1));
    insta::assert_snapshot!(serde_json::to_string_pretty(&status).unwrap(), @r#"
    {
      "target": {
        "apiVersion": "v1",
        "kind": "Kustomization",
        "namespace": "apps",
        "name": "web"
      },
      "sync": {
        "state": "Missing",
        "since": "2026-11-25T10:00:00Z"
      },
      "health": {
        "state": "Missing",
        "since": "2026-11-25T10:00:00Z"
      },
      "summary": "it does not exist",
      "counts": {
        "total": 1,
        "healthy": 0,
        "progressing": 0,
        "suspended": 0,
        "terminating": 0,
        "degraded": 0,
        "missing": 0,
        "drifted": 0,
        "unknown": 0,
        "notObserved": 0
      },
      "objects": [
        {
          "id": "apps_0__ConfigMap",
          "sync": "Missing",
          "health": "Missing",
          "reason": "NotFound",
          "message": "it does not exist",
          "since": "2026-11-25T10:00:00Z"
        }
      ],
      "blockers": [
        {
          "code": "KindUnknown",
          "object": "ConfigMap/apps/0",
          "message": "no",
          "since": "2026-11-25T10:00:00Z"
        }
      ],
      "lastResult": {
        "reason": "ReconciliationSucceeded"
      },
      "conditions": [
        {
          "lastTransitionTime": "2026-11-25T10:00:00Z",
          "message": "it does not exist",
          "observedGeneration": 3,
          "reason": "Missing",
          "status": "False",
          "type": "Converged"
        }
      ]
    }
    "#);
    assert_eq!(sizes(&project(&explanation(MAX_OBJECTS, MAX_BLOCKERS))), (100, None, 20));
    assert_eq!(sizes(&project(&explanation(0, 0))), (0, None, 0));
}

#[test]
fn what_does_not_fit_is_counted() {
    let whole = explanation(MAX_OBJECTS + 1, MAX_BLOCKERS + 1);
    let status = project(&whole);
    assert_eq!(sizes(&status), (100, Some(1), 20));
    assert_eq!(status.objects[99].id, whole.objects[99].id, "in the same order");
    assert_eq!(status.blockers, whole.blockers[..20]);
    assert_eq!(sizes(&project(&explanation(250, 0))), (100, Some(150), 0));
}
