//! There and back.

use api::convergence::ConvergenceStatus;
use api::explain::Explanation;
use serde_json::json;

use super::published_answer;
use crate::{project, transitions};

fn explanation() -> Explanation {
    let since = "2026-11-25T10:00:00Z";
    serde_json::from_value(json!({
        "version": 1,
        "target": {"apiVersion": "v1", "kind": "Kustomization", "namespace": "apps", "name": "web"},
        "verdict": {"status": "False", "reason": "HealthFailed", "summary": "no image", "generation": 3, "since": since},
        "desired": {"revision": "main@sha1:1", "since": since}, "applied": {"revision": "main@sha1:0", "since": since},
        "sync": {"state": "Applied", "since": since}, "health": {"state": "Degraded", "since": since},
        "counts": {"total": 1}, "lastResult": {"reason": "ReconciliationSucceeded"},
        "objects": [{"id": "apps_w_apps_Deployment", "sync": "Applied", "health": "Degraded", "since": since}],
        "blockers": [{"code": "HealthFailed", "object": "Deployment/apps/w", "message": "no image", "since": since}],
    }))
    .unwrap()
}

#[test]
fn an_answer_comes_back_as_it_was_given() {
    let whole = explanation();
    let back = published_answer(&project(&whole)).unwrap();
    assert_eq!(back, Explanation { objects: Vec::new(), ..whole });
}

#[test]
fn objects_that_a_status_lists_or_not_are_no_transition() {
    let (whole, mut fewer) = (explanation(), explanation());
    fewer.objects.clear();
    let answer = |explanation: &Explanation| published_answer(&project(explanation)).unwrap();
    assert_eq!(transitions(&answer(&whole), &answer(&fewer)), []);
    fewer.blockers.clear();
    assert_eq!(transitions(&answer(&whole), &answer(&fewer)).len(), 1);
}

#[test]
fn a_status_that_says_too_little_gives_no_answer() {
    assert_eq!(published_answer(&ConvergenceStatus::default()), None);
    let without = |strip: fn(&mut ConvergenceStatus)| {
        let mut status = project(&explanation());
        strip(&mut status);
        published_answer(&status)
    };
    assert!(without(|_| ()).is_some());
    assert_eq!(without(|status| status.conditions.clear()), None);
    assert_eq!(without(|status| status.health = None), None);
    assert_eq!(without(|status| status.conditions[0].type_ = "Ready".to_owned()), None);
}
