//! How a request ends, what is answered then and what is logged. Pure, but for the log.

use std::sync::Arc;

use http::StatusCode;
use receiver::{JsonError, Rejected};
use reconcile_core::ObjectKey;

use super::super::ask::Asked;
use super::super::keys::Unavailable;
use super::super::table::{Found, Open};
use super::body::BodyFault;

#[cfg(test)]
mod tests;

/// How a request ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// Nobody has its path.
    Nobodys,
    /// Whose path it is must not be called.
    Closed(ObjectKey),
    /// Not all paths are known yet.
    Unsettled,
    /// Nobody can say whether the sender is who it says.
    NoKeys(Unavailable),
    /// Its body was not read.
    Body(BodyFault),
    /// It was not let in.
    Rejected(Rejected),
    /// Too many others are being served.
    Busy,
    /// It was let in, but filters cannot see it.
    Unreadable(JsonError),
    /// Objects were asked for, as far as that went.
    Asked {
        /// The sender's word for it.
        event: Option<String>,
        /// How that went.
        asked: Asked,
    },
    /// Something failed that cannot; the hook of panics tells it.
    Panicked,
}

impl End {
    /// What a path leads to, or the end of a request before anything of its body was read.
    pub(super) fn or_open(found: Found) -> Result<Arc<Open>, Self> {
        match found {
            Found::Open(open) => Ok(open),
            Found::Closed(key) => Err(Self::Closed(key)),
            Found::Unsettled => Err(Self::Unsettled),
            Found::Nobodys => Err(Self::Nobodys),
        }
    }

    /// The answer.
    pub(super) const fn status(&self) -> StatusCode {
        match self {
            Self::Nobodys => StatusCode::NOT_FOUND,
            Self::Body(BodyFault::Large) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyFault::Slow) => StatusCode::REQUEST_TIMEOUT,
            Self::Body(BodyFault::Broken) | Self::Rejected(_) => StatusCode::BAD_REQUEST,
            Self::Closed(_)
            | Self::Unsettled
            | Self::NoKeys(_)
            | Self::Body(BodyFault::NoMemory)
            | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Asked { asked, .. } if asked.is_complete() => StatusCode::OK,
            Self::Asked { .. } | Self::Unreadable(_) | Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Logs it. Nothing is said of what anybody can send who knows no path.
    pub(super) fn tell(&self) {
        match self {
            Self::Nobodys | Self::Unsettled | Self::Panicked => {}
            Self::Closed(_) => tracing::info!("a webhook was sent to a suspended or stalled Receiver"),
            Self::NoKeys(error) => tracing::error!(error = %error, "cannot authenticate GCR request"),
            Self::Body(fault) => tracing::info!(fault = ?fault, "the body of a webhook was not read"),
            Self::Rejected(error) => tracing::info!(error = %error, "unable to validate payload"),
            Self::Busy => tracing::error!("too many webhooks are being served"),
            Self::Unreadable(error) => tracing::error!(error = %error, "unable to filter resources"),
            Self::Asked { event, asked } => {
                let event = event.as_deref().unwrap_or_default();
                tracing::info!(
                    event,
                    objects = asked.objects,
                    failures = asked.failures,
                    "handled a webhook"
                );
            }
        }
    }
}
