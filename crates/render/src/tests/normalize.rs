//! Objects as they are applied. No build: values in, objects out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use manifest::budget::Budget;

use super::request;
use crate::decode::{check, decode};
use crate::normalize::normalize;
use crate::{CommonMetadata, RenderError, Request, Stage};

fn normalized_with(object: Value, request: &Request) -> Value {
    normalize(vec![object], request, "sha256:0", &Budget::default()).unwrap().remove(0).value().clone()
}

/// Without owner labels.
fn normalized(object: Value) -> Value {
    let mut value = normalized_with(object, &request());
    let labels = value.pointer_mut("/metadata/labels").and_then(Value::as_object_mut).unwrap();
    labels.retain(|key, _| !key.starts_with("kustomize.toolkit.fluxcd.io/"));
    if labels.is_empty() {
        value.pointer_mut("/metadata").and_then(Value::as_object_mut).unwrap().remove("labels");
    }
    value
}

fn check_normalized(object: Value, expected: Value) {
    assert_eq!(normalized(object), expected);
}

fn secret(fields: Value) -> Value {
    let mut secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}});
    secret.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    secret
}

#[test]
fn owner_labels_override_and_keep_the_rest() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": {
        "kustomize.toolkit.fluxcd.io/name": "somebody", "app": "x", "version": 5, "on": true, "empty": null
    }}});
    assert_eq!(
        normalized_with(object, &request())["metadata"]["labels"],
        json!({
            "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            "app": "x", "version": "5", "on": "true", "empty": ""
        })
    );
}

#[test]
fn common_metadata_is_set_last_and_not_on_templates() {
    let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
        "spec": {"template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": []}}}});
    let common = CommonMetadata {
        labels: BTreeMap::from([
            ("team".into(), "t".into()),
            ("kustomize.toolkit.fluxcd.io/name".into(), "mine".into()),
        ]),
        annotations: BTreeMap::from([("note".into(), "n".into())]),
    };
    let value = normalized_with(object, &Request { common_metadata: Some(common), ..request() });
    assert_eq!(value["metadata"]["labels"]["team"], "t");
    assert_eq!(value["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], "mine");
    assert_eq!(value["metadata"]["annotations"], json!({"note": "n"}));
    assert_eq!(value["spec"]["template"]["metadata"], json!({"labels": {"app": "a"}}));
}

#[test]
fn string_data_is_merged_into_data() {
    check_normalized(
        secret(
            json!({"type": "x", "data": {"a": "YWFh\nYWFh", "b": "Yg=="}, "stringData": {"b": "new", "c": null}}),
        ),
        secret(json!({"type": "x", "data": {"a": "YWFhYWFh", "b": "bmV3", "c": ""}})),
    );
    check_normalized(secret(json!({"stringData": {}, "data": null})), secret(json!({})));
}

#[test]
fn a_secret_that_does_not_fit_stays_as_it_is() {
    for fields in [
        json!({"data": {"a": "not base64!"}, "stringData": {"b": "c"}, "immutable": null}),
        json!({"data": {"a": 5}, "stringData": {"b": "c"}}),
        json!({"stringData": {"b": 5}}),
        json!({"data": {"a": "YQ"}}),
    ] {
        check_normalized(secret(fields.clone()), secret(fields));
    }
}

#[test]
fn binary_data_loses_line_breaks() {
    let object = |data: &str| {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"},
            "binaryData": {"a": data}, "data": {"k": if data.contains('\n') { Value::Null } else { "".into() }}})
    };
    check_normalized(object("YWFh\nYWFh"), object("YWFhYWFh"));
}

#[test]
fn ports_get_their_protocol() {
    let ports = |protocol: bool| {
        let mut ports = json!([{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}]);
        if protocol {
            ports[0]["protocol"] = "TCP".into();
        }
        json!({"containers": [{"name": "a", "ports": ports}, {"name": "b"}],
            "initContainers": [{"name": "i", "ports": [{"containerPort": 1}]}]})
    };
    let object = |api: &str, kind: &str, spec: Value| json!({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, "spec": spec});
    check_normalized(object("v1", "Pod", ports(false)), object("v1", "Pod", ports(true)));
    for (api, kind) in [
        ("apps/v1", "Deployment"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("apps/v1", "ReplicaSet"),
        ("batch/v1", "Job"),
    ] {
        let template = |protocol| json!({"template": {"spec": ports(protocol)}});
        check_normalized(object(api, kind, template(false)), object(api, kind, template(true)));
    }
    let cron = |protocol| json!({"jobTemplate": {"spec": {"template": {"spec": ports(protocol)}}}});
    check_normalized(object("batch/v1", "CronJob", cron(false)), object("batch/v1", "CronJob", cron(true)));
    check_normalized(
        object("v1", "Service", json!({"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]})),
        object(
            "v1",
            "Service",
            json!({"ports": [{"port": 80, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]}),
        ),
    );
    let custom = object("example.com/v1", "Pod", ports(false));
    check_normalized(custom.clone(), custom);
}

#[test]
fn odd_shapes_do_not_matter() {
    for spec in [
        json!(null),
        json!([]),
        json!("x"),
        json!({"template": []}),
        json!({"template": {"spec": {"containers": {"a": 1}}}}),
        json!({"template": {"spec": {"containers": [1, {"ports": {"a": 1}}, {"ports": ["x"]}]}}}),
    ] {
        let object = |spec: &Value| {
            let mut object =
                json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}});
            if !spec.is_null() {
                object["spec"] = spec.clone();
            }
            object
        };
        let mut given = object(&spec);
        given["spec"] = spec.clone();
        check_normalized(given, object(&spec));
    }
}

#[test]
fn status_and_creation_timestamp_go() {
    let object = |api: &str, kind: &str, rest: Value| {
        let mut object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}});
        object.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        object
    };
    let status = || json!({"metadata": {"name": "a", "creationTimestamp": "2024-01-01T00:00:00Z"}, "status": {"x": null}});
    check_normalized(object("apps/v1", "Deployment", status()), object("apps/v1", "Deployment", json!({})));
    check_normalized(
        object("example.com/v1", "Custom", status()),
        object("example.com/v1", "Custom", json!({})),
    );
    check_normalized(
        object("apiextensions.k8s.io/v1", "CustomResourceDefinition", status()),
        object("apiextensions.k8s.io/v1", "CustomResourceDefinition", json!({"status": {"x": null}})),
    );
    let role = object("rbac.authorization.k8s.io/v1", "ClusterRole", status());
    check_normalized(role.clone(), role);
}

#[test]
fn nulls_go_from_built_in_kinds_only() {
    let object = |api: &str, spec: Value| json!({"apiVersion": api, "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec});
    let given =
        json!({"replicas": null, "list": [{"a": null, "b": 1}], "selector": {"matchLabels": {"x": null}}});
    let expected = json!({"list": [{"b": 1}], "selector": {"matchLabels": {"x": ""}}});
    check_normalized(object("apps/v1", given.clone()), object("apps/v1", expected));
    check_normalized(object("example.com/v1", given.clone()), object("example.com/v1", given));
    let class = |parameters: Value, binding: Value| {
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "a"},
            "parameters": parameters, "volumeBindingMode": binding})
    };
    let mut expected = class(json!({"p": ""}), Value::Null);
    expected.as_object_mut().unwrap().remove("volumeBindingMode");
    check_normalized(class(json!({"p": null}), Value::Null), expected);
}

#[test]
fn an_invalid_ca_bundle_of_a_definition_goes() {
    let definition = |bundle: Option<&str>| {
        let mut config = json!({"service": {"name": "s"}});
        if let Some(bundle) = bundle {
            config["caBundle"] = bundle.into();
        }
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "a"},
            "spec": {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": config}}}})
    };
    use base64::Engine as _;
    let base64 = |bytes: &[u8]| base64::prelude::BASE64_STANDARD.encode(bytes);
    for invalid in
        ["Cg==", "not base64!", &base64(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    {
        check_normalized(definition(Some(invalid)), definition(None));
    }
    let body = base64(&[&[0x30, 0x82, 0x01, 0x00][..], &[7; 60]].concat());
    let valid =
        base64(format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n").as_bytes());
    for valid in ["", &valid] {
        check_normalized(definition(Some(valid)), definition(Some(valid)));
    }
}

#[test]
fn an_encrypted_secret_is_refused_unless_it_opts_out() {
    let encrypted = |annotation: &str| {
        let mut secret =
            secret(json!({"stringData": {"a": "ENC[AES256_GCM,data:x]"}, "sops": {"mac": "ENC[x]"}}));
        secret["metadata"] = json!({"name": "s", "namespace": "n",
            "annotations": {"kustomize.toolkit.fluxcd.io/decrypt": annotation}});
        secret
    };
    let error =
        normalize(vec![encrypted("enabled")], &request(), "sha256:0", &Budget::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Secret/n/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled"
    );
    assert_eq!((error.stage(), error.digest()), (Stage::Apply, Some("sha256:0")));
    normalize(vec![encrypted("Disabled")], &request(), "", &Budget::default()).unwrap();
}

#[test]
fn lists_are_expanded_and_kustomize_objects_dropped() {
    let object = |api: &str, kind: &str, name: Value| json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}});
    let a = object("v1", "ConfigMap", "a".into());
    let built = vec![
        json!({"apiVersion": "v1", "kind": "ThingList", "metadata": {"name": "l"}, "items": [a]}),
        object("kustomize.config.k8s.io/v1beta1", "Kustomization", "k".into()),
        object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "k".into()),
        object("v1", "ConfigMap", 5.into()),
    ];
    check(&built).unwrap();
    let names: Vec<_> =
        decode(built).unwrap().into_iter().map(|value| value["metadata"]["name"].clone()).collect();
    assert_eq!(names, ["a", "k"]);
    let scalars = vec![json!({"apiVersion": "v1", "kind": "X", "metadata": {"name": "l"}, "items": ["a"]})];
    assert!(matches!(decode(scalars), Err(RenderError::ListItem)));
}

#[test]
fn an_incomplete_object_is_named_without_its_content() {
    let secret = json!({"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"password": "hunter2"}});
    assert_eq!(
        check(&[secret]).unwrap_err().to_string(),
        "failed to decode Kubernetes apiVersion, kind and name from: Secret s"
    );
}
