//! Where something beside objects is looked for.

use std::sync::Arc;

use convergence::dependencies::Reach;
use convergence::{Hidden, Seen, Visibility};
use health::Rules;
use health::beside::{Beside, Kin, Nothing};
use manifest::ObjectId;
use serde_json::{Value, json};

use super::super::inventory::Entry;
use super::{MAX_NAMESPACES, of_refusals, places};
use crate::samples::kustomization;

fn seen(object: Value) -> Arc<Seen> {
    let (rules, now) = (Rules::built_in(), "2026-11-25T10:00:00Z".parse().unwrap());
    Arc::new(Seen::new(object, 1, "u".to_owned(), None, None, rules, now))
}

fn ill(kind: &str) -> Arc<Seen> {
    seen(json!({"apiVersion": "apps/v1", "kind": kind, "spec": {"replicas": 1}}))
}

fn entry(id: &str, visibility: Visibility) -> Entry {
    Entry { id: ObjectId::from_inventory(id).unwrap(), kind: None, visibility }
}

/// The places, a word each.
fn look(entries: &[Entry], leaving: &[(ObjectId, Arc<Seen>)], beside: &dyn Beside) -> Vec<String> {
    let places = places(entries, leaving, Rules::built_in(), beside);
    places.watched.into_iter().map(|place| format!("{:?} {}", place.kin, place.name)).collect()
}

#[test]
fn pods_and_warnings_are_asked_for_where_they_tell_why_something_is_not_well() {
    let well = seen(json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 1},
        "status": {"replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
            "conditions": [{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "True",
                "reason": "NewReplicaSetAvailable"}]}}));
    let waits = seen(json!({"apiVersion": "example.com/v1", "kind": "Thing",
        "status": {"conditions": [{"type": "Ready", "status": "False"}]}}));
    assert!(well.is_well() && !waits.is_well() && !ill("Deployment").is_well());
    let entries = [
        entry("apps_w_apps_Deployment", Visibility::Seen(ill("Deployment"))),
        entry("apps_v_apps_Deployment", Visibility::Seen(ill("Deployment"))),
        entry("bare_w_apps_Deployment", Visibility::Unlabelled(ill("Deployment"))),
        entry("well_d_apps_Deployment", Visibility::Seen(well)),
        entry("thing_t_example.com_Thing", Visibility::Seen(waits)),
        entry("absent_w_apps_Deployment", Visibility::Absent),
        entry("hidden_w_apps_Deployment", Visibility::Hidden(Hidden::Starting)),
    ];
    assert_eq!(look(&entries, &[], &Nothing), ["Pod apps", "Event apps", "Event thing"]);
    assert_eq!(look(&entries[2..4], &[], &Nothing), [] as [&str; 0], "all that is its own is well");
}

#[test]
fn what_is_leaving_is_explained_by_its_namespace() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"deletionTimestamp": "2026-11-25T10:00:00Z"}});
    let leaving = [(ObjectId::from_inventory("apps_c__ConfigMap").unwrap(), seen(object.clone()))];
    assert_eq!(look(&[], &leaving, &Nothing), ["Event apps", "Namespace apps"]);
    let mut object = object;
    object["kind"] = json!("Namespace");
    let entries = [entry("_apps__Namespace", Visibility::Seen(seen(object)))];
    assert_eq!(look(&entries, &[], &Nothing), ["Namespace apps"]);
}

#[test]
fn a_claim_is_explained_by_its_class() {
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}});
    let entries = [entry("apps_p__PersistentVolumeClaim", Visibility::Seen(seen(claim)))];
    assert_eq!(look(&entries, &[], &Nothing), ["Event apps", "StorageClass "]);
}

/// The endpoints of the Service `web`, each ready or not.
struct Endpoints(Vec<bool>);

impl Beside for Endpoints {
    fn list(&self, kin: Kin, _: &str) -> Option<Vec<Arc<Value>>> {
        let slice = |service: &str, ready: &[bool]| {
            let endpoints: Vec<Value> =
                ready.iter().map(|ready| json!({"conditions": {"ready": ready}})).collect();
            Arc::new(
                json!({"metadata": {"labels": {"kubernetes.io/service-name": service}}, "endpoints": endpoints}),
            )
        };
        (kin == Kin::EndpointSlice).then(|| vec![slice("other", &[true]), slice("web", &self.0)])
    }
}

#[test]
fn a_service_is_explained_by_its_endpoints_and_where_none_is_ready_by_pods() {
    let service = |selector: Value| {
        let object = json!({"apiVersion": "v1", "kind": "Service", "spec": {"clusterIP": "10.0.0.1", "type": "ClusterIP", "selector": selector}});
        entry("apps_web__Service", Visibility::Seen(seen(object)))
    };
    let entries = [service(json!({"app": "web"}))];
    assert_eq!(look(&entries, &[], &Nothing), ["EndpointSlice "]);
    let followed = places(&entries, &[], Rules::built_in(), &Nothing).followed;
    let names: Vec<&str> = followed.iter().map(|place| place.name.as_str()).collect();
    assert_eq!(names, ["", "apps"], "of all endpoints those that are in its namespace");
    assert_eq!(look(&entries, &[], &Endpoints(vec![false, true])), ["EndpointSlice "]);
    assert_eq!(
        look(&entries, &[], &Endpoints(vec![false])),
        ["Pod apps", "ReplicaSet apps", "Event apps", "EndpointSlice "]
    );
    assert_eq!(
        look(&entries, &[], &Endpoints(Vec::new())),
        ["Pod apps", "ReplicaSet apps", "Event apps", "EndpointSlice "]
    );
    assert_eq!(look(&[service(json!({}))], &[], &Nothing), [] as [&str; 0], "it selects nothing on purpose");
}

#[test]
fn so_many_namespaces_are_looked_into() {
    let entries: Vec<Entry> = (0..MAX_NAMESPACES + 3)
        .map(|number| entry(&format!("ns{number}_w_apps_Deployment"), Visibility::Seen(ill("Deployment"))))
        .collect();
    assert_eq!(look(&entries, &[], &Nothing).len(), 2 * MAX_NAMESPACES);
}

/// Where the refusals of a failed run lead, a word each.
fn refused(message: &str, ready: &str, reach: Reach) -> Vec<String> {
    let condition = json!({"type": "Ready", "status": ready, "reason": "ReconciliationFailed", "message": message,
        "lastTransitionTime": "2026-11-25T10:00:00Z"});
    let object = kustomization(&[], &json!({}), &json!({"conditions": [condition]}));
    of_refusals(&object, reach).into_iter().map(|place| format!("{:?} {}", place.kin, place.name)).collect()
}

#[test]
fn a_namespace_that_is_going_is_looked_at_by_name() {
    let message = "ConfigMap/jobs/a dry-run failed (Forbidden): configmaps \"a\" is forbidden: unable to create new content in namespace jobs because it is being terminated\nConfigMap/apps/b dry-run failed (Invalid): data: Required value";
    let none: [&str; 0] = [];
    assert_eq!(refused(message, "False", Reach::OwnNamespace), ["Namespace jobs"]);
    assert_eq!(refused(message, "Unknown", Reach::OwnNamespace), none, "a run is under way");
    assert_eq!(refused("build failed", "False", Reach::OwnNamespace), none);
}

#[test]
fn a_webhook_that_does_not_answer_is_explained_by_its_endpoints_within_reach() {
    let message = "ConfigMap/apps/a dry-run failed (InternalError): Internal error occurred: failed calling webhook \"check.example.com\": failed to call webhook: Post \"https://check.infra.svc:443/check?timeout=10s\": no endpoints available for service \"check\"";
    assert_eq!(refused(message, "False", Reach::AllNamespaces), ["EndpointSlice infra"]);
    assert_eq!(refused(message, "False", Reach::OwnNamespace), [] as [&str; 0]);
}
