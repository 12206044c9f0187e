//! Why a run failed, and whether trying again may help.

use api::condition::reason;

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The condition that says so, besides Ready.
    pub(crate) condition: Option<&'static str>,
    /// Its reason.
    pub(crate) reason: &'static str,
    /// Its message.
    pub(crate) message: String,
    /// Nothing will change until somebody changes something.
    pub(crate) stalling: bool,
    /// The run was cancelled: nothing is written.
    pub(crate) cancelled: bool,
}

impl Fault {
    /// A failure that is tried again.
    pub(crate) fn retry(condition: &'static str, reason: &'static str, message: String) -> Self {
        Self { condition: Some(condition), reason, message, stalling: false, cancelled: false }
    }

    /// A failure that only a change can end.
    pub(crate) fn stalling(condition: Option<&'static str>, reason: &'static str, message: String) -> Self {
        Self { condition, reason, message, stalling: true, cancelled: false }
    }

    /// The run was asked to end.
    pub(crate) fn cancelled() -> Self {
        let (reason, message) = (reason::FAILED, String::new());
        Self { condition: None, reason, message, stalling: false, cancelled: true }
    }
}
