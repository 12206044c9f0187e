//! Services that lead somewhere, nowhere, or of which nothing is known.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{NO_READY_ENDPOINTS, SELECTS_NOTHING, explain};
use crate::beside::{Beside, Kin};
use crate::explain::Explanation;
use crate::explain::scene::Scene;

#[derive(Default)]
struct Around {
    pods: Option<Vec<Value>>,
    slices: Option<Vec<Value>>,
    sets: Option<Vec<Value>>,
}

impl Beside for Around {
    fn list(&self, kin: Kin, _: &str) -> Option<Vec<Arc<Value>>> {
        let list = match kin {
            Kin::Pod => &self.pods,
            Kin::EndpointSlice => &self.slices,
            Kin::ReplicaSet => &self.sets,
            _ => return None,
        };
        list.as_ref().map(|list| list.iter().cloned().map(Arc::new).collect())
    }
}

fn service(spec: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
}

fn told(spec: Value, around: &Around) -> Option<Explanation> {
    explain(&service(spec), &Scene { namespace: "apps", beside: around, now: None }, &|_| false)
}

fn selecting() -> Value {
    json!({"selector": {"app": "web"}})
}

fn pod(app: &str, ready: &str) -> Value {
    json!({"metadata": {"name": "web-x", "labels": {"app": app}}, "status": {"phase": "Running",
        "conditions": [{"type": "Ready", "status": ready}]}})
}

fn slice(endpoints: Value) -> Value {
    json!({"metadata": {"name": "web-1", "labels": {"kubernetes.io/service-name": "web"}}, "endpoints": endpoints})
}

#[test]
fn a_selector_that_chooses_nothing() {
    let around = Around { pods: Some(vec![pod("wep", "True")]), ..Around::default() };
    let told = told(selecting(), &around).unwrap();
    assert_eq!(
        (told.reason.as_str(), told.message.as_str()),
        (SELECTS_NOTHING, "its selector app=web chooses no Pod")
    );
    let hint = told.hint.unwrap();
    assert!(
        hint.contains("spec.selector of Service web")
            && hint.contains("kubectl -n apps get pods --show-labels")
    );
    let empty = Around { slices: Some(vec![slice(json!([]))]), ..Around::default() };
    assert_eq!(self::told(selecting(), &empty).unwrap().reason, SELECTS_NOTHING);
}

#[test]
fn pods_that_are_not_ready() {
    let around = Around { pods: Some(vec![pod("web", "False")]), ..Around::default() };
    let by_pods = told(selecting(), &around).unwrap();
    assert_eq!(by_pods.reason, NO_READY_ENDPOINTS);
    assert!(by_pods.hint.unwrap().contains("service-name=web"));
    let unready = json!([{"conditions": {"ready": false}, "targetRef": {"name": "web-x"}}]);
    let around = Around { slices: Some(vec![slice(unready)]), ..Around::default() };
    assert_eq!(told(selecting(), &around).unwrap().reason, NO_READY_ENDPOINTS);
    let mut broken = pod("web", "False");
    broken["status"] = json!({"phase": "Pending", "containerStatuses": [{"name": "app", "image": "i:1",
        "state": {"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"db\" not found"}}}]});
    let around = Around { pods: Some(vec![broken]), ..Around::default() };
    let broken = told(selecting(), &around).unwrap();
    assert!(
        broken.stuck
            && broken.message.ends_with("they cannot configure container app: Secret db does not exist"),
        "{broken:?}"
    );
}

#[test]
fn what_need_not_lead_to_pods_or_does() {
    let nothing = Around { pods: Some(Vec::new()), ..Around::default() };
    for spec in [
        json!({}),
        json!({"selector": {}}),
        json!({"type": "ExternalName", "externalName": "x", "selector": {"app": "web"}}),
        json!({"clusterIP": "None", "publishNotReadyAddresses": true, "selector": {"app": "web"}}),
    ] {
        assert_eq!(told(spec.clone(), &nothing), None, "{spec}");
    }
    assert_eq!(told(selecting(), &Around::default()), None, "nothing is known");
    let other = Around { slices: Some(Vec::new()), ..Around::default() };
    assert_eq!(told(selecting(), &other), None, "no slice says nothing");
    let ready = Around { pods: Some(vec![pod("web", "True")]), ..Around::default() };
    assert_eq!(told(selecting(), &ready), None);
    let by_slices = Around { slices: Some(vec![slice(json!([{"conditions": {}}]))]), ..Around::default() };
    assert_eq!(told(selecting(), &by_slices), None);
}

#[test]
fn what_is_scaled_to_zero_rests() {
    let set = |replicas: i64| {
        json!({"metadata": {"name": "web-1"}, "spec": {"replicas": replicas,
        "template": {"metadata": {"labels": {"app": "web"}}}}})
    };
    let around = |sets: Vec<Value>| Around { pods: Some(Vec::new()), sets: Some(sets), ..Around::default() };
    assert_eq!(told(selecting(), &around(vec![set(0), set(0)])), None);
    assert!(told(selecting(), &around(vec![set(0), set(1)])).is_some());
    assert!(told(selecting(), &around(Vec::new())).is_some());
    let empty = around(Vec::new());
    let scene = Scene { namespace: "apps", beside: &empty, now: None };
    assert_eq!(explain(&service(selecting()), &scene, &|_| true), None);
}
