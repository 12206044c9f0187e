//! What is told of objects that exist, and of those that do not.

use super::*;
use apply::{IgnoreRule, ObjectSelector};

fn id(kind: &str) -> ObjectId {
    ObjectId { namespace: "shop".into(), name: "web".into(), group: String::new(), kind: kind.into() }
}

fn object(kind: &str, data: Value, entries: Value) -> Value {
    json!({"apiVersion": "v1", "kind": kind,
        "metadata": {"name": "web", "namespace": "shop", "resourceVersion": "7", "managedFields": entries,
            "labels": {"kustomize.toolkit.fluxcd.io/name": "app", "kustomize.toolkit.fluxcd.io/namespace": "apps"}},
        "data": data})
}

fn edited(fields: Value) -> Value {
    json!([{"manager": "kubectl-edit", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1",
        "fieldsV1": fields}])
}

fn compare(comparing: &Comparing, live: &Value, answer: &Value) -> ObjectDiff {
    let kind = live["kind"].as_str().unwrap();
    comparing.existing(Existing {
        id: &id(kind),
        desired: answer,
        live,
        answer,
        recreated: false,
        taken_over: false,
    })
}

#[test]
fn a_field_has_both_values_and_who_set_the_live_one() {
    let live = object("ConfigMap", json!({"a": "2", "b": "1"}), edited(json!({"f:data": {"f:a": {}}})));
    let answer = object("ConfigMap", json!({"a": "1", "b": "1"}), json!([]));
    let diff = compare(&Comparing::default(), &live, &answer);
    assert_eq!(diff.act, Act::Change);
    let field = &diff.fields[0];
    assert_eq!(
        (field.path.as_str(), field.live.as_deref(), field.desired.as_deref()),
        ("/data/a", Some("\"2\""), Some("\"1\""))
    );
    assert_eq!(field.manager.as_deref(), Some("kubectl-edit"));
    assert_eq!(diff.fields.len(), 1);
    let same = compare(&Comparing::default(), &live, &live);
    assert_eq!((same.act, same.fields.len()), (Act::Unchanged, 0));
}

#[test]
fn ignored_fields_are_not_compared() {
    let rule = IgnoreRule {
        target: Some(ObjectSelector { kind: "ConfigMap".to_owned(), ..ObjectSelector::default() }),
        paths: vec!["/data/a".to_owned()],
    };
    let comparing = Comparing { rules: IgnoreRules::new(vec![rule]), ..Comparing::default() };
    let live = object("ConfigMap", json!({"a": "2", "b": "1"}), json!([]));
    let answer = |b: &str| object("ConfigMap", json!({"a": "1", "b": b}), json!([]));
    assert_eq!(compare(&comparing, &live, &answer("1")).act, Act::Unchanged);
    let diff = compare(&comparing, &live, &answer("3"));
    assert_eq!(diff.fields.iter().map(|field| field.path.as_str()).collect::<Vec<_>>(), ["/data/b"]);
}

#[test]
fn secrets_are_masked_on_both_sides() {
    let live = object("Secret", json!({"password": "b25l", "gone": "dHdv"}), json!([]));
    let answer = object("Secret", json!({"password": "dGhyZWU="}), json!([]));
    let diff = compare(&Comparing::default(), &live, &answer);
    let text = serde_json::to_string(&diff).unwrap();
    assert_eq!(diff.fields.len(), 2);
    for value in ["b25l", "dHdv", "dGhyZWU"] {
        assert!(!text.contains(value), "{text}");
    }
}

#[test]
fn values_of_secrets_are_hidden_wherever_they_were_put() {
    let secret = json!({"kind": "Secret", "stringData": {"token": "swordfish-7"}});
    let values = Values::default();
    values.gather(&secret);
    let maskings = Maskings::new(["swordfish-7".to_owned()], []);
    values.gather(&json!({"kind": "Secret", "data": {"password": "Y29ycmVjdC1ob3JzZQ=="}}));
    let comparing = Comparing { maskings, values, ..Comparing::default() };
    let mut desired = object(
        "ConfigMap",
        json!({"url": "https://x/?t=swordfish-7", "plain": "1", "note": "is correct-horse\nhere"}),
        json!([]),
    );
    desired["metadata"]["annotations"] = json!({"example.com/api-token": "abc", "note": "fine"});
    let live = object("ConfigMap", json!({"url": "https://x", "plain": "1"}), json!([]));
    let changed = serde_json::to_string(&compare(&comparing, &live, &desired)).unwrap();
    assert!(!changed.contains("swordfish"), "{changed}");
    let created = comparing.created(&id("ConfigMap"), &desired);
    let manifest = created.manifest.unwrap();
    assert_eq!(manifest["data"], json!({"url": "***", "plain": "1", "note": "is ***\nhere"}));
    assert_eq!(manifest["metadata"]["annotations"], json!({"example.com/api-token": "***", "note": "fine"}));
    assert_eq!(manifest["metadata"].get("labels"), None, "all objects have the owner labels");
    let secret = comparing.created(&id("Secret"), &object("Secret", json!({"a": "Yg=="}), json!([])));
    assert_eq!(secret.manifest.unwrap()["data"], json!({"a": "***"}));
}

#[test]
fn what_is_done_beside_the_fields_is_remarked() {
    let live = object(
        "ConfigMap",
        json!({}),
        json!([{"manager": "kubectl-client-side-apply", "operation": "Update",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {}}}]),
    );
    let id = id("ConfigMap");
    let existing =
        Existing { id: &id, desired: &live, live: &live, answer: &live, recreated: false, taken_over: true };
    let diff = Comparing::default().existing(existing);
    assert_eq!(diff.act, Act::Change);
    assert_eq!(diff.remarks, ["what other appliers own of it is taken over"]);
    let diff = Comparing::default().existing(Existing { recreated: true, taken_over: false, ..existing });
    assert_eq!(diff.act, Act::Recreate);
}

#[test]
fn nothing_of_a_decrypted_object_is_shown() {
    let comparing =
        Comparing { maskings: Maskings::new([], ["swordfish-7".to_owned()]), ..Comparing::default() };
    let desired = object("ConfigMap", json!({"token": "swordfish-7", "other": "plain"}), json!([]));
    let live = object("ConfigMap", json!({"token": "marlin-8", "gone": "tuna-9"}), json!([]));
    let changed = serde_json::to_string(&compare(&comparing, &live, &desired)).unwrap();
    let created = serde_json::to_string(&comparing.created(&id("ConfigMap"), &desired)).unwrap();
    for value in ["swordfish", "plain", "marlin", "tuna"] {
        assert!(!changed.contains(value) && !created.contains(value), "{value}: {changed} {created}");
    }
    assert!(changed.contains("/data/token") && created.contains("token"), "{changed} {created}");
}

#[test]
fn a_path_that_cannot_be_told_whole_hides_more() {
    let mut value = json!({"metadata": {"annotations": {"a": "b"}, "name": "n"}, "spec": {"c": "d"}});
    hide_below(&mut value, "/metadata/annotations/very…");
    hide_below(&mut value, "/spec/x/y…");
    assert_eq!(value, json!({"metadata": {"annotations": "***", "name": "n"}, "spec": "***"}));
}
