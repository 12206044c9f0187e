//! Tables for the pure half: directives, stages, fingerprints, verdicts, clean-up, inventories, waiting. What needs an
//! API server is proved in `e2e`.

use crate::baseline::{Baseline, set_hash};
use crate::inventory::Ids;
use crate::stage::{Stage, stages};
use crate::wait::{Observed, Outcome, decide, timed_out};
use crate::{cleanup, delete, directive};
use health::kstatus::Status;
use manifest::{Manifest, ObjectId};
use serde_json::{Value, json};

const MANAGER: &str = "kustomize-controller";

fn object(kind: &str, name: &str, extra: Value) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "ns"}});
    merge(&mut object, extra);
    object
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

fn live(entries: Value, extra: Value) -> Value {
    let mut live = object(
        "ConfigMap",
        "a",
        json!({"metadata": {"uid": "u1", "resourceVersion": "10", "managedFields": entries}}),
    );
    merge(&mut live, extra);
    live
}

fn entry(manager: &str, operation: &str, fields: Value, time: &str) -> Value {
    json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields, "time": time})
}

fn ours(time: &str) -> Value {
    entry(MANAGER, "Apply", json!({"f:data": {"f:a": {}}}), time)
}

fn of_object(live: &Value, manager: &str) -> Baseline {
    Baseline::of_answer(live, &json!({}), manager)
}

fn id(kind: &str, name: &str) -> ObjectId {
    ObjectId { namespace: "ns".into(), name: name.into(), group: String::new(), kind: kind.into() }
}

#[test]
fn directives_compare_without_case_in_labels_and_annotations() {
    let with = |map: &str, key: &str, value: &str| {
        object("ConfigMap", "a", json!({"metadata": {map: {key: value}}}))
    };
    assert!(directive::is_ignored(&with("labels", api::labels::RECONCILE, "Disabled")));
    assert!(directive::is_ignored(&with("annotations", api::labels::SSA, "ignore")));
    assert!(directive::is_create_only(&with("annotations", api::labels::SSA, "IfNotPresent")));
    assert!(directive::is_merge(&with("labels", api::labels::SSA, "MERGE")));
    assert!(directive::is_kept(&with("annotations", api::labels::PRUNE, "disabled")));
    assert!(!directive::is_kept(&with("annotations", api::labels::PRUNE, "enabled")));
}

#[test]
fn stages_put_definitions_first_and_sort_inside() {
    let manifests: Vec<Manifest> = [
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "ns"}}),
        json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "ns"}}),
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "ns"}}),
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "s"}}),
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns"}}),
    ]
    .into_iter()
    .map(|value| Manifest::new(value).unwrap())
    .collect();
    let stages = stages(manifests, &["example.com/Widget".to_owned()]);
    let names: Vec<(Stage, Vec<&str>)> = stages
        .iter()
        .map(|(stage, members)| (*stage, members.iter().map(Manifest::name).collect()))
        .collect();
    assert_eq!(
        names,
        vec![
            (Stage::Definitions, vec!["ns"]),
            (Stage::Classes, vec!["s"]),
            (Stage::Custom, vec!["w"]),
            (Stage::Rest, vec!["c", "d"]),
        ]
    );
}

#[test]
fn a_fingerprint_follows_our_entry_alone() {
    let base = of_object(&live(json!([ours("2026-01-01T00:00:00Z")]), json!({})), MANAGER);
    assert_eq!(base.resource_version, 10);
    let foreign = json!([
        ours("2026-01-01T00:00:00Z"),
        entry("kubectl", "Update", json!({"f:x": {}}), "2026-01-02T00:00:00Z")
    ]);
    assert_eq!(of_object(&live(foreign, json!({})), MANAGER).fingerprint, base.fingerprint);
    let later = of_object(&live(json!([ours("2026-01-01T00:00:01Z")]), json!({})), MANAGER);
    assert_ne!(later.fingerprint, base.fingerprint);
    let uid =
        of_object(&live(json!([ours("2026-01-01T00:00:00Z")]), json!({"metadata": {"uid": "u2"}})), MANAGER);
    assert_ne!(uid.fingerprint, base.fingerprint);
    let fewer = entry(MANAGER, "Apply", json!({"f:data": {}}), "2026-01-01T00:00:00Z");
    assert_ne!(of_object(&live(json!([fewer]), json!({})), MANAGER).fingerprint, base.fingerprint);
    assert_eq!(of_object(&live(json!([]), json!({})), MANAGER).fingerprint, None);
    let pairs = [("b", base.fingerprint), ("a", None)];
    assert_eq!(set_hash(pairs.into_iter()), set_hash(pairs.into_iter().rev()));
}

#[test]
fn clean_up_merges_foreign_entries_into_ours_and_drops_annotations() {
    let desired = object("ConfigMap", "a", json!({}));
    let entries = json!([
        ours("2026-01-01T00:00:00Z"),
        entry("kubectl-edit", "Update", json!({"f:data": {"f:b": {}}}), "2026-01-01T00:00:00Z"),
        entry("other", "Update", json!({"f:data": {"f:c": {}}}), "2026-01-01T00:00:00Z"),
    ]);
    let annotations =
        json!({"metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}});
    let patch = cleanup::patch(&desired, &live(entries, annotations), MANAGER, &[]).unwrap();
    assert_eq!(patch[0]["path"], "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration");
    let merged = patch[1]["value"].as_array().unwrap();
    assert_eq!(merged.len(), 2);
    assert_eq!(merged[0]["fieldsV1"], json!({"f:data": {"f:a": {}, "f:b": {}}}));
    assert_eq!(merged[1]["manager"], "other");
    assert_eq!(patch[2], json!({"op": "replace", "path": "/metadata/resourceVersion", "value": "10"}));
}

#[test]
fn clean_up_renames_the_first_entry_when_we_have_none() {
    let entries = json!([entry("kubectl", "Apply", json!({"f:data": {"f:b": {}}}), "2026-01-01T00:00:00Z")]);
    let patch = cleanup::patch(&object("ConfigMap", "a", json!({})), &live(entries, json!({})), MANAGER, &[])
        .unwrap();
    assert_eq!(patch[0]["value"][0]["manager"], MANAGER);
    assert_eq!(patch[0]["value"][0]["operation"], "Apply");
    assert_eq!(
        cleanup::patch(
            &object("ConfigMap", "a", json!({})),
            &live(json!([ours("2026-01-01T00:00:00Z")]), json!({})),
            MANAGER,
            &[]
        ),
        None
    );
}

#[test]
fn subresource_entries_are_left_alone() {
    let mut scale = entry("kubectl", "Update", json!({"f:spec": {"f:replicas": {}}}), "2026-01-01T00:00:00Z");
    scale["subresource"] = json!("scale");
    assert!(!cleanup::is_needed(
        &object("ConfigMap", "a", json!({})),
        &live(json!([scale]), json!({})),
        MANAGER,
        &[]
    ));
}

#[test]
fn inventories_grow_ahead_and_shrink_behind() {
    let (mut stored, mut next) = (Ids::default(), Ids::default());
    stored.insert(&id("ConfigMap", "old"), "v1");
    next.insert(&id("ConfigMap", "new"), "v1");
    assert_eq!(stored.minus(&next), vec![(id("ConfigMap", "old"), "v1".to_owned())]);
    let mut ahead = stored.clone();
    ahead.extend(&next);
    assert!(ahead.covers(&stored) && ahead.covers(&next) && !next.covers(&ahead));
    assert_eq!(ahead.to_inventory().entries[0].id, "ns_new__ConfigMap");
    assert_eq!(Ids::of(Some(&ahead.to_inventory())), ahead);
}

#[test]
fn an_id_that_cannot_be_read_is_kept_and_never_stale() {
    let mut inventory = Ids::default();
    inventory.insert(&id("ConfigMap", "a"), "v1");
    let entry = api::InventoryEntry { id: "nonsense".into(), v: "v1".into() };
    let stored = Ids::of(Some(&api::Inventory { entries: vec![entry] }));
    assert!(stored.minus(&inventory).is_empty());
    inventory.keep_unreadable(&stored);
    assert_eq!(inventory.len(), 2);
    assert!(inventory.contains(&id("ConfigMap", "a")) && !inventory.contains(&id("ConfigMap", "b")));
}

#[test]
fn only_our_own_objects_may_be_deleted() {
    let owner = delete::Owner { namespace: "apps".into(), name: "web".into() };
    let labelled = |namespace: &str, extra: Value| {
        let mut live = live(
            json!([]),
            json!({"metadata": {"labels": {api::labels::OWNER_NAME: "web", api::labels::OWNER_NAMESPACE: namespace}}}),
        );
        merge(&mut live, extra);
        live
    };
    assert!(delete::may_delete(&labelled("apps", json!({})), &owner));
    assert!(!delete::may_delete(&labelled("other", json!({})), &owner));
    assert!(!delete::may_delete(&live(json!([]), json!({})), &owner));
    let kept = json!({"metadata": {"annotations": {api::labels::PRUNE: "disabled"}}});
    assert!(!delete::may_delete(&labelled("apps", kept), &owner));
}

#[test]
fn a_set_is_ready_failed_or_waited_for() {
    let observed = |statuses: &[Status]| -> Vec<Observed> {
        let named = statuses.iter().enumerate();
        named
            .map(|(n, status)| Observed { id: id("Pod", &format!("p{n}")), status: *status, error: None })
            .collect()
    };
    assert_eq!(decide(&observed(&[]), true), Outcome::Ready);
    assert_eq!(decide(&observed(&[Status::Current, Status::Current]), true), Outcome::Ready);
    assert_eq!(decide(&observed(&[Status::Current, Status::InProgress]), true), Outcome::Waiting);
    assert_eq!(
        decide(&observed(&[Status::Failed, Status::InProgress]), true),
        Outcome::Failed(
            "failed early due to stalled resources: [Pod/ns/p0 status: 'Failed', Pod/ns/p1 status: 'InProgress']".into()
        )
    );
    assert_eq!(decide(&observed(&[Status::Failed, Status::InProgress]), false), Outcome::Waiting);
    assert!(matches!(decide(&observed(&[Status::Failed, Status::Current]), false), Outcome::Failed(_)));
    assert_eq!(
        timed_out(&observed(&[Status::NotFound])),
        "timeout waiting for: [Pod/ns/p0 status: 'NotFound']"
    );
}
