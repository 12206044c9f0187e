//! What is told of each object.

use std::sync::Arc;

use insta::assert_snapshot;
use reconcile_core::Store;
use reconcile_core::metrics::Metrics;
use reconcile_core::watch_pool::PoolEvent;
use serde_json::json;

use super::show_each;
use crate::samples::{applied, kustomization, repository};
use crate::source_watches::Sources;

#[test]
fn each_object_has_one_status() {
    let (metrics, kustomizations, sources) = (Metrics::new(), Store::new(), Sources::default());
    show_each(&metrics, &kustomizations, &Store::new(), &sources);
    let ready = json!({"conditions": [{"type": "Ready", "status": "False", "reason": "r", "message": "",
        "lastTransitionTime": "2026-11-25T10:00:00Z"}]});
    kustomizations.insert(Arc::new(kustomization(&[], &json!({}), &ready)));
    sources.take(applied(&repository(), "1", "5", json!({"status": {}})));
    sources.take(PoolEvent::Synced(repository()));
    let text = metrics.render();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("gotk_reconcile_condition")).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    gotk_reconcile_condition{kind="GitRepository",name="a",namespace="apps",status="False",type="Ready"} 0
    gotk_reconcile_condition{kind="GitRepository",name="a",namespace="apps",status="True",type="Ready"} 0
    gotk_reconcile_condition{kind="GitRepository",name="a",namespace="apps",status="Unknown",type="Ready"} 1
    gotk_reconcile_condition{kind="Kustomization",name="web",namespace="apps",status="False",type="Ready"} 1
    gotk_reconcile_condition{kind="Kustomization",name="web",namespace="apps",status="True",type="Ready"} 0
    gotk_reconcile_condition{kind="Kustomization",name="web",namespace="apps",status="Unknown",type="Ready"} 0
    "#);
}
