//! Objects of one kind as they were last seen, and Jobs that have finished and gone. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use convergence::{Owner, Seen};
use reconcile_core::ObjectKey;

/// Finished Jobs of a kind that are remembered after their removal; what was assessed since then is in the memory of its
/// Kustomization.
pub(super) const FINISHED: usize = 4096;

/// An object, and the edition of the rules that it was cut down by.
pub(super) struct Judged {
    pub(super) seen: Arc<Seen>,
    pub(super) edition: u32,
}

/// What is known of one kind.
#[derive(Default)]
pub(super) struct OfKind {
    pub(super) state: State,
    pub(super) objects: HashMap<ObjectKey, Judged>,
    /// Jobs that had finished when they were removed, and whose they were: both may happen between two assessments.
    pub(super) finished: HashMap<ObjectKey, Option<Owner>>,
}

impl OfKind {
    /// Takes an object in; false when it is what is known. A watch does not go back, so what it shows is never older.
    /// Versions that are no numbers are all 0 and tell nothing.
    pub(super) fn see(&mut self, key: &ObjectKey, judged: Judged) -> bool {
        let seen = &judged.seen;
        let same = |known: &Judged| {
            known.seen.version == seen.version
                && known.seen.uid == seen.uid
                && known.edition == judged.edition
        };
        if seen.version > 0 && self.objects.get(key).is_some_and(same) {
            return false;
        }
        self.finished.remove(key);
        self.objects.insert(key.clone(), judged);
        true
    }

    /// Forgets an object, unless another of that name took its place; true when it was there.
    pub(super) fn lose(&mut self, key: &ObjectKey, uid: &str) -> bool {
        if self.objects.get(key).is_none_or(|known| known.seen.uid != uid) {
            return false;
        }
        if let Some(lost) = self.objects.remove(key).filter(|lost| lost.seen.is_finished()) {
            if self.finished.len() >= FINISHED {
                self.finished.clear();
            }
            self.finished.insert(key.clone(), lost.seen.owner.clone());
        }
        true
    }
}

/// How the watch of a kind is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Starting,
    Synced,
    Forbidden,
    Unknown,
    Failing(String),
}
