//! Objects against a cluster: what differs, what may be skipped, what is written, what is deleted and when it is good.
//!
//! Deciding is pure (`baseline`, `creation`, `difference`, `directive`, `stage`, `handled`, `judge`, `ignore`,
//! `left_alone`, `recreate`, `migrate`, `cleanup`, `outcome`, `inventory`, `wait`); the
//! actors (`endpoint`, `execute`, `delete`) carry decisions out, one request each. This crate knows inventories and owner
//! labels, but no kind of ours: the controller, and later the CLI, drive it.
//!
//! ```text
//! manifests ─▶ stage ─▶ execute::dry_run ─▶ judge ─▶ (record) ─▶ execute::apply ─▶ Change
//! stale ids ─▶ delete::prune ─▶ Change            Change + live object ─▶ wait
//! ```
//!
//! Invariants: no object is read before its dry-run (decisions 4.6); every DELETE carries preconditions on UID and
//! resourceVersion of the object whose labels were judged (decisions 3.3); nothing here holds a lock across a request.

pub mod baseline;
pub mod changeset;
pub mod cleanup;
pub mod creation;
pub mod delete;
pub mod difference;
pub mod directive;
pub mod endpoint;
mod error;
pub mod execute;
pub mod handled;
pub mod ignore;
pub mod inventory;
pub mod judge;
pub mod left_alone;
mod migrate;
mod outcome;
mod recreate;
pub mod spec;
pub mod stage;
pub mod wait;

pub use baseline::{Baseline, Fingerprint};
pub use changeset::{Action, Change};
pub use creation::{Created, Missed};
pub use error::{ObjectError, Phase, join};
pub use execute::{Applier, Ask, Drift, Refused};
pub use ignore::{IgnoreRule, IgnoreRules, ObjectSelector};
pub use judge::Known;
pub use left_alone::LeftAlone;

#[cfg(test)]
mod samples;
