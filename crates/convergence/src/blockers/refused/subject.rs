//! One refused object: how it is named, and how a blocker is made of it.

use api::blocker::BlockerCode;
use api::refusal::Refusal;
use health::wording;

use crate::blockers::about::{About, argument, kubectl};
use crate::blockers::draft::Draft;

/// One refusal, while it becomes a blocker.
pub(super) struct Refused<'a> {
    pub(super) about: &'a About<'a>,
    pub(super) refusal: &'a Refusal,
}

impl Refused<'_> {
    /// A blocker in one's own words, with the API server's as evidence.
    pub(super) fn told(&self, code: BlockerCode, sentence: impl AsRef<str>, hint: impl AsRef<str>) -> Draft {
        let seen = format!("{}: {}", self.refusal.failure, self.refusal.message);
        Draft::new(code, wording::word(&self.refusal.id.to_string()), wording::quoted(sentence.as_ref()))
            .evidence(wording::quoted(&seen))
            .hint(hint)
    }

    /// A blocker in the API server's words.
    pub(super) fn quoted(&self, code: BlockerCode, hint: impl AsRef<str>) -> Draft {
        Draft::new(code, wording::word(&self.refusal.id.to_string()), wording::quoted(&self.refusal.message))
            .evidence(wording::quoted(&self.refusal.failure.to_string()))
            .hint(hint)
    }

    pub(super) fn namespace(&self) -> &str {
        &self.refusal.id.namespace
    }

    pub(super) fn kind(&self) -> &str {
        &self.refusal.id.kind
    }

    /// `Deployment apps/web`, as sentences name it.
    pub(super) fn named(&self) -> String {
        let id = &self.refusal.id;
        if id.namespace.is_empty() {
            format!("{} {}", id.kind, id.name)
        } else {
            format!("{} {}/{}", id.kind, id.namespace, id.name)
        }
    }

    /// `kubectl -n apps get deployment web`, with another verb.
    pub(super) fn kubectl(&self, verb: &str) -> String {
        let id = &self.refusal.id;
        let kind = argument(&id.kind.to_ascii_lowercase());
        format!("{} {verb} {kind} {}", kubectl(&id.namespace), argument(&id.name))
    }
}
