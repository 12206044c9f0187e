//! What has to be fetched before a render can begin. A render is two pure halves with a pause between them:
//!
//! ```text
//! MemTree + Request ──▶ needs ──▶ Needs ──▶ the caller fetches ──▶ render
//! ```
//!
//! This file says what, never how: it reads no object and asks no key service. What was fetched will come in as fields of
//! [`Request`], and so be a part of its digest. Today nothing has to be fetched, as `spec.postBuild` and
//! `spec.decryption` are refused before a request is made, so a request has no such field yet.

use std::collections::BTreeSet;

use artifact::MemTree;

use crate::request::Request;

/// What a render needs beside the artifact and the spec.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// ConfigMaps by name, in the Kustomization's own namespace: variables of `spec.postBuild.substituteFrom`
    /// (contracts/kustomize-controller.md 10.1).
    pub config_maps: BTreeSet<String>,
    /// Secrets by name, in the Kustomization's own namespace: variables, and the keys of `spec.decryption.secretRef`
    /// (contracts/kustomize-controller.md 9).
    pub secrets: BTreeSet<String>,
    /// The ids of the keys that encrypted files of the artifact name, for the key services that hold them. Files are
    /// decrypted before generators read them and Secrets after the build, so both are looked through.
    pub keys: BTreeSet<String>,
}

impl Needs {
    /// Whether the render can begin at once.
    pub fn is_empty(&self) -> bool {
        let Self { config_maps, secrets, keys } = self;
        config_maps.is_empty() && secrets.is_empty() && keys.is_empty()
    }
}

/// What the render of this request from this tree needs.
pub fn needs(_tree: &MemTree, request: &Request) -> Needs {
    // By name, so that whoever adds a field that refers to something outside of the artifact is asked here.
    let Request {
        owner: _,
        path: _,
        root: _,
        target_namespace: _,
        name_prefix: _,
        name_suffix: _,
        patches: _,
        images: _,
        common_metadata: _,
        components: _,
        ignore_missing_components: _,
        build_metadata: _,
    } = request;
    Needs::default()
}
