//! What goes into an explanation that is shown. How it is shown is told by the modules beside.

use api::drift_report::DriftReportStatus;
use api::explain::Explanation;
use jiff::Timestamp;

/// What is shown, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// What is known.
    pub(crate) explanation: &'a Explanation,
    /// The source, as `Kind/namespace/name`, and the folder in it.
    pub(crate) source: &'a str,
    /// What kustomize-controller reports of drift.
    pub(crate) drift: Option<&'a DriftReportStatus>,
    /// What could not be looked at.
    pub(crate) notes: &'a [String],
    /// The time.
    pub(crate) now: Timestamp,
    /// Where lines end.
    pub(crate) width: Option<usize>,
    /// Everything, however long.
    pub(crate) all: bool,
}
