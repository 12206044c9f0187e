//! What the last complete build was made of, and when everything was asked about last. Forgotten whenever a run begins
//! that has not ended well.

use crate::references::Versions;
use parking_lot::Mutex;
use render::Accessed;
use std::sync::Arc;
use std::time::Instant;

/// What the last complete build was made of (decisions 4.2).
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// Of the artifact it was made from.
    pub(crate) artifact_digest: String,
    /// Of the fields of the spec that matter to what is applied.
    pub(crate) spec_digest: [u8; 32],
    /// Of what the spec refers to by name.
    pub(crate) versions: Versions,
    /// Everything the build looked at.
    pub(crate) accessed: Arc<Accessed>,
    /// Over that.
    pub(crate) content_digest: [u8; 32],
    /// The history digest of the build.
    pub(crate) rendered_digest: String,
}

#[derive(Debug, Default)]
struct Inner {
    input: Option<Input>,
    full_pass_due: Option<Instant>,
    account: Option<Option<String>>,
    ignored: Option<Option<[u8; 32]>>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct BuildCache {
    inner: Mutex<Inner>,
}

impl BuildCache {
    /// What the last complete build was made of.
    pub(crate) fn input(&self) -> Option<Input> {
        self.inner.lock().input.clone()
    }

    /// Remembers a complete build, or forgets the last one.
    pub(crate) fn set_input(&self, input: Option<Input>) {
        self.inner.lock().input = input;
    }

    /// The account that everything was applied as last.
    pub(crate) fn set_account(&self, account: Option<String>) {
        self.inner.lock().account = Some(account);
    }

    /// Whether everything was applied as another account: then every object has to be asked about as this one.
    pub(crate) fn is_other_account(&self, account: Option<&str>) -> bool {
        self.inner.lock().account.as_ref().is_some_and(|last| last.as_deref() != account)
    }

    /// Under which rules for ignored fields everything was applied last, as a digest.
    pub(crate) fn set_ignored(&self, rules: Option<[u8; 32]>) {
        self.inner.lock().ignored = Some(rules);
    }

    /// Whether everything was applied under other rules: what is right for an object is another question then.
    pub(crate) fn ignored_others(&self, rules: Option<[u8; 32]>) -> bool {
        self.inner.lock().ignored.is_some_and(|last| last != rules)
    }

    /// When the next full pass is due; `None` before the first run.
    pub(crate) fn full_pass_due(&self) -> Option<Instant> {
        self.inner.lock().full_pass_due
    }

    /// Sets when the next full pass is due.
    pub(crate) fn set_full_pass_due(&self, due: Instant) {
        self.inner.lock().full_pass_due = Some(due);
    }
}

#[cfg(test)]
mod tests;
