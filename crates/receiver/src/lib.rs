//! Webhooks: which path a `Receiver` has, who may call it, and which objects are meant. Flux's notification-controller
//! decides the same, so that both can look at one object and say the same of it.
//!
//! ```text
//! spec + Secret ──▶ resolve ──▶ Hook ─┐
//! headers + body ─────────────────────┴▶ check ──▶ Event ──▶ Filter (per object, within one budget)
//! ```
//!
//! ```
//! use receiver::webhook_path;
//! let path = webhook_path(b"token", "name", "namespace");
//! assert_eq!(path.len(), "/hook/".len() + 64);
//! ```
//!
//! Invariants: what a request costs before it is authenticated is bounded for each type, to one code over its body and one
//! reading of it at most; no comparison of a secret ends early; a body is kept as JSON only of those who were let in, and
//! then within bounds; no token, tag or header is in an error, except the name of an event. There is no network, no
//! clock and no Kubernetes here: keys of Google and the time are given.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod check;
mod event;
mod filter;
mod hook;
mod json;
mod kind;
mod mac;
mod payload;
mod resource;
mod token;

pub mod google;

pub use check::{Rejected, Request, SignatureFault, check};
pub use event::Event;
pub use filter::{Filter, FilterError, budget};
pub use hook::{Hook, Invalid, Material, Valid, resolve, validate};
pub use json::JsonError;
pub use kind::Kind;
pub use mac::{PREFIX, webhook_path};
pub use payload::PayloadFault;
pub use resource::{Known, Named, Refused, Resource};
