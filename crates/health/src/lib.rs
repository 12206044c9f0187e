//! Judges and explains Kubernetes objects: values in, verdicts out. No client, no clock, no I/O.
//!
//! ```
//! use health::kstatus::{Status, compute};
//!
//! let job = serde_json::json!({
//!     "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate"},
//!     "status": {"startTime": "2026-11-25T09:00:00Z"},
//! });
//! let verdict = compute(&job, "2026-11-25T09:00:05Z".parse().unwrap()).unwrap();
//! assert_eq!(verdict.status, Status::InProgress);
//! assert_eq!(verdict.message, "Job in progress");
//! ```
//!
//! [`kstatus`] is Flux's judgement, to the letter: Ready depends on it. [`explain`] says why, in a sentence;
//! it changes no verdict. [`prune`] keeps of an object what these two read, [`wording`] what may be published.

mod error;
pub mod explain;
pub mod kstatus;
pub mod prune;
pub mod wording;

pub use error::Error;

#[cfg(test)]
mod tests;
