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
//! Invariants: no file system, no clock, no global state; input of any shape gives an error, never a panic; all work is
//! charged to a [`Budget`] before it is done, steps as well as bytes held, so that no input costs more than [`Limits`]
//! say and a build can be ended at any time; no error shows values, only names, files, places and lines.
#![warn(clippy::indexing_slicing, clippy::string_slice)]

mod accumulate;
mod build;
mod built;
mod cost;
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
mod legacy_order;
mod load;
mod merge;
mod names;
mod object_selector;
mod objects;
mod options;
mod origin;
pub mod path;
mod pattern;
mod plugins;
mod remote;
mod replacements;
mod resmap;
mod resource;
mod schema;
mod selector;
mod shape;
mod shown;
#[cfg(test)]
mod tests;
mod transformers;
mod tree;
mod vars;
mod weight;
mod work;

pub use build::{build, build_each};
pub use built::Built;
pub use error::{Error, Result};
pub use kustomization::{FILE_NAMES, read_leniently};
pub use manifest::budget::{Budget, Cancel, Exceeded};
pub use object_selector::{InvalidSelector, ObjectSelector};
pub use options::{Limits, Mode, Options};
pub use remote::{Remotes, Repository};
pub use schema::is_cluster_scoped;
pub use tree::{Entry, FileTree, Files};
pub use weight::weight;
