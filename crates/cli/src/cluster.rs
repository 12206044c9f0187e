//! The way to an API server for every command that needs one: flags and files as kubectl has them, a client with
//! bounds on every call, and errors that say what to try. What is asked for is each command's own.
//!
//! ```text
//! flags ─▶ kubeconfig (files, environment) ─▶ connection (client) ─▶ the command
//! ```
//!
//! Nothing here runs for a command without a cluster: the async runtime is made by [`block_on`].

mod connection;
mod flags;
mod kubeconfig;
mod runtime;

pub(crate) use connection::{Connection, failed, without_layers};
pub(crate) use flags::{ClusterFlags, duration};
pub(crate) use runtime::block_on;
