//! From a Kustomization's spec to what `render` is asked, under this controller's settings. Pure.

use crate::args::Options;
use crate::ignore_rules;
use crate::target::Place;
use api::kustomization::KustomizationSpec;
use reconcile_core::ObjectKey;
pub(crate) use render::defined_scopes;
use sha2::{Digest as _, Sha256};
use sops::Verify;

/// The part of the spec that decides what is built.
pub(crate) fn request(options: &Options, key: &ObjectKey, spec: &KustomizationSpec) -> render::Request {
    let owner = render::Owner { name: key.name.clone(), namespace: key.namespace.clone() };
    let settings = render::Settings {
        strict_substitution: options.strict_substitution,
        verify: options.sops.verify == Verify::Required,
        decryption_account: &options.sops.default_account,
    };
    render::Request::of_spec(owner, spec, &settings)
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

#[cfg(test)]
mod tests;
