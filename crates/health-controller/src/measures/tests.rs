//! How Convergences are counted.

use std::sync::Arc;

use api::convergence::Convergence;
use insta::assert_snapshot;
use reconcile_core::Store;
use reconcile_core::metrics::Metrics;
use serde_json::{Value, json};

use super::show;

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
    flyball_convergences{health="Unknown"} 1
    "#);
    store.insert(convergence("b", "4", Some("Healthy"), &[]));
    let text = shown(&metrics);
    assert!(text.contains("{health=\"Healthy\"} 2") && !text.contains("blockers"), "{text}");
}
