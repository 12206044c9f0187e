//! From a Kustomization's spec to a [`Request`]: the part of the spec that decides what is built. Whoever renders a
//! Kustomization asks the same, so that a person's question has the controller's answer.

use std::collections::BTreeMap;

use api::kustomization::{self as spec, KustomizationSpec};
use manifest::Manifest;
use serde_json::Value;

use crate::decrypt::KeyRing;
use crate::request::{CommonMetadata, Decryption, Image, Owner, Patch, PostBuild, Request, Target};
use crate::substitute::Variables;

/// What messages show as the root of the artifact: nothing is unpacked on a disk.
const SHOWN_ROOT: &str = "/tmp/kustomization";

/// What of a controller's settings decides how a spec is rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings<'a> {
    /// Whether a variable that is not set is an error (gate `StrictPostBuildSubstitutions`).
    pub strict_substitution: bool,
    /// Whether a file that was changed after its encryption is an error (`--sops-verify-mac`).
    pub verify: bool,
    /// Whose identity asks key services where a spec names nobody's; empty for none.
    pub decryption_account: &'a str,
}

impl Default for Settings<'_> {
    /// As the controller has them without flags.
    fn default() -> Self {
        Self { strict_substitution: true, verify: true, decryption_account: "" }
    }
}

impl Request {
    /// What is asked for a spec. Keys and values of variables are fetched elsewhere.
    pub fn of_spec(owner: Owner, spec: &KustomizationSpec, settings: &Settings<'_>) -> Self {
        Self {
            owner,
            path: spec.path.clone().unwrap_or_default(),
            root: SHOWN_ROOT.to_owned(),
            target_namespace: spec.target_namespace.clone(),
            name_prefix: spec.name_prefix.clone(),
            name_suffix: spec.name_suffix.clone(),
            patches: spec.patches.iter().map(patch).collect(),
            images: spec.images.iter().map(image).collect(),
            common_metadata: spec.common_metadata.as_ref().map(|metadata| CommonMetadata {
                labels: metadata.labels.clone(),
                annotations: metadata.annotations.clone(),
            }),
            components: spec.components.clone(),
            ignore_missing_components: spec.ignore_missing_components,
            build_metadata: spec.build_metadata.clone(),
            post_build: spec.post_build.as_ref().map(|spec| post_build(settings, spec)),
            decryption: spec.decryption.as_ref().map(|spec| decryption(settings, spec)),
            keys: KeyRing::default(),
            variables: Variables::default(),
        }
    }
}

fn post_build(settings: &Settings<'_>, spec: &spec::PostBuild) -> PostBuild {
    let from = |from: &spec::SubstituteReference| (from.kind.clone(), from.name.clone(), from.optional);
    PostBuild {
        strict: settings.strict_substitution,
        always: spec.substitute_strategy.as_deref() == Some("Always"),
        substitute: spec.substitute.clone(),
        substitute_from: spec.substitute_from.iter().map(from).collect(),
    }
}

fn decryption(settings: &Settings<'_>, spec: &spec::Decryption) -> Decryption {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let named = spec.service_account_name.as_deref().and_then(text);
    Decryption {
        provider: spec.provider.clone(),
        secret: spec.secret_ref.as_ref().map(|reference| reference.name.clone()),
        service_account: named.or_else(|| text(settings.decryption_account)),
        verify: settings.verify,
    }
}

fn patch(patch: &spec::Patch) -> Patch {
    Patch { patch: patch.patch.clone(), target: patch.target.as_ref().map(target) }
}

fn target(selector: &spec::Selector) -> Target {
    Target {
        group: selector.group.clone().unwrap_or_default(),
        version: selector.version.clone().unwrap_or_default(),
        kind: selector.kind.clone().unwrap_or_default(),
        name: selector.name.clone().unwrap_or_default(),
        namespace: selector.namespace.clone().unwrap_or_default(),
        annotation_selector: selector.annotation_selector.clone().unwrap_or_default(),
        label_selector: selector.label_selector.clone().unwrap_or_default(),
    }
}

fn image(image: &spec::Image) -> Image {
    Image {
        name: image.name.clone(),
        new_name: image.new_name.clone().unwrap_or_default(),
        new_tag: image.new_tag.clone().unwrap_or_default(),
        digest: image.digest.clone().unwrap_or_default(),
    }
}

/// Kinds that CustomResourceDefinitions among the objects define, by group and kind, and whether they are namespaced.
pub fn defined_scopes(objects: &[Manifest]) -> BTreeMap<(String, String), bool> {
    let mut scopes = BTreeMap::new();
    for object in objects.iter().filter(|object| object.kind() == "CustomResourceDefinition") {
        let text = |path: &[&str]| object.get(path).and_then(Value::as_str);
        if let (Some(group), Some(kind), Some(scope)) =
            (text(&["spec", "group"]), text(&["spec", "names", "kind"]), text(&["spec", "scope"]))
        {
            scopes.insert((group.to_owned(), kind.to_owned()), scope == "Namespaced");
        }
    }
    scopes
}

#[cfg(test)]
mod tests;
