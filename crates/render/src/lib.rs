//! From the tree of an artifact and a Kustomization's spec to the objects that are applied.
//!
//! ```text
//! MemTree + Request ──▶ generate ──▶ decrypt files ──▶ build ──▶ decrypt objects ──▶ substitute ──▶ digest ──▶ decode ──▶ normalize ──▶ Rendered { objects, digest, accessed }
//! ```
//!
//! What has to be fetched before, the values of variables and keys, comes in as fields of the request. A data key that only
//! a key service can open ends a render with [`RenderError::KeysWanted`]; with the answers in its request it goes through.
//!
//! ```
//! use artifact::MemTree;
//! use manifest::budget::Budget;
//! use render::{Owner, Request, render};
//!
//! let file = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: web}\n";
//! let tree = MemTree::from_files([("app/settings.yaml", file.as_bytes())]).unwrap();
//! let owner = Owner { name: "web".into(), namespace: "flux-system".into() };
//! let request = Request { owner, path: "./app".into(), root: "/tmp/kustomization-1".into(), ..Request::default() };
//! let rendered = render(&tree, &request, &Budget::default()).unwrap();
//! assert_eq!(rendered.objects[0].name(), "settings");
//! assert_eq!(rendered.accessed.digest_in(&tree), rendered.accessed.digest_in(&tree));
//! ```
//!
//! Invariants: pure given the tree (no disk, clock, network or environment); all work is charged to the caller's budget before
//! it is done, and contents of files are never copied; equal `Request::digest` and `Accessed::digest_in` mean equal objects where
//! the variables have equal values; no error text holds the content of an object.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod accessed;
mod decode;
mod decrypt;
mod error;
mod generate;
mod normalize;
mod of_spec;
mod pipeline;
mod request;
mod substitute;
mod tree;
mod work;

#[cfg(test)]
mod tests;

pub use accessed::Accessed;
pub use decrypt::KeyRing;
pub use error::{RenderError, SourceError, Stage};
pub use of_spec::{Settings, defined_scopes};
pub use pipeline::{Rendered, Sealed, render, render_sealed};
pub use request::{CommonMetadata, Decryption, Image, Owner, Patch, PostBuild, Request, Target};
pub use substitute::{Cause, Missing, Origin, Problem, SubstituteError, Variables};
