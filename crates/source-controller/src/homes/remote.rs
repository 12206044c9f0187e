//! What an object store has to be able to do to be a second home of artifacts. What is put there, and when, is `second`'s.

use std::path::Path;

use futures::future::BoxFuture;
use jiff::Timestamp;

use super::Body;

/// Why a store or a replica did not do what it was asked for; for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unsent(pub(crate) String);

/// A key of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    /// When it was written, if that can be read.
    pub(crate) modified: Option<Timestamp>,
}

/// See the module. Every request is bounded in time by whoever implements it.
pub(crate) trait Remote: Send + Sync {
    /// The content of a key; `None` if there is no such key.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Body>, Unsent>>;

    /// Writes a key with the content of a file, which has so many bytes.
    fn put<'a>(&'a self, key: &'a str, file: &'a Path, size: u64) -> BoxFuture<'a, Result<(), Unsent>>;

    /// The keys that begin with `prefix`, a thousand at most.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, Unsent>>;

    /// Removes a key; one that is not there is fine.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), Unsent>>;
}
