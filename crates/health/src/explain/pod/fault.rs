//! What is wrong with one Pod, as a value. What makes one stands in the files beside this.

use std::time::Duration;

/// A fault of a Pod, most severe first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// It cannot go on without help.
    Stuck,
    /// It may go on by itself.
    Waiting,
}

/// What is wrong with one Pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) severity: Severity,
    /// One word, the same for all names that the kubelet gives the fault.
    pub(crate) reason: &'static str,
    /// Continues "pods …" and "it …", in words that fit one and many.
    pub(crate) clause: String,
    /// What it was seen by.
    pub(crate) evidence: Option<String>,
    /// What a person can do.
    pub(crate) hint: Option<String>,
    /// After this time it is another fault.
    pub(crate) changes_in: Option<Duration>,
    /// Nobody has to wait whether it stays.
    pub(crate) certain: bool,
}

impl Fault {
    pub(super) fn stuck(reason: &'static str, clause: impl Into<String>) -> Self {
        let clause = clause.into();
        Self {
            severity: Severity::Stuck,
            reason,
            clause,
            evidence: None,
            hint: None,
            changes_in: None,
            certain: false,
        }
    }

    pub(super) fn waiting(reason: &'static str, clause: impl Into<String>) -> Self {
        Self { severity: Severity::Waiting, ..Self::stuck(reason, clause) }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn evidence(mut self, seen: impl Into<String>) -> Self {
        self.evidence = Some(seen.into()).filter(|seen| !seen.is_empty());
        self
    }

    /// Nobody has to wait whether it stays.
    pub(super) fn certainly(mut self) -> Self {
        self.certain = true;
        self
    }

    /// Waits for so long, then is stuck.
    pub(super) fn stuck_after(mut self, lasted: Option<i64>, limit: i64) -> Self {
        match lasted {
            Some(seconds) if seconds >= limit => self.severity = Severity::Stuck,
            Some(seconds) => {
                self.severity = Severity::Waiting;
                let left = u64::try_from(limit.saturating_sub(seconds)).unwrap_or_default();
                self.changes_in = Some(Duration::from_secs(left));
            }
            None => self.severity = Severity::Waiting,
        }
        self
    }
}
