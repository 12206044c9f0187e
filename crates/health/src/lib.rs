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
//! [`kstatus`] is Flux's judgement, to the letter: Ready depends on it.

mod error;
pub mod kstatus;

pub use error::Error;

#[cfg(test)]
mod tests;
