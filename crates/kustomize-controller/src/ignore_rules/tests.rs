//! Every field of a rule reaches its place.

use super::{digest, ignore_rules};
use ::apply::{IgnoreRule, IgnoreRules, ObjectSelector};
use api::kustomization::KustomizationSpec;
use serde_json::{Value, json};

fn spec(ignore: Value) -> KustomizationSpec {
    let fields = json!({"interval": "1h", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}, "ignore": ignore});
    serde_json::from_value(fields).unwrap()
}

#[test]
fn every_field_reaches_its_place() {
    let ignore = json!([
        {"paths": ["/a", "/b"]},
        {"paths": ["/c"], "target": {"group": "g", "version": "v", "kind": "k", "name": "n", "namespace": "ns",
            "labelSelector": "ls", "annotationSelector": "as"}},
    ]);
    let text = |text: &str| text.to_owned();
    let wanted = IgnoreRules::new(vec![
        IgnoreRule { target: None, paths: vec![text("/a"), text("/b")] },
        IgnoreRule {
            target: Some(ObjectSelector {
                group: text("g"),
                version: text("v"),
                kind: text("k"),
                name: text("n"),
                namespace: text("ns"),
                labels: text("ls"),
                annotations: text("as"),
            }),
            paths: vec![text("/c")],
        },
    ]);
    assert_eq!(ignore_rules(&spec(ignore)), wanted);
}

#[test]
fn no_rules_have_no_digest() {
    assert_eq!(digest(&spec(json!([]))), None);
    assert!(digest(&spec(json!([{"paths": ["/a"]}]))).is_some());
}
