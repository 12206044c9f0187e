//! Artifacts: the deterministic archive of one revision, how it is packed, stored, fetched and unpacked.
//!
//! ```text
//! tree ── pack ──▶ tar.gz + digest ── store ──▶ disk ── (HTTP) ──▶ fetch ── unpack ──▶ MemTree (shared per digest)
//! ```
//!
//! Promise: the same tree gives the same bytes and so the same digest, on any machine (contracts/source-controller.md 5.2).
//! Invariant: nothing that comes out of an archive ever becomes a path on a disk; a tree lives in memory,
//! where `..` means nothing, and every budget is checked before the bytes are kept.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

pub mod digest;
pub mod entries;
pub mod error;
pub mod fetch;
pub mod gate;
pub mod ignore;
pub mod pack;
pub mod path;
pub mod shared;
pub mod spool;
pub mod store;
pub mod tree;
pub mod unpack;

pub use digest::{Algorithm, Digest};
pub use error::{DigestError, FetchError, MemoryError, PathError, StoreError, UnpackError};
pub use shared::{ArtifactCache, Wanted};
pub use tree::MemTree;
