//! Kubernetes objects as data: what an object is, how it is named, ordered, hashed, masked, read and written.
//!
//! ```
//! let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: app}\ndata: {a: 'yes'}\n";
//! let mut values = manifest::yaml::read_all(text, manifest::yaml::Dialect::V3)?;
//! let object = manifest::Manifest::new(values.remove(0))?;
//! assert_eq!(object.id().to_string(), "ConfigMap/app/settings");
//! assert_eq!(object.id().to_inventory(), "app_settings__ConfigMap");
//! assert!(manifest::yaml::write(object.value()).contains("a: \"yes\"\n"));
//! # Ok::<(), manifest::Error>(())
//! ```
//!
//! Invariants: a [`Manifest`] always has `apiVersion`, `kind` and `metadata.name`; nothing here does I/O; input of any
//! shape gives an error, never a panic; no error or `Debug` output carries the data of a Secret.
// Tests may index: what they look at is theirs.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

pub mod budget;
mod built_in;
pub mod digest;
pub mod error;
pub mod foreign;
mod go_sort;
mod id;
pub mod labels;
mod object;
pub mod order;
pub mod redact;
mod version;
pub mod yaml;

pub use built_in::is_built_in;
pub use error::Error;
pub use go_sort::go_sort;
pub use id::{Gvk, ObjectId, check_segment};
pub use object::Manifest;
pub use version::version_number;
