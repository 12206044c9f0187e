//! Why a render fails: at which stage of a run, in which words, and with which digest. What makes a build itself fail is
//! the engine's to test.

use artifact::MemTree;
use serde_json::json;

use manifest::budget::Budget;

use super::{at, config_map, error, request};
use crate::{RenderError, Request, Stage, render};

/// Stage and words of a failure, on one line.
fn told(files: &str, request: &Request) -> String {
    let error = error(files, request);
    format!("{:?}: {error}", error.stage())
}

fn with_bytes(content: &[u8]) -> RenderError {
    let tree = MemTree::from_files([("kustomization.yaml", content)]).unwrap();
    render(&tree, &request(), &Budget::default()).expect_err("renders")
}

#[test]
fn a_root_file_that_is_no_yaml_is_named_with_the_readers_words() {
    assert_eq!(
        told("-- app/kustomization.yml --\nresources: [\n", &at("./app/")),
        "Build: /tmp/kustomization-1/app/kustomization.yml: error converting YAML to JSON: yaml: line 1: did not find \
         expected node content"
    );
    assert_eq!(
        with_bytes(b"namespace: \xff\n").to_string(),
        "/tmp/kustomization-1/kustomization.yaml: error converting YAML to JSON: yaml: invalid UTF-8"
    );
    assert_eq!(
        told("-- Kustomization --\nresources: {}\n", &request()),
        "Build: /tmp/kustomization-1/Kustomization: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal \
         object into Go struct field Kustomization.resources of type []string"
    );
}

#[test]
fn paths_are_shown_below_the_root_of_the_request() {
    let shown = |root: &str, path: &str| Request { root: root.into(), ..request() }.shown(path);
    assert_eq!(shown("/tmp/k", ""), "/tmp/k");
    assert_eq!(shown("/tmp/k/", "a/b"), "/tmp/k/a/b");
    assert_eq!(shown("", "a"), "/a");
    assert_eq!(shown("", ""), "/");
}

#[test]
fn helm_fields_survive_the_rewriting_and_are_refused_by_the_build() {
    let file = "-- kustomization.yaml --\nresources: [a.yaml]\nhelmCharts: [{name: c, nope: 1}]\n";
    let text = told(&format!("{file}-- a.yaml --\n{}", config_map("a")), &request());
    assert!(text.starts_with("Build: kustomize build failed: "), "{text}");
    assert!(
        text.contains("helmCharts in /tmp/kustomization-1/kustomization.yaml is not supported"),
        "{text}"
    );
}

#[test]
fn an_encrypted_secret_fails_just_before_the_apply_with_the_digest_of_its_build() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}\nsops: {mac: m}\ndata: {a: 'ENC[x]'}\n";
    let error = error(&format!("-- s.yaml --\n{secret}"), &request());
    assert_eq!(error.stage(), Stage::Apply);
    assert_eq!(
        error.to_string(),
        "Secret/n/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled"
    );
    let digest = error.digest().expect("a build came before");
    assert!(digest.starts_with("sha256:") && digest.len() == 71, "{digest}");
    let other = super::error("-- a.yaml --\nkind: [\n", &request());
    assert_eq!(other.digest(), None, "{other}");
}

#[test]
fn an_object_that_does_not_name_itself_is_told_without_its_content() {
    let check = |object: serde_json::Value, words: &str| {
        let error = crate::decode::check(&[object]).expect_err("incomplete");
        assert_eq!(
            error.to_string(),
            format!("failed to decode Kubernetes apiVersion, kind and name from: {words}")
        );
        assert_eq!(error.stage(), Stage::Build);
    };
    check(json!({"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "hunter2"}}), "Secret s");
    check(json!({"apiVersion": "v1", "metadata": {"name": "s"}}), "v1 s");
    check(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": ""}}), "v1 Secret");
    check(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": []}}), "v1 Secret");
    crate::decode::check(&[json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": 7}})])
        .expect("a number is a name to kustomize");
}

#[test]
fn a_list_is_expanded_and_what_is_in_it_must_be_objects() {
    let item = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [item, item]});
    assert_eq!(crate::decode::decode(vec![list]).unwrap(), [item.clone(), item.clone()]);
    let broken = json!({"apiVersion": "v1", "kind": "List", "items": [item, "x"]});
    let error = crate::decode::decode(vec![broken]).expect_err("a text in a list");
    assert_eq!((error.to_string().as_str(), error.stage()), ("items member is not an object", Stage::Build));
}
