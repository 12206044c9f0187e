//! What counts as wrong, and what does not.

use api::convergence::ConvergenceStatus;
use convergence::dependencies::Reach;
use reconcile_core::ObjectKey;
use serde_json::{Value, json};

use super::{Observation, Severity, Standing};
use crate::samples::kustomization;

const SINCE: &str = "2026-11-25T10:00:00Z";

/// A published status with this verdict and these blockers.
pub(crate) fn status(verdict: (&str, &str), blockers: &[Value]) -> ConvergenceStatus {
    let blockers: Vec<Value> = blockers
        .iter()
        .map(|blocker| {
            let mut blocker = blocker.clone();
            blocker["since"] = json!(SINCE);
            if blocker["message"].is_null() {
                blocker["message"] = json!("it is broken");
            }
            blocker
        })
        .collect();
    let status = json!({
        "target": {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "namespace": "apps", "name": "web"},
        "desired": {"revision": "main@sha1:2", "since": SINCE}, "applied": {"revision": "main@sha1:1", "since": SINCE},
        "sync": {"state": "Applied", "since": SINCE}, "health": {"state": "Healthy", "since": SINCE},
        "summary": format!("said: {}", verdict.1), "counts": {"total": 1}, "blockers": blockers,
        "conditions": [{"type": "Converged", "status": verdict.0, "reason": verdict.1, "message": "said",
            "observedGeneration": 1, "lastTransitionTime": SINCE}],
    });
    serde_json::from_value(status).unwrap()
}

fn observe(spec: &Value, verdict: (&str, &str), blockers: &[Value]) -> Observation {
    let object = kustomization(&[], spec, &json!({}));
    Observation::of(&object, &status(verdict, blockers), Reach::OwnNamespace)
}

fn standing(verdict: (&str, &str), blockers: &[Value]) -> Standing {
    observe(&json!({}), verdict, blockers).standing
}

#[test]
fn what_is_under_way_or_out_of_sight_is_not_wrong() {
    for (verdict, wanted) in [
        (("True", "Converged"), Standing::Well),
        (("False", "Progressing"), Standing::Busy),
        (("False", "RevisionPending"), Standing::Busy),
        (("False", "Deleting"), Standing::Busy),
        (("False", "SomethingOfANewerVersion"), Standing::Busy),
        (("Unknown", "Unknown"), Standing::Unseen),
    ] {
        assert_eq!(standing(verdict, &[]), wanted, "{verdict:?}");
    }
    let unseen = json!({"code": "NotObserved", "object": "Kustomization/apps/web"});
    assert_eq!(standing(("Unknown", "NotObserved"), std::slice::from_ref(&unseen)), Standing::Unseen);
    assert_eq!(standing(("False", "NotObserved"), &[unseen]), Standing::Busy);
}

#[test]
fn a_status_that_is_not_ours_says_nothing() {
    let object = kustomization(&[], &json!({}), &json!({}));
    let observation = Observation::of(&object, &ConvergenceStatus::default(), Reach::OwnNamespace);
    assert_eq!((observation.standing, observation.revision), (Standing::Busy, None));
}

#[test]
fn a_verdict_without_blockers_can_be_wrong_too() {
    for (reason, severity) in [
        ("Missing", Severity::Error),
        ("Degraded", Severity::Error),
        ("ReconciliationFailed", Severity::Error),
        ("Drifted", Severity::Info),
    ] {
        let Standing::Wrong(causes) = standing(("False", reason), &[]) else { panic!("{reason}") };
        assert_eq!((causes[0].reason.as_str(), causes[0].severity()), (reason, severity));
        assert_eq!(causes[0].message, format!("said: {reason}"));
    }
}

#[test]
fn blockers_are_causes_in_their_order() {
    let blockers = [
        json!({"code": "Suspended", "object": "Kustomization/apps/web", "hint": "resume it"}),
        json!({"code": "HealthFailed", "object": "Deployment/apps/web"}),
        json!({"code": "NotObserved"}),
    ];
    let Standing::Wrong(causes) = standing(("False", "Suspended"), &blockers) else { panic!("wrong") };
    let reasons: Vec<_> = causes.iter().map(|cause| (cause.reason.as_str(), cause.severity())).collect();
    assert_eq!(reasons, [("Suspended", Severity::Info), ("HealthFailed", Severity::Error)]);
    assert_eq!(causes[0].hint.as_deref(), Some("resume it"));
}

#[test]
fn who_waits_says_for_whom_as_far_as_explanations_reach() {
    let spec = json!({"dependsOn": [{"name": "infra"}, {"name": "base", "namespace": "system"}]});
    let blocker = json!({"code": "DependencyNotReady"});
    let Standing::Wrong(causes) =
        observe(&spec, ("False", "DependencyNotReady"), std::slice::from_ref(&blocker)).standing
    else {
        panic!("wrong")
    };
    assert_eq!(causes[0].from, [ObjectKey::new("apps", "infra")]);
    let object = kustomization(&[], &spec, &json!({}));
    let far = status(("False", "DependencyNotReady"), &[blocker]);
    let Standing::Wrong(causes) = Observation::of(&object, &far, Reach::AllNamespaces).standing else {
        panic!("wrong")
    };
    assert_eq!(causes[0].from, [ObjectKey::new("apps", "infra"), ObjectKey::new("system", "base")]);
}

#[test]
fn a_child_that_failed_is_where_it_comes_from() {
    for (object, wanted) in [
        ("Kustomization/apps/child", vec![ObjectKey::new("apps", "child")]),
        ("Kustomization/other/child", vec![]),
        ("Deployment/apps/child", vec![]),
    ] {
        let blocker = json!({"code": "HealthFailed", "object": object});
        let Standing::Wrong(causes) = standing(("False", "HealthFailed"), &[blocker]) else {
            panic!("wrong")
        };
        assert_eq!(causes[0].from, wanted, "{object}");
    }
}

#[test]
fn the_revision_is_what_the_source_has() {
    let observation = observe(&json!({}), ("True", "Converged"), &[]);
    assert_eq!(observation.revision.as_deref(), Some("main@sha1:2"));
    assert_eq!(observation.applied.as_deref(), Some("main@sha1:1"));
}
