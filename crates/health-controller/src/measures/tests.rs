//! How Convergences are counted.

use std::sync::Arc;

use api::convergence::{Convergence, ConvergenceStatus, HealthState};
use insta::assert_snapshot;
use reconcile_core::Store;
use reconcile_core::metrics::Metrics;
use serde_json::{Value, json};

use super::{ended, show};

fn convergence(name: &str, version: &str, health: Option<&str>, codes: &[&str]) -> Arc<Convergence> {
    let since = "2026-01-01T00:00:00Z";
    let blockers: Vec<Value> =
        codes.iter().map(|code| json!({"code": code, "message": "m", "since": since})).collect();
    let mut status = json!({"blockers": blockers});
    if let Some(health) = health {
        status["health"] = json!({"state": health, "since": since});
    }
    let object = json!({
        "apiVersion": "flyball.dev/v1alpha1", "kind": "Convergence",
        "metadata": {"name": name, "namespace": "ns", "uid": name, "resourceVersion": version}, "status": status,
    });
    Arc::new(serde_json::from_value(object).expect("a Convergence"))
}

fn shown(metrics: &Metrics) -> String {
    let text = metrics.render();
    let of_interest =
        |line: &&str| line.starts_with("flyball_convergences") || line.starts_with("flyball_blockers");
    text.lines().filter(of_interest).collect::<Vec<_>>().join("\n")
}

#[test]
fn convergences_are_counted_as_they_are_now() {
    let (metrics, store) = (Metrics::new(), Store::new());
    show(&metrics, &store);
    store.insert(convergence("a", "1", Some("Healthy"), &[]));
    store.insert(convergence("b", "2", Some("Degraded"), &["BuildFailed", "BuildFailed", "SourceNotReady"]));
    store.insert(convergence("c", "3", None, &[]));
    assert_snapshot!(shown(&metrics), @r#"
    flyball_blockers{code="BuildFailed"} 2
    flyball_blockers{code="SourceNotReady"} 1
    flyball_convergences{health="Degraded"} 1
    flyball_convergences{health="Healthy"} 1
    flyball_convergences{health="Missing"} 0
    flyball_convergences{health="NotObserved"} 0
    flyball_convergences{health="Progressing"} 0
    flyball_convergences{health="Suspended"} 0
    flyball_convergences{health="Terminating"} 0
    flyball_convergences{health="Unknown"} 1
    "#);
    store.insert(convergence("b", "4", Some("Healthy"), &[]));
    let text = shown(&metrics);
    assert!(text.contains("{health=\"Healthy\"} 2") && !text.contains("blockers"), "{text}");
}

#[test]
fn objects_and_answers_are_counted_too() {
    let (metrics, store) = (Metrics::new(), Store::new());
    show(&metrics, &store);
    let condition = json!({"type": "Converged", "status": "False", "reason": "HealthFailed", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z"});
    for name in ["a", "b"] {
        let object = json!({
            "apiVersion": "flyball.dev/v1alpha1", "kind": "Convergence",
            "metadata": {"name": name, "namespace": "ns", "uid": name, "resourceVersion": "1"},
            "status": {"conditions": [condition], "counts": {"total": 3, "healthy": 2, "degraded": 1, "drifted": 1}},
        });
        store.insert(Arc::new(serde_json::from_value(object).unwrap()));
    }
    store.insert(convergence("c", "2", None, &[]));
    let text = metrics.render();
    for line in [
        "flyball_objects{state=\"Healthy\"} 4",
        "flyball_objects{state=\"Degraded\"} 2",
        "flyball_objects{state=\"Missing\"} 0",
        "flyball_kustomizations{reason=\"HealthFailed\",state=\"Unknown\"} 2",
        "flyball_kustomizations{reason=\"\",state=\"Unknown\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}

#[test]
fn a_health_lasts_until_another_one_is_told() {
    let status = |state: &str, since: &str| -> ConvergenceStatus {
        serde_json::from_value(json!({"health": {"state": state, "since": since}})).unwrap()
    };
    let old = status("Degraded", "2026-11-25T10:00:00Z");
    let lasted = ended(&old, &status("Healthy", "2026-11-25T10:01:30Z"));
    assert_eq!(lasted, Some((HealthState::Degraded, std::time::Duration::from_secs(90))));
    assert_eq!(ended(&old, &status("Degraded", "2026-11-25T10:01:30Z")), None);
    let set_back = ended(&old, &status("Healthy", "2026-11-25T09:00:00Z"));
    assert_eq!(set_back, Some((HealthState::Degraded, std::time::Duration::ZERO)), "a clock was set back");
    assert_eq!(ended(&ConvergenceStatus::default(), &old), None);
}
