//! What an object store has to be able to do to be a second home of artifacts. What is put there, and when, is `second`'s.

use std::path::Path;

use artifact::Digest;
use futures::future::BoxFuture;
use jiff::Timestamp;

use super::wanted::{Body, Unsent};

/// A key of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    /// When it was written, if that can be read.
    pub(crate) modified: Option<Timestamp>,
}

/// Keys in order, as many as a store lists at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) keys: Vec<Listed>,
    /// There are more.
    pub(crate) is_truncated: bool,
}

/// See the module. Every request is bounded in time by whoever implements it.
pub(crate) trait Remote: Send + Sync {
    /// The content of a key; `None` if there is no such key.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Body>, Unsent>>;

    /// Writes a key with the content of a file, which has so many bytes and this digest. One that is not what it should be is
    /// refused.
    fn put<'a>(
        &'a self,
        key: &'a str,
        file: &'a Path,
        size: u64,
        digest: &'a Digest,
    ) -> BoxFuture<'a, Result<(), Unsent>>;

    /// The first of the keys that begin with `prefix`, a thousand at most.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Page, Unsent>>;

    /// Removes a key; one that is not there is fine.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), Unsent>>;
}
