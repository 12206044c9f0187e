//! The CRDs as they are installed: the derived ones, brought to the form that Flux ships.
//! Writing them to files is `cargo xtask codegen`'s.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
    ValidationRule,
};
use kube::CustomResourceExt as _;
use serde_json::json;

use crate::{
    bucket, convergence, drift_report, external_artifact, git_repository, health_rule, helm_chart,
    helm_repository, kustomization, labels, meta, oci_repository, receiver,
};

/// Every CRD of this crate, in the order of their names.
pub fn all_crds() -> Vec<CustomResourceDefinition> {
    let mut crds = vec![
        finish(git_repository::GitRepository::crd(), "source-controller", Some(meta::NEVER_OBSERVED)),
        finish(oci(oci_repository::OCIRepository::crd()), "source-controller", Some(meta::NEVER_OBSERVED)),
        finish(bucket::Bucket::crd(), "source-controller", Some(meta::NEVER_OBSERVED)),
        finish(helm_repository::HelmRepository::crd(), "source-controller", Some(meta::NEVER_OBSERVED)),
        finish(helm_chart::HelmChart::crd(), "source-controller", Some(meta::NEVER_OBSERVED)),
        finish(external_artifact::ExternalArtifact::crd(), "source-controller", None),
        finish(kustomization::Kustomization::crd(), "kustomize-controller", Some(meta::NEVER_OBSERVED)),
        finish(convergence::Convergence::crd(), "health-controller", None),
        finish(drift_report::DriftReport::crd(), "kustomize-controller", None),
        finish(health_rule::HealthRule::crd(), "health-controller", None),
    ];
    crds.sort_by(|a, b| a.metadata.name.cmp(&b.metadata.name));
    crds
}

/// Those of kinds that a controller serves only when it is asked to, and that are installed only then: another one may
/// have brought them.
pub fn optional_crds() -> Vec<CustomResourceDefinition> {
    vec![finish(receiver::Receiver::crd(), "source-controller", Some(meta::NEVER_OBSERVED))]
}

/// What the derive cannot say: metadata, the list kind, the default of `status`, and no `nullable`.
fn finish(
    mut crd: CustomResourceDefinition,
    component: &str,
    observed_generation: Option<i64>,
) -> CustomResourceDefinition {
    crd.spec.names.list_kind = Some(format!("{}List", crd.spec.names.kind));
    crd.metadata.annotations =
        Some(BTreeMap::from([(labels::SUBSTITUTE.to_owned(), labels::DISABLED.to_owned())]));
    let mut common = BTreeMap::new();
    for (key, value) in [
        (labels::COMPONENT, component),
        (labels::INSTANCE, "flux-system"),
        (labels::PART_OF, "flux"),
        (labels::VERSION, concat!("v", env!("CARGO_PKG_VERSION"))),
    ] {
        common.insert(key.to_owned(), value.to_owned());
    }
    crd.metadata.labels = Some(common);
    for root in schemas(&mut crd) {
        tidy(root);
        root.required = None;
        root.title = None;
        add_type_meta(root);
        if let Some(status) = property(root, "status") {
            drop_defaults(status);
            status.default = observed_generation.map(|value| JSON(json!({"observedGeneration": value})));
        }
    }
    crd
}

/// Flux 2.10 requires two fields of OCIRepository by rules instead of by the schema.
fn oci(mut crd: CustomResourceDefinition) -> CustomResourceDefinition {
    let rule = |field: &str| ValidationRule {
        message: Some(format!("spec.{field} is required")),
        rule: format!("has(self.spec) && has(self.spec.{field})"),
        ..ValidationRule::default()
    };
    for root in schemas(&mut crd) {
        root.x_kubernetes_validations = Some(vec![rule("url"), rule("interval")]);
        for field in ["url", "interval"] {
            if let Some(schema) = property(root, "spec").and_then(|spec| property(spec, field)) {
                schema.default = None;
            }
        }
    }
    crd
}

fn schemas(crd: &mut CustomResourceDefinition) -> impl Iterator<Item = &mut JSONSchemaProps> {
    crd.spec.versions.iter_mut().filter_map(|version| version.schema.as_mut()?.open_api_v3_schema.as_mut())
}

/// What every Kubernetes object has; the derive leaves it out because the API server fills it in.
fn add_type_meta(root: &mut JSONSchemaProps) {
    let described = |kind: &str, description: Option<&str>| JSONSchemaProps {
        type_: Some(kind.to_owned()),
        description: description.map(str::to_owned),
        ..JSONSchemaProps::default()
    };
    let properties = root.properties.get_or_insert_default();
    properties.insert(
        "apiVersion".to_owned(),
        described("string", Some("Group and version of the object's schema.")),
    );
    properties.insert("kind".to_owned(), described("string", Some("Kind of the object.")));
    properties.insert("metadata".to_owned(), described("object", None));
}

fn property<'a>(schema: &'a mut JSONSchemaProps, name: &str) -> Option<&'a mut JSONSchemaProps> {
    schema.properties.as_mut()?.get_mut(name)
}

/// Removes what schemars says and Flux's schemas do not: nullability and lists of no required fields.
fn tidy(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    schema.required.take_if(|required| required.is_empty());
    for_each_child(schema, &mut tidy);
}

fn drop_defaults(schema: &mut JSONSchemaProps) {
    schema.default = None;
    for_each_child(schema, &mut drop_defaults);
}

fn for_each_child(schema: &mut JSONSchemaProps, visit: &mut dyn FnMut(&mut JSONSchemaProps)) {
    for child in schema.properties.iter_mut().flat_map(BTreeMap::values_mut) {
        visit(child);
    }
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(child)) => visit(child),
        Some(JSONSchemaPropsOrArray::Schemas(children)) => children.iter_mut().for_each(&mut *visit),
        None => {}
    }
    if let Some(JSONSchemaPropsOrBool::Schema(child)) = &mut schema.additional_properties {
        visit(child);
    }
}
