//! Talking to an API server: clients, identities, discovery and typed errors.
//!
//! Promises to users of this crate:
//! - every client names itself (`User-Agent`), and every call but a watch ends within [`ConnectOptions::call_timeout`],
//!   retries included;
//! - a client with retries repeats 429, 503 and 504 a bounded number of times; one without never repeats anything
//!   (leases and probes);
//! - no client writes past a [`Fence`] that it was given, but the one for leases;
//! - every request sent, repeated ones too, is reported to the [`Observe`] that was given;
//! - a cluster that objects are applied to is a [`Target`] with a name, and what is remembered of an object is
//!   remembered under that name too;
//! - a server's certificate is verified against the configuration's CA bundle, and may be the bundle's own;
//! - an error is classified by the API server's `Status`, never by its text (undeclared fields and immutability
//!   aside, for which Kubernetes offers nothing else).
//!
//! It knows no kind, no build and no metrics library.

mod client;
mod definition;
mod error;
mod fence;
mod field_path;
mod identity;
mod idle;
mod issued;
mod kubeconfig;
mod limits;
mod mapper;
mod reach;
mod target;
mod targets;
#[cfg(test)]
mod tests;
mod transport;
mod trust;
mod unanswered;

pub use client::{ConnectOptions, Connector, connect, install_crypto};
pub use definition::Definition;
pub use error::{Cause, Class, Error};
pub use fence::{Fence, Fenced};
pub use field_path::{FieldPath, Segment};
pub use identity::{Impersonator, service_account_user};
pub use issued::{Issued, IssuedToken, request_token};
pub use kubeconfig::{Allow, KubeconfigError, RemoteConfig};
pub use limits::{Call, Observe};
pub use mapper::{Mapper, Resolved};
pub use reach::Reach;
pub use target::{RemoteId, Target, TargetId};
pub use targets::Targets;
pub use trust::with_bundle;
pub use unanswered::{dialled, refusal, tls_error};
