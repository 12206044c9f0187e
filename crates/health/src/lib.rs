//! Judges and explains Kubernetes objects: values in, verdicts out. No client, no clock, no I/O.
//!
//! ```
//! use health::Rules;
//! use health::kstatus::{Status, compute};
//!
//! let job = serde_json::json!({
//!     "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate"},
//!     "status": {"startTime": "2026-11-25T09:00:00Z"},
//! });
//! let verdict = compute(&job, Rules::built_in(), "2026-11-25T09:00:05Z".parse().unwrap()).unwrap();
//! assert_eq!(verdict.status, Status::InProgress);
//! assert_eq!(verdict.message, "Job in progress");
//! ```
//!
//! [`kstatus`] is Flux's judgement, to the letter: Ready depends on it. [`state`] says beside it how an object is, in one
//! of seven states, by rules that may be data; [`track`] remembers what it was. [`explain`] says why, in a sentence;
//! it changes no verdict. What they know of a kind is one row of [`Rules`], and [`prune`] keeps of an object what its row
//! reads. [`wording`] keeps of other programs' texts what may be published.

pub mod beside;
mod error;
pub mod explain;
pub mod kstatus;
pub mod learned;
pub mod prune;
mod rules;
pub mod state;
pub mod track;
pub mod wording;

pub use error::Error;
pub use rules::{
    CompiledRule, DecidedBy, ExplainFn, KindRules, Pods, RuleError, RuleProblem, Rules, StatusFn, StatusRule,
    Subject, library,
};
pub use state::{Confidence, Judgement, State};

#[cfg(test)]
mod tests;
