//! What counts into the digest of what is applied.

use super::{digest, request};
use crate::args::Options;
use crate::samples;
use api::kustomization::KustomizationSpec;
use reconcile_core::ObjectKey;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn options(default_service_account: &str) -> Options {
    Options { default_service_account: default_service_account.to_owned(), ..samples::options() }
}

/// A spec with these fields over the least that there must be.
fn spec(fields: Value) -> KustomizationSpec {
    let mut spec =
        json!({"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}});
    if let (Some(spec), Value::Object(fields)) = (spec.as_object_mut(), fields) {
        spec.extend(fields);
    }
    serde_json::from_value(spec).unwrap()
}

fn key() -> ObjectKey {
    ObjectKey::new("ns", "app")
}

#[test]
fn whatever_decides_what_is_applied_where_and_as_whom_counts() {
    let of = |fields: Value| digest(&options(""), &key(), &spec(fields));
    let plain = of(json!({}));
    let others = [
        of(json!({"path": "./other"})),
        of(json!({"force": true})),
        of(json!({"serviceAccountName": "deployer"})),
        of(json!({"namePrefix": "a-"})),
        digest(&options(""), &ObjectKey::new("ns", "other"), &spec(json!({}))),
        of(json!({"kubeConfig": {"secretRef": {"name": "one"}}})),
        of(json!({"kubeConfig": {"secretRef": {"name": "other"}}})),
    ];
    let all: BTreeSet<[u8; 32]> = others.into_iter().chain([plain]).collect();
    assert_eq!(all.len(), 8);
}

#[test]
fn what_decides_only_when_and_how_long_does_not_count() {
    let of = |fields: Value| digest(&options(""), &key(), &spec(fields));
    for fields in [
        json!({"interval": "2m"}),
        json!({"timeout": "9m"}),
        json!({"wait": true}),
        json!({"prune": false}),
        json!({"suspend": true}),
        json!({"serviceAccountName": ""}),
    ] {
        assert_eq!(of(fields.clone()), of(json!({})), "{fields}");
    }
}

/// Which account it is counts, not where its name stands.
#[test]
fn the_default_account_counts_where_none_is_named() {
    let named = spec(json!({"serviceAccountName": "deployer"}));
    let of = |account: &str, spec: &KustomizationSpec| digest(&options(account), &key(), spec);
    assert_eq!(of("deployer", &spec(json!({}))), of("", &named));
    assert_ne!(of("other", &spec(json!({}))), of("", &named));
    assert_eq!(of("other", &named), of("", &named));
}

#[test]
fn rules_for_ignored_fields_count() {
    let with = |rules: Value| digest(&options(""), &key(), &spec(json!({ "ignore": rules })));
    let all = [
        with(json!([])),
        with(json!([{"paths": ["/a"]}])),
        with(json!([{"paths": ["/b"]}])),
        with(json!([{"paths": ["/a"], "target": {"kind": "Job"}}])),
    ];
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert_eq!(all[0], digest(&options(""), &key(), &spec(json!({}))));
}

/// Digests stand in histories: one that changed for nothing would cost every Kustomization a full pass.
#[test]
fn the_own_cluster_adds_nothing() {
    let (options, spec) = (options("deployer"), spec(json!({})));
    let local = digest(&options, &key(), &spec);
    let mut hasher = <sha2::Sha256 as sha2::Digest>::new();
    sha2::Digest::update(&mut hasher, request(&options, &key(), &spec).digest());
    sha2::Digest::update(&mut hasher, [0_u8]);
    sha2::Digest::update(&mut hasher, "deployer");
    assert_eq!(local, <[u8; 32]>::from(sha2::Digest::finalize(hasher)));
}

fn all() -> Value {
    json!({
        "path": "./deploy", "targetNamespace": "target", "namePrefix": "pre-", "nameSuffix": "-suf",
        "commonMetadata": {"labels": {"l": "1"}, "annotations": {"a": "2"}},
        "patches": [{"patch": "p", "target": {"group": "g", "version": "v", "kind": "k", "name": "n", "namespace": "ns",
            "labelSelector": "ls", "annotationSelector": "as"}}, {"patch": "q"}],
        "images": [{"name": "i", "newName": "j", "newTag": "t", "digest": "d"}],
        "components": ["c"], "ignoreMissingComponents": true, "buildMetadata": ["originAnnotations"],
    })
}

#[test]
fn every_field_reaches_its_place() {
    let request = request(&options(""), &key(), &spec(all()));
    insta::assert_snapshot!(format!("{request:#?}"), @r#"
    Request {
        owner: Owner {
            name: "app",
            namespace: "ns",
        },
        path: "./deploy",
        root: "/tmp/kustomization",
        target_namespace: Some(
            "target",
        ),
        name_prefix: Some(
            "pre-",
        ),
        name_suffix: Some(
            "-suf",
        ),
        patches: [
            Patch {
                patch: "p",
                target: Some(
                    Target {
                        group: "g",
                        version: "v",
                        kind: "k",
                        name: "n",
                        namespace: "ns",
                        annotation_selector: "as",
                        label_selector: "ls",
                    },
                ),
            },
            Patch {
                patch: "q",
                target: None,
            },
        ],
        images: [
            Image {
                name: "i",
                new_name: "j",
                new_tag: "t",
                digest: "d",
            },
        ],
        common_metadata: Some(
            CommonMetadata {
                labels: {
                    "l": "1",
                },
                annotations: {
                    "a": "2",
                },
            },
        ),
        components: [
            "c",
        ],
        ignore_missing_components: true,
        build_metadata: [
            "originAnnotations",
        ],
        post_build: None,
        decryption: None,
        keys: KeyRing {
            keys: Keys {
                age: 0,
                pgp: 0,
                vault_token: false,
                aws: false,
                azure: false,
                gcp: false,
            },
            answers: 0,
            verify: Required,
        },
        variables: {},
    }
    "#);
}

#[test]
fn what_is_not_set_is_empty() {
    let request = request(&options(""), &key(), &spec(json!({})));
    assert_eq!((request.path.as_str(), request.target_namespace), ("", None));
    assert!(request.patches.is_empty() && request.images.is_empty() && request.common_metadata.is_none());
}

#[test]
fn every_field_that_is_built_from_counts() {
    let plain = digest(&options(""), &key(), &spec(json!({})));
    for (field, value) in all().as_object().unwrap() {
        assert_ne!(digest(&options(""), &key(), &spec(json!({ field.as_str(): value }))), plain, "{field}");
    }
}

#[test]
fn variables_count_with_their_order_and_the_gate_that_makes_them_strict() {
    let post_build = |fields: Value| spec(json!({ "postBuild": fields }));
    let from = |kind: &str, name: &str| json!({"kind": kind, "name": name});
    let all = [
        post_build(json!({})),
        post_build(json!({"substituteStrategy": "Always"})),
        post_build(json!({"substitute": {"a": "1"}})),
        post_build(json!({"substitute": {"a": "2"}})),
        post_build(json!({"substituteFrom": [from("ConfigMap", "a"), from("Secret", "b")]})),
        post_build(json!({"substituteFrom": [from("Secret", "b"), from("ConfigMap", "a")]})),
        spec(json!({})),
    ];
    let lenient = Options { strict_substitution: false, ..options("") };
    let mut digests: BTreeSet<[u8; 32]> = all.iter().map(|spec| digest(&options(""), &key(), spec)).collect();
    digests.insert(digest(&lenient, &key(), &all[2]));
    assert_eq!(digests.len(), all.len() + 1);
    assert_eq!(digest(&lenient, &key(), &all[6]), digest(&options(""), &key(), &all[6]));
    let request = request(&options(""), &key(), &all[1]).post_build.unwrap();
    assert!(request.strict && request.always);
}
