//! Whose fields are taken over, which keys go, and the patch that does both.

use api::labels;
use serde_json::{Value, json};

use super::{is_needed, patch};
use crate::samples::{MANAGER, entry, live, marked, object, ours, with};

fn needed(entries: Value, overrides: &[&str]) -> bool {
    let overrides: Vec<String> = overrides.iter().map(|name| (*name).to_owned()).collect();
    let live = live(entries, json!({}));
    let is_needed = is_needed(&object(json!({})), &live, MANAGER, &overrides);
    let patched = patch(&object(json!({})), &live, MANAGER, &overrides).is_some();
    assert_eq!(is_needed, patched, "a patch exactly where there is need of one: {live}");
    is_needed
}

/// The managedFields that a patch writes.
fn merged(entries: Value) -> Value {
    let patch = patch(&object(json!({})), &live(entries, json!({})), MANAGER, &[]).expect("a patch");
    patch[0]["value"].clone()
}

#[test]
fn whose_fields_are_taken_over() {
    for (manager, operation, taken) in [
        ("kubectl", "Apply", true),
        ("kubectl-client-side-apply", "Update", true),
        ("kubectl-edit", "Update", true),
        ("before-first-apply", "Update", true),
        ("before-first-apply", "Apply", false),
        (MANAGER, "Update", true),
        ("kustomize-controller-v1", "Update", true),
        (MANAGER, "Apply", false),
        ("flux-client-side-apply", "Update", false),
        ("gotk-kustomize-controller", "Update", false),
        ("helm", "Update", false),
        ("my-kubectl", "Update", false),
    ] {
        let entries = json!([entry(manager, operation, json!({}))]);
        assert_eq!(needed(entries, &[]), taken, "{manager} {operation}");
    }
    assert!(!needed(json!([]), &[]));
}

#[test]
fn overrides_name_prefixes_in_any_operation_but_never_our_own_entry() {
    for operation in ["Apply", "Update"] {
        let helm = json!([entry("helm-controller", operation, json!({}))]);
        assert!(needed(helm.clone(), &["helm"]));
        assert!(!needed(helm.clone(), &["controller"]));
        assert!(needed(helm, &["argocd", "helm"]));
    }
    assert!(!needed(json!([ours()]), &["kustomize"]));
}

#[test]
fn entries_of_subresources_are_left_alone() {
    let scale = with(entry("kubectl", "Update", json!({})), json!({"subresource": "scale"}));
    assert!(!needed(json!([scale]), &[]));
    let none = with(entry("kubectl", "Update", json!({})), json!({"subresource": ""}));
    assert!(needed(json!([none]), &[]));
}

#[test]
fn fields_of_others_fall_to_our_entry() {
    let result = merged(json!([
        ours(),
        entry("kubectl-edit", "Update", json!({"f:data": {"f:b": {}, "f:a": {}}})),
        entry("other", "Update", json!({"f:data": {"f:c": {}}})),
        entry("before-first-apply", "Update", json!({"f:metadata": {"f:labels": {"f:l": {}}}})),
    ]));
    let entries = result.as_array().expect("a list");
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["manager"], MANAGER);
    assert_eq!(
        entries[0]["fieldsV1"],
        json!({"f:data": {"f:a": {}, "f:b": {}}, "f:metadata": {"f:labels": {"f:l": {}}}})
    );
    assert_eq!(entries[1], entry("other", "Update", json!({"f:data": {"f:c": {}}})));
}

#[test]
fn a_leaf_in_one_entry_keeps_what_another_has_below_it() {
    let leaf = entry("kubectl", "Update", json!({"f:data": {}}));
    let deep = entry("kubectl-edit", "Update", json!({"f:data": {"f:a": {".": {}}}}));
    for entries in [json!([leaf.clone(), deep.clone()]), json!([deep, leaf])] {
        assert_eq!(merged(entries)[0]["fieldsV1"], json!({"f:data": {"f:a": {".": {}}}}));
    }
}

#[test]
fn the_first_entry_becomes_ours_where_we_have_none() {
    let result = merged(json!([
        entry("other", "Update", json!({})),
        with(entry("kubectl", "Update", json!({"f:data": {"f:b": {}}})), json!({"apiVersion": "v2"})),
        entry("kubectl-edit", "Update", json!({"f:data": {"f:c": {}}})),
    ]));
    let entries = result.as_array().expect("a list");
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["manager"], "other");
    assert_eq!(
        entries[1],
        with(entry(MANAGER, "Apply", json!({"f:data": {"f:b": {}, "f:c": {}}})), json!({"apiVersion": "v2"}))
    );
}

#[test]
fn keys_of_earlier_appliers_go_where_the_manifest_has_none() {
    for (map, key) in [
        ("annotations", labels::KUBECTL_LAST_APPLIED),
        ("annotations", labels::CHECKSUM),
        ("annotations", labels::SYNC_CHECKSUM),
        ("labels", labels::SYNC_GC_MARK),
    ] {
        let live = live(json!([ours()]), json!({"metadata": {map: {key: "x"}}}));
        assert!(is_needed(&object(json!({})), &live, MANAGER, &[]), "{key}");
        assert!(!is_needed(&marked(map, key, "mine"), &live, MANAGER, &[]), "{key} is the manifest's");
        let other = if map == "labels" { "annotations" } else { "labels" };
        let misplaced = marked(other, key, "x");
        assert!(!is_needed(&object(json!({})), &misplaced, MANAGER, &[]), "{key} in {other}");
    }
}

#[test]
fn the_whole_patch() {
    let live = live(
        json!([entry("kubectl", "Update", json!({"f:data": {}}))]),
        json!({"metadata": {
            "annotations": {labels::KUBECTL_LAST_APPLIED: "{}", "mine": "1"},
            "labels": {labels::SYNC_GC_MARK: "sha"},
        }}),
    );
    let patch = patch(&object(json!({})), &live, MANAGER, &[]).expect("a patch");
    let lines: Vec<String> = patch.as_array().expect("a list").iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"op":"remove","path":"/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"}
    {"op":"remove","path":"/metadata/labels/fluxcd.io~1sync-gc-mark"}
    {"op":"replace","path":"/metadata/managedFields","value":[{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{}},"manager":"kustomize-controller","operation":"Apply","time":"2026-01-01T12:00:00Z"}]}
    {"op":"replace","path":"/metadata/resourceVersion","value":"10"}
    "#);
}

#[test]
fn a_patch_of_keys_alone_leaves_managed_fields_alone() {
    let live = live(json!([ours()]), json!({"metadata": {"annotations": {labels::CHECKSUM: "x"}}}));
    let patch = patch(&object(json!({})), &live, MANAGER, &[]).expect("a patch");
    let paths: Vec<&str> =
        patch.as_array().expect("a list").iter().filter_map(|step| step["path"].as_str()).collect();
    assert_eq!(
        paths,
        ["/metadata/annotations/kustomize.toolkit.fluxcd.io~1checksum", "/metadata/resourceVersion"]
    );
}
