//! Why a run failed, and whether trying again may help.

use api::condition::{FETCH_FAILED, SOURCE_VERIFIED, STORAGE_OPERATION_FAILED, reason};

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
    /// The source costs more than it may: it is tried again seldom, however often it is polled.
    pub(crate) excess: bool,
    /// Another object has to come first.
    pub(crate) waiting: bool,
    /// The run was cancelled: nothing is written.
    pub(crate) cancelled: bool,
    /// Flux's conditions do not know the reason, which its event and Stalled name.
    pub(crate) unknown: bool,
}

/// What the messages of all excesses end with: when the source is tried again.
const THROTTLED: &str = "it is tried again after its interval and at least 1m, doubling up to 1h, or at once when its spec \
                         changes or a reconcile is requested";

impl Fault {
    /// A failure that is tried again.
    pub(crate) fn retry(condition: &'static str, reason: &'static str, message: String) -> Self {
        Self { stalling: false, ..Self::stalling(Some(condition), reason, message) }
    }

    /// Nothing is asked for, because what a login or a connection takes cannot be had.
    pub(crate) fn login(what: &str, cause: &str) -> Self {
        Self::retry(FETCH_FAILED, reason::AUTHENTICATION_FAILED, format!("{what}: {cause}"))
    }

    /// Another object is missing, or has no artifact yet.
    pub(crate) fn waiting(condition: &'static str, reason: &'static str, message: String) -> Self {
        Self { waiting: true, ..Self::retry(condition, reason, message) }
    }

    /// A failure that only a change can end.
    pub(crate) fn stalling(condition: Option<&'static str>, reason: &'static str, message: String) -> Self {
        let (excess, waiting, cancelled, unknown) = (false, false, false, false);
        Self { condition, reason, message, stalling: true, excess, waiting, cancelled, unknown }
    }

    /// A failure because the source exceeds a limit, which another revision or spec may mend.
    pub(crate) fn excess(condition: &'static str, reason: &'static str, message: &str) -> Self {
        Self { excess: true, ..Self::stalling(Some(condition), reason, format!("{message}; {THROTTLED}")) }
    }

    /// A failure because the source took longer or sent more than it may, which the machine or a server may have a part in.
    pub(crate) fn throttled(condition: &'static str, reason: &'static str, message: &str) -> Self {
        Self { stalling: false, ..Self::excess(condition, reason, message) }
    }

    /// A failure of the storage.
    pub(crate) fn storage(reason: &'static str, message: String) -> Self {
        Self::retry(STORAGE_OPERATION_FAILED, reason, message)
    }

    /// What the condition says: why, as one word and for people.
    pub(crate) fn told(&self) -> (&'static str, String) {
        if self.unknown {
            (reason::UNKNOWN, format!("unknown build error: {}", self.message))
        } else {
            (self.reason, self.message.clone())
        }
    }

    /// The run was asked to end.
    pub(crate) fn cancelled() -> Self {
        Self { stalling: false, cancelled: true, ..Self::stalling(None, reason::FAILED, String::new()) }
    }
}

impl From<AccessError> for Fault {
    fn from(error: AccessError) -> Self {
        let reason = match &error {
            AccessError::Unsupported(_) => {
                return Self::stalling(None, reason::UNSUPPORTED_FIELD, error.to_string());
            }
            AccessError::NoApp { stalling: true } => {
                let reason = reason::INVALID_PROVIDER_CONFIGURATION;
                return Self::stalling(Some(FETCH_FAILED), reason, error.to_string());
            }
            AccessError::OtherProvider { .. } | AccessError::NoApp { .. } => {
                reason::INVALID_PROVIDER_CONFIGURATION
            }
            AccessError::Unreadable { .. }
            | AccessError::Locked(_)
            | AccessError::Proxy(_)
            | AccessError::Unusable(_) => reason::AUTHENTICATION_FAILED,
        };
        Self::retry(FETCH_FAILED, reason, error.to_string())
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        match refused {
            Refused::OtherContent { .. } => Self::retry(FETCH_FAILED, reason::VERIFICATION_ERROR, message),
            Refused::NoKeys(_) => Self::retry(SOURCE_VERIFIED, reason::VERIFICATION_ERROR, message),
            Refused::Signature { reason, stalling: false, .. } => {
                Self::retry(SOURCE_VERIFIED, reason, message)
            }
            Refused::Signature { reason, .. } => Self::stalling(Some(SOURCE_VERIFIED), reason, message),
        }
    }
}
