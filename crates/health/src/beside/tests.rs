//! What is kept of what is beside objects.

use serde_json::{Value, json};

use super::{Beside as _, Kin, Nothing};
use crate::rules::Rules;

fn pruned(kin: Kin, object: Value) -> Value {
    kin.pruned(object, Rules::built_in())
}

#[test]
fn nothing_is_known_of_any() {
    for kin in Kin::ALL {
        assert_eq!(Nothing.list(kin, "apps"), None, "{kin:?}");
    }
}

#[test]
fn of_an_event_is_kept_what_it_says_and_of_whom() {
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "FailedMount", "message": "no such volume",
        "count": 3, "lastTimestamp": "2026-11-25T10:00:00Z", "firstTimestamp": "2026-11-25T09:00:00Z",
        "metadata": {"name": "web.1", "namespace": "apps", "annotations": {"a": "b"}},
        "involvedObject": {"kind": "Pod", "name": "web", "uid": "1"}, "source": {"component": "kubelet", "host": "n"},
    });
    let kept = pruned(Kin::Event, event);
    assert_eq!(kept["involvedObject"]["uid"], "1");
    assert_eq!(kept["message"], "no such volume");
    assert_eq!(kept["source"], json!({"component": "kubelet"}));
    assert_eq!(kept["metadata"], json!({"name": "web.1", "namespace": "apps"}));
    assert_eq!(kept.get("firstTimestamp"), None);
}

#[test]
fn what_an_event_says_is_bounded() {
    let long = "ä".repeat(100_000);
    let event = json!({"kind": "Event", "message": long, "reason": long, "involvedObject": {"name": "web", "fieldPath": long},
        "source": {"component": long}, "metadata": {"name": "e", "labels": {"a": "b"}, "finalizers": [long]}});
    let kept = pruned(Kin::Event, event);
    assert!(kept.to_string().len() < 40_000, "{}", kept.to_string().len());
    assert!(kept["message"].as_str().unwrap().starts_with("ää"));
    assert_eq!(kept["metadata"], json!({"name": "e"}));
}

#[test]
fn of_endpoints_is_kept_whether_they_are_ready() {
    let slice = json!({"metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "nodeName": "n",
            "targetRef": {"kind": "Pod", "name": "web-x", "uid": "1"}}]});
    assert_eq!(
        pruned(Kin::EndpointSlice, slice),
        json!({"metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}},
            "endpoints": [{"conditions": {"ready": true}, "targetRef": {"name": "web-x"}}]})
    );
}

#[test]
fn of_annotations_only_known_ones_are_kept() {
    let class = json!({"metadata": {"name": "fast", "annotations": {
        "storageclass.kubernetes.io/is-default-class": "true", "note": "c4n4ry"}}, "provisioner": "p",
        "volumeBindingMode": "Immediate", "parameters": {"secret": "x"}});
    assert_eq!(
        pruned(Kin::StorageClass, class),
        json!({"metadata": {"name": "fast", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "p", "volumeBindingMode": "Immediate"})
    );
    let pod = json!({"metadata": {"name": "web", "annotations": {"deployment.kubernetes.io/revision": "1"}}});
    assert_eq!(pruned(Kin::Pod, pod), json!({"metadata": {"name": "web"}}));
}

#[test]
fn what_is_no_object_is_no_object_afterwards() {
    assert_eq!(pruned(Kin::StorageClass, Value::Null), Value::Null);
}
