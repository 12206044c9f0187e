//! From a Kustomization's spec to what `render` is asked. Pure.

use crate::args::Options;
use crate::ignore_rules;
use crate::target::Place;
use api::kustomization::{
    Decryption, Image, KustomizationSpec, Patch, PostBuild, Selector, SubstituteReference,
};
use manifest::Manifest;
use reconcile_core::ObjectKey;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sops::Verify;
use std::collections::BTreeMap;

/// What messages show as the root of the artifact: nothing is unpacked on a disk here.
const SHOWN_ROOT: &str = "/tmp/kustomization";

/// The part of the spec that decides what is built.
pub(crate) fn request(options: &Options, key: &ObjectKey, spec: &KustomizationSpec) -> render::Request {
    render::Request {
        owner: render::Owner { name: key.name.clone(), namespace: key.namespace.clone() },
        path: spec.path.clone().unwrap_or_default(),
        root: SHOWN_ROOT.to_owned(),
        target_namespace: spec.target_namespace.clone(),
        name_prefix: spec.name_prefix.clone(),
        name_suffix: spec.name_suffix.clone(),
        patches: spec.patches.iter().map(patch).collect(),
        images: spec.images.iter().map(image).collect(),
        common_metadata: spec.common_metadata.as_ref().map(|metadata| render::CommonMetadata {
            labels: metadata.labels.clone(),
            annotations: metadata.annotations.clone(),
        }),
        components: spec.components.clone(),
        ignore_missing_components: spec.ignore_missing_components,
        build_metadata: spec.build_metadata.clone(),
        post_build: spec.post_build.as_ref().map(|spec| post_build(options, spec)),
        decryption: spec.decryption.as_ref().map(|spec| decryption(options, spec)),
        keys: render::KeyRing::default(),
        variables: render::Variables::default(),
    }
}

/// Over everything of the spec, and the settings of this controller, that decide what is applied, where and as whom.
pub(crate) fn digest(options: &Options, key: &ObjectKey, spec: &KustomizationSpec) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(request(options, key, spec).digest());
    hasher.update([u8::from(spec.force)]);
    hasher.update(options.account(spec).unwrap_or_default());
    hasher.update(Place::of(options, &key.namespace, spec).to_string());
    // Rules that are not there add nothing.
    if let Some(ignored) = ignore_rules::digest(spec) {
        hasher.update(ignored);
    }
    hasher.finalize().into()
}

fn post_build(options: &Options, spec: &PostBuild) -> render::PostBuild {
    let from = |from: &SubstituteReference| (from.kind.clone(), from.name.clone(), from.optional);
    render::PostBuild {
        strict: options.strict_substitution,
        always: spec.substitute_strategy.as_deref() == Some("Always"),
        substitute: spec.substitute.clone(),
        substitute_from: spec.substitute_from.iter().map(from).collect(),
    }
}

fn decryption(options: &Options, spec: &Decryption) -> render::Decryption {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let named = spec.service_account_name.as_deref().and_then(text);
    render::Decryption {
        provider: spec.provider.clone(),
        secret: spec.secret_ref.as_ref().map(|reference| reference.name.clone()),
        service_account: named.or_else(|| text(&options.sops.default_account)),
        verify: options.sops.verify == Verify::Required,
    }
}

fn patch(patch: &Patch) -> render::Patch {
    render::Patch { patch: patch.patch.clone(), target: patch.target.as_ref().map(target) }
}

fn target(selector: &Selector) -> render::Target {
    render::Target {
        group: selector.group.clone().unwrap_or_default(),
        version: selector.version.clone().unwrap_or_default(),
        kind: selector.kind.clone().unwrap_or_default(),
        name: selector.name.clone().unwrap_or_default(),
        namespace: selector.namespace.clone().unwrap_or_default(),
        annotation_selector: selector.annotation_selector.clone().unwrap_or_default(),
        label_selector: selector.label_selector.clone().unwrap_or_default(),
    }
}

fn image(image: &Image) -> render::Image {
    render::Image {
        name: image.name.clone(),
        new_name: image.new_name.clone().unwrap_or_default(),
        new_tag: image.new_tag.clone().unwrap_or_default(),
        digest: image.digest.clone().unwrap_or_default(),
    }
}

/// Kinds that CustomResourceDefinitions of the set define, and whether they are namespaced.
pub(crate) fn defined_scopes(objects: &[Manifest]) -> BTreeMap<(String, String), bool> {
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
