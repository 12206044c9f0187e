//! Tests of this crate, a file per subject. What needs an API server is in `e2e`.

mod args;
mod auth;
mod git;
mod published;
mod range;
mod refs;
mod semver;
mod status;
mod step;
