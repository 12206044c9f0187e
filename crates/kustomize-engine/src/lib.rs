//! Builds kustomizations as kustomize 5.8.1 does, natively and purely in memory.
//!
//! ```
//! use kustomize_engine::{Files, Options, build};
//!
//! let tree: Files = [
//!     ("app/kustomization.yaml", &b"resources: [service.yaml]\nnamePrefix: web-\n"[..]),
//!     ("app/service.yaml", &b"apiVersion: v1\nkind: Service\nmetadata: {name: front}\n"[..]),
//! ]
//! .into_iter()
//! .collect();
//! let built = build(&tree, "app", &Options::default())?;
//! assert_eq!(built.to_yaml(), "apiVersion: v1\nkind: Service\nmetadata:\n  name: web-front\n");
//! # Ok::<(), kustomize_engine::Error>(())
//! ```
//!
//! One kustomization, in this order: resources depth first, `configurations` and `crds`, generators, components on what is there so far,
//! then `patchesStrategicMerge`, `patches`, `namespace`, `namePrefix`, `nameSuffix`, `labels`, `commonLabels`,
//! `commonAnnotations`, `patchesJson6902`, `replicas`, `images`, `replacements`, `transformers`, `validators`. Once at the
//! end: name hashes, name references, `vars`, objects for local use dropped, order, bookkeeping stripped.
//!
//! Invariants: no file system, no clock, no global state; input of any shape gives an error, never a panic; time is linear
//! in objects and patches; everything looked at is recorded in [`Accessed`].
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod accumulate;
mod build;
mod crds;
mod decode;
mod edit;
mod embedded;
mod error;
mod fields;
mod fieldspec;
mod generators;
mod id;
mod json6902;
mod json_text;
mod kustomization;
mod load;
mod merge;
mod names;
mod objects;
mod origin;
mod pattern;
mod plugins;
mod remote;
mod replacements;
mod resmap;
mod resource;
mod schema;
mod selector;
#[cfg(test)]
mod tests;
mod transformers;
mod tree;
mod vars;

pub use build::{build, build_each};

pub use error::{Error, Result};
pub use remote::{Remotes, Repository};
pub use schema::is_cluster_scoped;
pub use tree::{Accessed, Entry, FileTree, Files};

use serde_json::Value;

/// Whose rules hold where Flux and the command line differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Order as accumulated, files from anywhere in the tree.
    #[default]
    Flux,
    /// Legacy sort, files only in or below their kustomization.
    Cli,
}

/// Settings of one build.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whose rules hold.
    pub mode: Mode,
    /// Whether files outside the kustomization's directory may be read; `None` follows the mode.
    pub load_restrictions: Option<bool>,
    /// Whether the output is sorted in legacy order; `None` follows the mode. The top kustomization's own `sortOptions`
    /// win over it.
    pub legacy_sort: Option<bool>,
    /// Whether every object gets the managed-by label, as with `buildMetadata: [managedByLabel]`.
    pub managed_by_label: bool,
    /// How the tree's root is shown in messages, without trailing slash; empty for `/`.
    pub root: String,
    /// Budgets.
    pub limits: Limits,
}

/// Budgets of one build.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Kustomizations within each other.
    pub depth: usize,
    /// Files read.
    pub files: usize,
    /// Bytes read.
    pub bytes: usize,
    /// Objects held at a time.
    pub objects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 64, files: 100_000, bytes: 256 << 20, objects: 100_000 }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: Mode::Flux,
            load_restrictions: None,
            legacy_sort: None,
            managed_by_label: false,
            root: String::new(),
            limits: Limits::default(),
        }
    }
}

/// The outcome of a build.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// The objects, in output order.
    pub objects: Vec<Value>,
    /// What was looked at.
    pub accessed: Accessed,
}

impl Built {
    /// The text `kustomize build` would print.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        manifest::yaml::write_all(self.objects.iter())
    }
}
