//! Claims beside StorageClasses and events.

use std::sync::Arc;

use serde_json::{Value, json};

use super::explain;
use crate::beside::{Beside, Kin};
use crate::explain::Explanation;
use crate::explain::scene::Scene;

struct Around {
    classes: Vec<Value>,
    events: Vec<Value>,
}

impl Beside for Around {
    fn list(&self, kin: Kin, _: &str) -> Option<Vec<Arc<Value>>> {
        let list = match kin {
            Kin::StorageClass => &self.classes,
            Kin::Event => &self.events,
            _ => return None,
        };
        Some(list.iter().cloned().map(Arc::new).collect())
    }
}

fn told(spec: Value, classes: Vec<Value>, events: Vec<Value>) -> Explanation {
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"},
        "spec": spec, "status": {"phase": "Pending"}});
    explain(&claim, &Scene { namespace: "apps", beside: &Around { classes, events }, now: None })
}

#[test]
fn a_class_that_is_not_there() {
    let told =
        told(json!({"storageClassName": "fast"}), vec![json!({"metadata": {"name": "slow"}})], Vec::new());
    assert_eq!((told.reason.as_str(), told.stuck), ("StorageClassMissing", true));
    assert_eq!(told.message, "its StorageClass fast does not exist");
    assert!(told.hint.unwrap().contains("create StorageClass fast"));
}

#[test]
fn waiting_for_a_consumer_is_nothing_wrong() {
    let class = json!({"metadata": {"name": "local"}, "volumeBindingMode": "WaitForFirstConsumer"});
    let told = told(json!({"storageClassName": "local"}), vec![class], Vec::new());
    assert_eq!((told.reason.as_str(), told.stuck), ("WaitForFirstConsumer", false));
}

#[test]
fn a_slow_provisioner_has_time() {
    let event = json!({"reason": "ProvisioningFailed", "message": "context deadline exceeded",
        "involvedObject": {"kind": "PersistentVolumeClaim", "name": "data"}});
    for (created, stuck) in [("2026-11-25T09:56:00Z", false), ("2026-11-25T09:55:00Z", true)] {
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": "data", "creationTimestamp": created}, "status": {"phase": "Pending"}});
        let beside = &Around { classes: Vec::new(), events: vec![event.clone()] };
        let told =
            explain(&claim, &Scene { namespace: "apps", beside, now: "2026-11-25T10:00:00Z".parse().ok() });
        assert_eq!((told.reason.as_str(), told.stuck), ("ProvisioningFailed", stuck));
        assert_eq!(told.changes_in.is_some(), !stuck);
    }
}

#[test]
fn provisioners_are_quoted() {
    let class = json!({"metadata": {"name": "fast"}, "volumeBindingMode": "Immediate"});
    let event = json!({"reason": "ProvisioningFailed", "message": "no space left in pool",
        "involvedObject": {"kind": "PersistentVolumeClaim", "name": "data"}});
    let told = told(json!({"storageClassName": "fast"}), vec![class], vec![event]);
    assert_eq!(told.message, "no volume is bound to it yet (storage class fast): no space left in pool");
    assert!(told.stuck && told.hint.unwrap().contains("kubectl -n apps describe pvc data"));
}

#[test]
fn no_class_and_no_default() {
    let none = told(json!({}), vec![json!({"metadata": {"name": "fast"}})], Vec::new());
    assert_eq!((none.reason.as_str(), none.stuck), ("NoStorageClass", true));
    let default = json!({"metadata": {"name": "fast", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}});
    assert_eq!(told(json!({}), vec![default], Vec::new()).reason, "NotBound");
    assert_eq!(told(json!({"volumeName": "pv-1"}), Vec::new(), Vec::new()).reason, "NotBound");
}
