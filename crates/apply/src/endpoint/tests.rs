//! The requests as they are sent, and what is made of an answer. Nothing is sent here.

use cluster::{Class, Resolved};
use http::StatusCode;
use kube::core::ApiResource;
use serde_json::{Value, json};

use super::{Judged, apply_request, delete_request, name_of, patch_request, path_of, read};
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
    assert_eq!(path_of(&config_map, "ns"), PATH);
    assert_eq!(path_of(&config_map, ""), "/api/v1/configmaps");
    assert_eq!(path_of(&role, "ns"), "/apis/rbac.authorization.k8s.io/v1/clusterroles");
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
    let read = |code: StatusCode, body: &str| read(code, body.as_bytes());
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
    let error = read(StatusCode::NOT_FOUND, b"404 page not found\n").unwrap_err();
    assert_eq!((error.classify(), error.message()), (Class::NotFound, "404 page not found"));
    // It says nothing of the object.
    assert!(!error.is_absence());
    let error = read(StatusCode::BAD_GATEWAY, b"\xff").unwrap_err();
    assert_eq!(error.classify(), Class::ServerError);
    let none: Value = read(StatusCode::OK, b"null").unwrap();
    assert!(none.is_null());
}
