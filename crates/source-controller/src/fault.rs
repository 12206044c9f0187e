//! Why a run failed, and whether trying again may help.

use api::condition::{FETCH_FAILED, STORAGE_OPERATION_FAILED, reason};

use crate::access::AccessError;
use crate::verify::Refused;

#[cfg(test)]
mod tests;

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

    /// A failure of the storage.
    pub(crate) fn storage(reason: &'static str, message: String) -> Self {
        Self::retry(STORAGE_OPERATION_FAILED, reason, message)
    }

    /// The run was asked to end.
    pub(crate) fn cancelled() -> Self {
        let (reason, message) = (reason::FAILED, String::new());
        Self { condition: None, reason, message, stalling: false, cancelled: true }
    }
}

impl From<AccessError> for Fault {
    fn from(error: AccessError) -> Self {
        let reason = match &error {
            AccessError::Unsupported(_) => {
                return Self::stalling(None, reason::UNSUPPORTED_FIELD, error.to_string());
            }
            AccessError::OtherProvider { .. } => reason::INVALID_PROVIDER_CONFIGURATION,
            AccessError::Unreadable { .. } | AccessError::Unusable(_) => reason::AUTHENTICATION_FAILED,
        };
        Self::retry(FETCH_FAILED, reason, error.to_string())
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::retry(FETCH_FAILED, reason::VERIFICATION_ERROR, refused.to_string())
    }
}
