//! The requests as they are sent, and what is made of an answer. Nothing is sent here.

use cluster::{Class, Resolved};
use http::StatusCode;
use kube::core::ApiResource;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    Judged, apply_request, delete_request, get_request, name_of, of_no_version, patch_request, path_of, read,
};
use crate::samples::object;

const PATH: &str = "/api/v1/namespaces/ns/configmaps";

fn resolved(group: &str, version: &str, kind: &str, plural: &str, namespaced: bool) -> Resolved {
    let gvk = kube::core::GroupVersionKind::gvk(group, version, kind);
    Resolved { api_resource: ApiResource::from_gvk_with_plural(&gvk, plural), namespaced }
}

/// Method, path with query, content type and body, a line each.
fn text(request: &http::Request<Vec<u8>>) -> String {
    let content_type = request.headers().get(http::header::CONTENT_TYPE).map(|value| value.to_str().unwrap());
    let body = String::from_utf8_lossy(request.body());
    format!("{} {}\n{}\n{body}", request.method(), request.uri(), content_type.unwrap_or("-"))
}

#[test]
fn a_path_has_the_namespace_of_namespaced_kinds_alone() {
    let config_map = resolved("", "v1", "ConfigMap", "configmaps", true);
    let role = resolved("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false);
    assert_eq!(path_of(&config_map, "ns").unwrap(), PATH);
    assert_eq!(path_of(&config_map, "").unwrap(), "/api/v1/configmaps");
    assert_eq!(path_of(&role, "ns").unwrap(), "/apis/rbac.authorization.k8s.io/v1/clusterroles");
}

#[test]
fn an_apply_is_forced_and_a_dry_run_says_so() {
    let object = object(json!({}));
    insta::assert_snapshot!(text(&apply_request(PATH, &object, "us", false).unwrap()), @r#"
    PATCH /api/v1/namespaces/ns/configmaps/a?&force=true&fieldManager=us
    application/apply-patch+yaml
    {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"ns"}}
    "#);
    let dry = apply_request(PATH, &object, "us", true).unwrap();
    let query = dry.uri().query().unwrap_or_default();
    assert!(query.contains("dryRun=All") && query.contains("force=true"), "{query}");
}

#[test]
fn a_creation_is_a_change_of_a_version_that_nothing_has() {
    let made = of_no_version(&object(json!({"data": {"a": "1"}})));
    assert_eq!(made, object(json!({"data": {"a": "1"}, "metadata": {"resourceVersion": "1"}})));
}

#[test]
fn a_patch_is_a_list_of_operations_under_our_name() {
    let steps = json!([{"op": "remove", "path": "/metadata/labels/a"}]);
    insta::assert_snapshot!(text(&patch_request(PATH, "a", &steps, "us").unwrap()), @r#"
    PATCH /api/v1/namespaces/ns/configmaps/a?&fieldManager=us
    application/json-patch+json
    [{"op":"remove","path":"/metadata/labels/a"}]
    "#);
    let error = patch_request(PATH, "a", &json!([{"op": "tidy", "path": "/a"}]), "us").unwrap_err();
    assert_eq!(error.classify(), Class::Unreadable);
}

#[test]
fn a_deletion_carries_what_was_judged() {
    let judged = Judged { uid: "u1".to_owned(), resource_version: "10".to_owned() };
    insta::assert_snapshot!(text(&delete_request(PATH, "a", &judged).unwrap()), @r#"
    DELETE /api/v1/namespaces/ns/configmaps/a?
    application/json
    {"propagationPolicy":"Background","preconditions":{"resourceVersion":"10","uid":"u1"}}
    "#);
}

#[test]
fn an_object_without_a_name_is_not_sent_to_the_list() {
    assert_eq!(name_of(&json!({"metadata": {}})), "");
    // An apply to the path of the list would be another request.
    assert!(apply_request(PATH, &json!({}), "us", true).is_err());
}

#[test]
fn an_answer_is_an_object_or_an_error() {
    let read = |code: StatusCode, body: &str| read(code, body.as_bytes(), || "get configmaps a".to_owned());
    assert_eq!(read(StatusCode::CREATED, r#"{"kind":"ConfigMap"}"#).unwrap(), json!({"kind": "ConfigMap"}));
    let garbled = read(StatusCode::OK, "<html>").unwrap_err();
    assert_eq!(garbled.classify(), Class::Unreadable);
    assert!(garbled.message().starts_with("unreadable answer: "), "{garbled:?}");
    let status = json!({"kind": "Status", "code": 409, "reason": "Conflict", "message": "it changed"});
    let conflict = read(StatusCode::CONFLICT, &status.to_string()).unwrap_err();
    assert_eq!((conflict.classify(), conflict.message()), (Class::Conflict, "it changed"));
}

#[test]
fn what_stands_between_us_and_the_server_answers_in_its_own_words() {
    let read = |code: StatusCode, body: &[u8]| read(code, body, || "patch gadgets.example.com g".to_owned());
    let error = read(StatusCode::NOT_FOUND, b"404 page not found\n").unwrap_err();
    let said = "the server could not find the requested resource (patch gadgets.example.com g)";
    assert_eq!((error.classify(), error.message()), (Class::NotFound, said));
    // It says nothing of the object.
    assert!(!error.is_absence());
    let error = read(StatusCode::BAD_GATEWAY, b"\xff").unwrap_err();
    assert_eq!(error.classify(), Class::ServerError);
    let none: Value = read(StatusCode::OK, b"null").unwrap();
    assert!(none.is_null());
}

/// All requests for an object of a name, as far as they can be built.
fn requests(path: &str, name: &str) -> Vec<http::Request<Vec<u8>>> {
    let object = object(json!({"metadata": {"name": name}}));
    let judged = Judged { uid: "u".to_owned(), resource_version: "1".to_owned() };
    let steps = json!([{"op": "remove", "path": "/metadata/labels/a"}]);
    [
        apply_request(path, &object, "us", true),
        apply_request(path, &object, "us", false),
        get_request(path, name),
        patch_request(path, name, &steps, "us"),
        delete_request(path, name, &judged),
    ]
    .into_iter()
    .filter_map(Result::ok)
    .collect()
}

#[test]
fn names_that_walk_paths_are_not_sent() {
    let hostile = [
        "../../../victim/configmaps/plain",
        "a?x=",
        "x#",
        "a/b",
        ".",
        "..",
        "",
        "a%2fb",
        "%2e%2e",
        "a\\b",
        "a b",
        "a\n",
        "a\u{1b}",
        "?",
        "#",
        "/",
        "a?dryRun=",
        "a#?force=true",
        "..\\x",
        "a\t",
        "\u{202e}a",
        "a\r\nHost: b",
    ];
    for name in hostile {
        assert!(requests(PATH, name).is_empty(), "{name:?}");
        let error = get_request(PATH, name).unwrap_err().to_string();
        assert!(error.starts_with("metadata.name \"") && error.ends_with("the path of a request"), "{error}");
        if !name.is_empty() {
            let config_map = resolved("", "v1", "ConfigMap", "configmaps", true);
            let error = path_of(&config_map, name).unwrap_err().to_string();
            assert!(error.starts_with("metadata.namespace \""), "{error}");
        }
    }
    for (group, version, plural) in
        [("a/b", "v1", "x"), ("a", "v1?", "x"), ("a", "v1", "x/y"), ("a", "..", "x")]
    {
        assert!(
            path_of(&resolved(group, version, "X", plural, true), "ns").is_err(),
            "{group} {version} {plural}"
        );
    }
}

#[test]
fn names_that_kubernetes_takes_are_sent() {
    for name in
        ["a", "system:controller:x", "a.b-c", "A_b", "...", "a..b", "~x", "a+b", "a@b", "a=b&c", "ünï"]
    {
        assert_eq!(requests(PATH, name).len(), 5, "{name}");
    }
}

proptest! {
    #[test]
    fn a_path_has_the_segments_that_were_meant_or_is_not_sent(
        namespace in "[a-c./%?#\\\\ :_-]{1,6}|\\PC{1,6}|\\.{1,3}|[\\x00-\\x7f]{1,4}",
        name in "[a-c./%?#\\\\ :_-]{0,6}|\\PC{0,6}|\\.{0,3}|[\\x00-\\x7f]{0,4}",
    ) {
        let Ok(path) = path_of(&resolved("g.io", "v1", "Widget", "widgets", true), &namespace) else { return Ok(()) };
        for request in requests(&path, &name) {
            let segments: Vec<&str> = request.uri().path().split('/').collect();
            prop_assert_eq!(segments, ["", "apis", "g.io", "v1", "namespaces", &namespace, "widgets", &name]);
            let query = request.uri().query().unwrap_or_default();
            prop_assert!(query.is_empty() || query.starts_with('&'), "{}", query);
        }
    }
}
