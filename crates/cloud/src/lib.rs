//! Who somebody is to a cloud: how a token of a Kubernetes ServiceAccount, or what a machine says of itself, becomes
//! credentials of AWS, Azure or Google Cloud, logins for their registries and Git repositories, and what these clouds say of
//! their Kubernetes clusters
//! (contracts/kustomize-controller.md 9 and 19, contracts/source-controller.md 12).
//!
//! ```text
//! ServiceAccount ── Account::… ──► which role, which audience
//!       │ token (Tokens)                   │
//!       └────────────► Cloud ◄─────────────┘
//!                        │ requests (Exchange), variables and files (Machine)
//!                        ▼
//!             credentials, kept until shortly before they end
//! ```
//!
//! Requests are values and answers are read by pure functions; who sends them, with proxies, timeouts and a bound on
//! answers, is behind [`Exchange`], and what surrounds the process is behind [`Machine`]. There is no Kubernetes client, no
//! clock and no file here. What is done with the credentials (key services, pulling, buckets) is not here either.
//!
//! Invariants: credentials go to addresses of the cloud alone, or to those that the process' own environment names; no
//! error and no `Debug` output holds a token or a key, nor what a server said beyond a word; what was secret is
//! overwritten when it is dropped.
// Tests may index: what they look at is theirs.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod account;
pub mod aws;
pub mod azure;
pub mod base64;
mod broker;
mod cluster;
mod credentials;
mod error;
mod exchange;
pub mod gcp;
pub mod http;
pub mod jwt;
mod kept;
mod registry;
mod sigv4;
pub mod wipe;

pub use account::Account;
pub use broker::{Cloud, LoginError, Who};
pub use cluster::{Cluster, Described, Provider};
pub use credentials::{AwsCredentials, AzureCredentials, GcpCredentials, Login};
pub use error::Error;
pub use exchange::{Exchange, Machine, Tokens};
pub use http::{Request, Response, SendError, Token};
pub use registry::Registry;
pub use sigv4::{EMPTY, Signing, presign, sign};
pub use wipe::Secret;

#[cfg(test)]
mod tests;
