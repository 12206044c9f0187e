//! When two objects may share a clone: the same address, asked with the same credentials by the same way, for the same
//! purpose (docs/design/0015). Pure.
//!
//! A key holds a hash of all that a server may decide by, with a number of this process mixed in. It is never written
//! anywhere, the name of a folder included: what is on a disk tells nothing of a credential.

use std::fmt;
use std::hash::{BuildHasher as _, Hash as _, Hasher, RandomState};

use reqwest::Url;
use sha2::{Digest as _, Sha256};

use crate::access::Access;
use crate::git::clients::Reach;
use crate::git::http::rules::strip_user;
use crate::git::refs::Target;

#[cfg(test)]
mod tests;

/// What makes a clone another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::git) struct Key([u8; 32]);

impl fmt::Debug for Key {
    /// Nothing of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// What a clone is for. One that has tips only cannot be completed, and what is found in one with histories depends on
/// which they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::git) enum Purpose<'a> {
    /// References at depth 1.
    Tip,
    /// The whole history of one branch, or of all.
    History(Option<&'a str>),
    /// Commits that another repository names as submodules. Where its author may not lead, nothing is found that others
    /// fetched from there.
    Module(Reach),
}

impl<'a> Purpose<'a> {
    /// What the target of an object needs.
    pub(in crate::git) fn of(target: &'a Target) -> Self {
        match target {
            Target::Commit { branch, .. } => Self::History(branch.as_deref()),
            Target::Name(_) | Target::Tag(_) | Target::Semver(_) | Target::Branch(_) => Self::Tip,
        }
    }
}

/// Makes keys, other ones in each process.
pub(in crate::git) struct Keys {
    seed: [u64; 2],
}

impl Keys {
    /// Those of this process.
    pub(in crate::git) fn new() -> Self {
        Self { seed: [random(), random()] }
    }

    /// The key of what is asked at `url`.
    pub(in crate::git) fn key(&self, url: &Url, access: &Access, purpose: Purpose<'_>) -> Key {
        self.hash(|state| {
            normal(url).hash(state);
            access.identify(state);
            purpose.hash(state);
        })
    }

    /// The key of a namespace that has such a clone for itself.
    pub(in crate::git) fn apart(&self, key: Key, namespace: &str) -> Key {
        self.hash(|state| (key, namespace).hash(state))
    }

    fn hash(&self, feed: impl FnOnce(&mut Feed)) -> Key {
        let mut state = Feed(Sha256::new());
        self.seed.hash(&mut state);
        feed(&mut state);
        Key(state.0.finalize().into())
    }
}

/// A number that nobody can guess.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// An address without what does not change where it leads. User and password are the access's.
fn normal(url: &Url) -> String {
    let mut url = url.clone();
    strip_user(&mut url);
    url.set_fragment(None);
    // Of schemes that the URL standard does not know it leaves hosts and ports as they are written.
    if url.scheme() == "ssh" {
        let host = url.host_str().map(str::to_lowercase);
        // What was a host is one in small letters, too.
        let _ = url.set_host(host.as_deref());
        if url.port() == Some(22) {
            let _ = url.set_port(None);
        }
    }
    url.into()
}

/// Takes what is hashed. Texts and lists say where they end, so that different things never look alike.
struct Feed(Sha256);

impl Hasher for Feed {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Nobody asks for so short a hash.
    fn finish(&self) -> u64 {
        0
    }
}
