//! What is counted as what.

use super::{Measures, resource, show};
use crate::drift::Drift;
use api::kustomization::Kustomization;
use artifact::ArtifactCache;
use insta::assert_snapshot;
use reconcile_core::Store;
use reconcile_core::metrics::Metrics;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn kustomization(name: &str, entries: usize) -> Kustomization {
    let entries: Vec<_> =
        (0..entries).map(|number| json!({"id": format!("ns_{number}__ConfigMap"), "v": "v1"})).collect();
    serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": name, "namespace": "ns", "resourceVersion": "1"},
        "spec": {"interval": "1m", "prune": true, "suspend": name == "b",
            "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"inventory": {"entries": entries}, "lastAppliedRevision": "main@sha1:1"},
    }))
    .unwrap()
}

fn lines(metrics: &Metrics, with: &str) -> String {
    let text = metrics.render();
    text.lines().filter(|line| line.starts_with(with)).collect::<Vec<_>>().join("\n")
}

#[test]
fn drift_is_counted_by_kind_and_by_who_did_it() {
    let metrics = Metrics::new();
    let measures = Measures::new(&metrics);
    let since = Instant::now();
    let drift = |by: Option<&str>| Drift { since, by: by.map(Into::into) };
    measures.healed("ConfigMap", Some(&drift(Some("kubectl-edit"))), since + Duration::from_millis(20));
    measures.healed("Secret", Some(&drift(None)), since + Duration::from_secs(700));
    measures.healed("Secret", None, since);
    assert_snapshot!(lines(&metrics, "flyball_drift_corrected_total"), @r#"
    flyball_drift_corrected_total{kind="ConfigMap",manager="kubectl-edit"} 1
    flyball_drift_corrected_total{kind="Secret",manager="none"} 2
    "#);
    let times = lines(&metrics, "flyball_heal_duration_seconds_");
    for line in ["{le=\"0.01\"} 0", "{le=\"0.025\"} 1", "{le=\"600\"} 1", "{le=\"+Inf\"} 2", "_count 2"] {
        assert!(times.contains(line), "{line} in\n{times}");
    }
}

#[test]
fn managers_have_a_bound() {
    let metrics = Metrics::new();
    let measures = Measures::new(&metrics);
    for number in 0..50 {
        let drift = Drift { since: Instant::now(), by: Some(format!("manager-{number}").into()) };
        measures.healed("ConfigMap", Some(&drift), Instant::now());
    }
    let counted = lines(&metrics, "flyball_drift_corrected_total");
    assert_eq!(counted.lines().count(), 21);
    assert!(counted.contains("manager=\"other\"} 30"), "{counted}");
}

#[tokio::test]
async fn inventories_are_added_up_when_somebody_asks() {
    let metrics = Metrics::new();
    let store = Store::new();
    let client = reqwest::Client::builder().tls_certs_only([]).build().unwrap();
    let artifacts = ArtifactCache::new(client, artifact::shared::Options::default());
    show(&metrics, &store, &artifacts, &Arc::default());
    assert_snapshot!(lines(&metrics, "flyball_inventory"), @r"
    flyball_inventory_entries 0
    flyball_inventory_largest_entries 0
    ");
    store.insert(Arc::new(kustomization("a", 3)));
    store.insert(Arc::new(kustomization("b", 2)));
    assert_snapshot!(lines(&metrics, "flyball_inventory"), @r"
    flyball_inventory_entries 5
    flyball_inventory_largest_entries 3
    ");
    assert_snapshot!(lines(&metrics, "flyball_drifted_objects"), @r#"
    flyball_drifted_objects{state="drifted"} 0
    flyball_drifted_objects{state="failed"} 0
    "#);
    assert_eq!(lines(&metrics, "flyball_fought_fields"), "flyball_fought_fields 0");
    assert_eq!(lines(&metrics, "flyball_ignored_divergent_fields"), "flyball_ignored_divergent_fields 0");
    assert!(lines(&metrics, "flyball_resources").contains("{kind=\"Kustomization\",state=\"suspended\"} 1"));
}

#[test]
fn a_kustomization_is_told_of_with_its_source_and_revision() {
    let object = kustomization("b", 0);
    let told = resource(&object);
    assert_eq!((told.key.name.as_str(), told.suspended, told.interval), ("b", true, Duration::from_secs(60)));
    assert_eq!(told.labels, [("revision", "main@sha1:1"), ("source_name", "app")]);
}
