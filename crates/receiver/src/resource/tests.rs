//! What is looked for, and what is refused.

use serde_json::{Value, json};

use super::*;

fn named(spec: Value, no_cross_namespace_refs: bool) -> Result<Named, Refused> {
    let spec: ReceiverResource = serde_json::from_value(spec).expect("a resource");
    Resource::of(&spec).expect("no expression").named("home", no_cross_namespace_refs)
}

fn address(spec: Value) -> String {
    let Named { known, version, namespace, name, labels } = named(spec, false).expect("objects");
    format!(
        "{}/{version} {namespace}/{} {} [{labels}]",
        known.group,
        known.plural,
        name.as_deref().unwrap_or("*")
    )
}

#[test]
fn addresses() {
    for (spec, expected) in [
        (
            json!({"kind": "GitRepository", "name": "app"}),
            "source.toolkit.fluxcd.io/v1 home/gitrepositories app []",
        ),
        (
            json!({"kind": "GitRepository", "name": "app", "apiVersion": "source.toolkit.fluxcd.io/v1beta2"}),
            "source.toolkit.fluxcd.io/v1 home/gitrepositories app []",
        ),
        (
            json!({"kind": "ImageRepository", "name": "app", "namespace": "there", "apiVersion": "image.toolkit.fluxcd.io/v1beta2"}),
            "image.toolkit.fluxcd.io/v1beta2 there/imagerepositories app []",
        ),
        (
            json!({"kind": "HelmRelease", "name": "*", "matchLabels": {"a": "b", "c": ""}}),
            "helm.toolkit.fluxcd.io/v2 home/helmreleases * [a=b,c=]",
        ),
        (
            json!({"kind": "Kustomization", "name": "*", "matchLabels": {}}),
            "kustomize.toolkit.fluxcd.io/v1 home/kustomizations * []",
        ),
        (
            json!({"kind": "Kustomization", "name": "app", "matchLabels": {"not": "heeded"}}),
            "kustomize.toolkit.fluxcd.io/v1 home/kustomizations app []",
        ),
    ] {
        assert_eq!(address(spec), expected);
    }
}

#[test]
fn refusals() {
    let other = json!({"kind": "GitRepository", "name": "app", "namespace": "there"});
    assert_eq!(named(other.clone(), true), Err(Refused::OtherNamespace));
    assert!(named(other, false).is_ok());
    assert!(named(json!({"kind": "GitRepository", "name": "app", "namespace": "home"}), true).is_ok());
    for (spec, refused) in [
        (json!({"kind": "GitRepository", "name": "*"}), Refused::NoLabels),
        (json!({"kind": "Deployment", "name": "app"}), Refused::Kind("Deployment".to_owned())),
        (
            json!({"kind": "GitRepository", "name": "app", "apiVersion": "example.com/v1"}),
            Refused::Group("GitRepository".to_owned()),
        ),
        (
            json!({"kind": "GitRepository", "name": "app", "apiVersion": "v1"}),
            Refused::Group("GitRepository".to_owned()),
        ),
        (json!({"kind": "GitRepository", "name": "../x"}), Refused::Name("name", "GitRepository")),
        (
            json!({"kind": "GitRepository", "name": "app", "namespace": "a/b"}),
            Refused::Name("namespace", "GitRepository"),
        ),
        (
            json!({"kind": "HelmRelease", "name": "app", "apiVersion": "helm.toolkit.fluxcd.io/v2/x"}),
            Refused::Name("version", "HelmRelease"),
        ),
    ] {
        assert_eq!(named(spec.clone(), false), Err(refused), "{spec}");
    }
}

#[test]
fn every_kind_of_the_schema_is_known() {
    let crd = serde_json::to_value(api::optional_crds()).expect("JSON");
    let kinds = crd.pointer(
        "/0/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/resources/items/properties/kind/enum",
    );
    let mut kinds: Vec<&str> =
        kinds.and_then(Value::as_array).expect("kinds").iter().filter_map(Value::as_str).collect();
    let mut known: Vec<&str> = KNOWN.iter().map(|known| known.kind).collect();
    kinds.sort_unstable();
    known.sort_unstable();
    assert_eq!(kinds, known);
}
