//! The generated CRDs against Flux's own files, and what ours must have besides.

use serde_json::{Value, json};

use crate::{all_crds, labels, optional_crds};

fn crd(name: &str) -> Value {
    let mut all = all_crds().into_iter().chain(optional_crds());
    let found = all.find(|crd| crd.metadata.name.as_deref() == Some(name));
    serde_json::to_value(found.expect("a CRD of this name")).expect("JSON")
}

/// Drops the descriptions of schemas, but keeps properties of that name.
fn without_descriptions(value: Value, names: bool) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(key, value)| names || !(key == "description" && value.is_string()))
            .map(|(key, value)| {
                let names = key == "properties" && !names;
                (key, without_descriptions(value, names))
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(|item| without_descriptions(item, false)).collect(),
        other => other,
    }
}

/// Every path at which two documents differ.
fn differences(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let none = Value::Null;
                let (a, b) = (a.get(key).unwrap_or(&none), b.get(key).unwrap_or(&none));
                differences(&format!("{path}.{key}"), a, b, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{index}]"), a, b, found);
            }
        }
        _ if ours == theirs => {}
        // Limits are floating-point numbers in k8s-openapi.
        _ if ours.as_f64().is_some() && ours.as_f64() == theirs.as_f64() => {}
        _ => found.push(format!("{path}: ours {ours}, Flux's {theirs}")),
    }
}

fn check_equals_flux(name: &str, flux: &str) {
    let ours = without_descriptions(crd(name)["spec"].clone(), false);
    let theirs: Value = serde_json::from_str(flux).expect("JSON");
    let mut found = Vec::new();
    differences("spec", &ours, &theirs["spec"], &mut found);
    assert!(found.is_empty(), "{name} differs:\n{}", found.join("\n"));
}

#[test]
fn schemas_equal_flux() {
    check_equals_flux(
        "gitrepositories.source.toolkit.fluxcd.io",
        include_str!("../../testdata/flux-crds/gitrepositories.json"),
    );
    check_equals_flux(
        "ocirepositories.source.toolkit.fluxcd.io",
        include_str!("../../testdata/flux-crds/ocirepositories.json"),
    );
    check_equals_flux(
        "buckets.source.toolkit.fluxcd.io",
        include_str!("../../testdata/flux-crds/buckets.json"),
    );
    check_equals_flux(
        "helmrepositories.source.toolkit.fluxcd.io",
        include_str!("../../testdata/flux-crds/helmrepositories.json"),
    );
    check_equals_flux(
        "helmcharts.source.toolkit.fluxcd.io",
        include_str!("../../testdata/flux-crds/helmcharts.json"),
    );
    check_equals_flux(
        "externalartifacts.source.toolkit.fluxcd.io",
        include_str!("../../testdata/flux-crds/externalartifacts.json"),
    );
    check_equals_flux(
        "kustomizations.kustomize.toolkit.fluxcd.io",
        include_str!("../../testdata/flux-crds/kustomizations.json"),
    );
    check_equals_flux(
        "receivers.notification.toolkit.fluxcd.io",
        include_str!("../../testdata/flux-crds/receivers.json"),
    );
}

#[test]
fn metadata_is_what_the_flux_cli_reads() {
    for crd in all_crds().into_iter().chain(optional_crds()) {
        let annotations = crd.metadata.annotations.expect("annotations");
        assert_eq!(annotations.get(labels::SUBSTITUTE).map(String::as_str), Some("disabled"));
        let labels = crd.metadata.labels.expect("labels");
        for key in [labels::PART_OF, labels::COMPONENT, labels::INSTANCE, labels::VERSION] {
            assert!(labels.contains_key(key), "{key} of {:?}", crd.metadata.name);
        }
        assert_eq!(labels.get(labels::PART_OF).map(String::as_str), Some("flux"));
    }
}

#[test]
fn only_observed_kinds_have_a_status_default() {
    let default = |name: &str| {
        let path = "/spec/versions/0/schema/openAPIV3Schema/properties/status/default";
        crd(name).pointer(path).cloned()
    };
    assert_eq!(
        default("kustomizations.kustomize.toolkit.fluxcd.io"),
        Some(json!({"observedGeneration": -1}))
    );
    assert_eq!(default("externalartifacts.source.toolkit.fluxcd.io"), None);
    assert_eq!(default("convergences.flyball.dev"), None);
}

#[test]
fn every_schema_node_has_a_type_or_is_open() {
    fn walk(path: &str, schema: &Value) {
        let open = schema.get("x-kubernetes-preserve-unknown-fields").is_some();
        assert!(open || schema.get("type").is_some(), "{path} has no type: {schema}");
        assert!(schema.get("nullable").is_none(), "{path} is nullable");
        for (name, child) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            walk(&format!("{path}.{name}"), child);
        }
        for key in ["items", "additionalProperties"] {
            if let Some(child) = schema.get(key) {
                walk(&format!("{path}.{key}"), child);
            }
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            assert!(schema.get(key).is_none(), "{path} has {key}");
        }
    }
    for crd in all_crds().into_iter().chain(optional_crds()) {
        let value = serde_json::to_value(&crd).expect("JSON");
        let schema = value.pointer("/spec/versions/0/schema/openAPIV3Schema").expect("a schema");
        walk(&crd.spec.names.kind, schema);
    }
}

#[test]
fn convergence_reads_well_in_a_table() {
    let value = crd("convergences.flyball.dev");
    let columns: Vec<_> = value["spec"]["versions"][0]["additionalPrinterColumns"]
        .as_array()
        .expect("columns")
        .iter()
        .filter_map(|column| column["name"].as_str())
        .collect();
    assert_eq!(columns, ["Converged", "Sync", "Health", "Objects", "Summary", "Age", "Revision"]);
    let properties = &value["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"];
    let names: Vec<_> = properties.as_object().expect("properties").keys().collect();
    assert_eq!(names, ["apiVersion", "kind", "metadata", "status"]);
}
