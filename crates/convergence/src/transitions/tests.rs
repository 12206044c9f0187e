//! Pairs of explanations, and what is said about the change.

use api::convergence::{HealthState, SyncState};
use api::explain::{Explanation, Transition};
use serde_json::{Value, json};

use super::transitions;

const SINCE: &str = "2026-11-25T10:00:00Z";

/// `objects`: id, sync, health; `blockers`: code, object, message.
fn explanation(status: &str, objects: &[[&str; 3]], blockers: &[[&str; 3]]) -> Explanation {
    let objects: Vec<Value> = objects
        .iter()
        .map(|[id, sync, health]| json!({"id": id, "sync": sync, "health": health, "since": SINCE}))
        .collect();
    let blockers: Vec<Value> = blockers
        .iter()
        .map(|[code, object, message]| json!({"code": code, "object": object, "message": message, "since": SINCE}))
        .collect();
    serde_json::from_value(json!({
        "version": 1,
        "target": {"apiVersion": "v1", "kind": "Kustomization", "namespace": "apps", "name": "web"},
        "verdict": {"status": status, "reason": "R", "summary": "s", "generation": 1, "since": SINCE},
        "sync": {"state": "Applied", "since": SINCE}, "health": {"state": "Healthy", "since": SINCE},
        "counts": {}, "objects": objects, "blockers": blockers,
    }))
    .unwrap()
}

/// A transition per line.
fn told(old: &Explanation, new: &Explanation) -> String {
    let lines: Vec<String> = transitions(old, new)
        .iter()
        .map(|transition| match transition {
            Transition::Converged { verdict } => format!("converged: {}", verdict.summary),
            Transition::Diverged { verdict } => format!("diverged: {}", verdict.summary),
            Transition::BlockerAppeared { blocker } => {
                format!(
                    "+ {} {}: {}",
                    blocker.code,
                    blocker.object.as_deref().unwrap_or("-"),
                    blocker.message
                )
            }
            Transition::BlockerWent { code, object } => {
                format!("- {code} {}", object.as_deref().unwrap_or("-"))
            }
            Transition::Object { id, before, after } => {
                let words = |state: &Option<api::explain::ObjectState>| match state {
                    Some(state) => format!("{} {}", state.sync.as_str(), state.health.as_str()),
                    None => "none".to_owned(),
                };
                format!("{id}: {} -> {}", words(before), words(after))
            }
        })
        .collect();
    lines.join("\n")
}

#[test]
fn equal_explanations_tell_nothing() {
    let one = explanation("False", &[["a", "Applied", "Degraded"]], &[["HealthFailed", "a", "m"]]);
    assert_eq!(transitions(&one, &one), []);
    let mut other =
        explanation("False", &[["a", "Applied", "Degraded"]], &[["HealthFailed", "a", "other words"]]);
    other.verdict.summary = "other words".to_owned();
    other.objects[0].message = Some("other words".to_owned());
    assert_eq!(transitions(&one, &other), [], "words alone are none");
}

#[test]
fn the_whole() {
    let [yes, no, unknown] = ["True", "False", "Unknown"].map(|status| explanation(status, &[], &[]));
    assert_eq!(told(&no, &yes), "converged: s");
    assert_eq!(told(&unknown, &yes), "converged: s");
    assert_eq!(told(&yes, &no), "diverged: s");
    assert_eq!(told(&yes, &unknown), "diverged: s");
    assert_eq!(told(&no, &unknown), "");
    assert_eq!(told(&yes, &yes), "");
}

#[test]
fn a_rollout_that_fails_and_is_mended() {
    let well = explanation(
        "True",
        &[["apps_a__ConfigMap", "Applied", "Healthy"], ["apps_w_apps_Deployment", "Applied", "Healthy"]],
        &[],
    );
    let ill = explanation(
        "False",
        &[
            ["apps_w_apps_Deployment", "Applied", "Degraded"],
            ["apps_a__ConfigMap", "Drifted", "Healthy"],
            ["apps_j_batch_Job", "Missing", "Missing"],
        ],
        &[["HealthFailed", "Deployment/apps/w", "no image"], ["KindUnknown", "Job/apps/j", "no kind"]],
    );
    insta::assert_snapshot!(told(&well, &ill), @r"
    diverged: s
    + HealthFailed Deployment/apps/w: no image
    + KindUnknown Job/apps/j: no kind
    apps_w_apps_Deployment: Applied Healthy -> Applied Degraded
    apps_a__ConfigMap: Applied Healthy -> Drifted Healthy
    apps_j_batch_Job: none -> Missing Missing
    ");
    insta::assert_snapshot!(told(&ill, &well), @r"
    converged: s
    - HealthFailed Deployment/apps/w
    - KindUnknown Job/apps/j
    apps_a__ConfigMap: Drifted Healthy -> Applied Healthy
    apps_w_apps_Deployment: Applied Degraded -> Applied Healthy
    apps_j_batch_Job: Missing Missing -> none
    ");
}

#[test]
fn a_blocker_is_its_code_and_its_object() {
    let first = explanation("False", &[], &[["HealthTimeout", "Job/apps/x", "late"]]);
    let second = explanation(
        "False",
        &[],
        &[["HealthFailed", "Job/apps/x", "late"], ["HealthTimeout", "Job/apps/y", "late"]],
    );
    insta::assert_snapshot!(told(&first, &second), @r"
    + HealthFailed Job/apps/x: late
    + HealthTimeout Job/apps/y: late
    - HealthTimeout Job/apps/x
    ");
}

#[test]
fn transitions_as_text() {
    let old = explanation("False", &[["a", "Applied", "Progressing"]], &[["HealthFailed", "x", "m"]]);
    let new = explanation("True", &[["a", "Applied", "Healthy"]], &[]);
    let found = transitions(&old, &new);
    insta::assert_snapshot!(serde_json::to_string(&found[1..]).unwrap(), @r#"[{"type":"blockerWent","code":"HealthFailed","object":"x"},{"type":"object","id":"a","before":{"sync":"Applied","health":"Progressing"},"after":{"sync":"Applied","health":"Healthy"}}]"#);
    assert_eq!(
        serde_json::from_str::<Vec<Transition>>(&serde_json::to_string(&found).unwrap()).unwrap(),
        found
    );
    let Transition::Object { before, after, .. } = &found[2] else { panic!("{found:?}") };
    assert_eq!(before.map(|state| state.sync), Some(SyncState::Applied));
    assert_eq!(after.map(|state| state.health), Some(HealthState::Healthy));
}
