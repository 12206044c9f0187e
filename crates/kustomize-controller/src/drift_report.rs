//! What a DriftReport says, and when it has to be written (docs/operations/drift.md). Pure: who finds drift is `heal` and the
//! run, and who writes is `drift_writer`.
//!
//! ```text
//! heal, run ─▶ DriftReports ─▶ Findings (entries, fights, ignored fields) ─▶ DriftReportStatus
//!                   └──▶ due: what is to be written now, and when to look again ─▶ drift_writer
//! ```
//!
//! Invariants: nothing is due while nothing is found; of one Kustomization at most one write a second; whatever is found
//! and however often, a status has a bounded size and is the same as long as nothing changes.

mod bounds;
mod due;
mod entries;
mod fights;
mod finding;
mod findings;
mod ignored;
mod store;

pub(crate) use due::Refusal;
pub(crate) use finding::Finding;
pub(crate) use findings::Findings;
pub(crate) use store::{DriftReports, Job, Written};
