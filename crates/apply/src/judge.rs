//! What a dry-run's answer says about one object. Pure: the heart of "no GET per object" (decisions 4.6).
//!
//! Seen on kube-apiserver 1.37: a dry-run that would create has no resourceVersion; one that changes nothing returns
//! our entry with its old `time`; one that changes a value returns the live resourceVersion and an entry stamped with
//! the second in which it was handled. A stamp of whole seconds can equal the old one, so the stamp alone proves
//! nothing: an object is called unchanged by one of the proofs of [`Verdict::Unchanged`], or else it is in doubt and
//! applied. docs/design/0004-unchanged-needs-a-proof.md tells the story.

use crate::baseline::Baseline;
use crate::{baseline, cleanup, directive};
use serde_json::Value;

/// How far a server's clock may be set forward in the middle of a request, in seconds, where nothing else is known of
/// the live object.
const STEP: i64 = 60;

/// The API server's answer to one request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The whole object, managedFields included.
    pub object: Value,
    /// The earliest second, on the clock of the server that answered, in which the request can have been handled
    /// ([`handled::earliest`](crate::handled::earliest)); `None` when that is not known.
    pub handled_from: Option<i64>,
}

impl Answer {
    /// Whether the object exists now.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.object
            .pointer("/metadata/resourceVersion")
            .and_then(Value::as_str)
            .is_some_and(|v| !v.is_empty())
    }
}

/// What the caller knows of an object before it is asked about.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The manifest is another one than was applied last: it is applied whatever the answer looks like.
    pub changed: bool,
    /// The object as the last apply of this very manifest left it, or as it was proved to be unchanged.
    pub base: Option<Baseline>,
    /// The object as a watch reported it last.
    pub live: Option<Baseline>,
    /// The manifest is the one that was applied last: what differs from it drifted, and is told field by field.
    pub applied: bool,
    /// A watch reported a directive on the live object that says hands off.
    pub hands_off: bool,
    /// The version that is there, where this manifest was compared with it before and nothing is done about the object: that
    /// is not asked again. 0 where that is not so.
    pub audited: u64,
}

impl Known {
    /// Our entry in the live object at a resourceVersion, from the watch or from our own last write.
    fn at(&self, version: u64) -> Option<&Baseline> {
        [self.live.as_ref(), self.base.as_ref()]
            .into_iter()
            .flatten()
            .find(|known| known.resource_version == version && known.resource_version != 0)
    }
}

/// What to do with the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not exist: apply creates it.
    Create,
    /// It exists and is as desired, by one of three proofs:
    ///
    /// 1. *No clock.* At the answer's resourceVersion our entry is the one that the last apply of this manifest left,
    ///    and so is the answer's, and so is all of the answer's content. Whoever changes a field that we own takes it
    ///    out of our entry, so the live object has our values, and the dry-run gives no other ones.
    /// 2. *One clock.* At the answer's resourceVersion our entry is the answer's, and it is older than the earliest
    ///    second in which this request can have been handled. A dry-run that changes something stamps a second that is
    ///    not older.
    /// 3. *One clock, live object not known.* As 2, with a minute in between, so that not even a server's clock that
    ///    is set forward in the middle of the request can feign it.
    Unchanged,
    /// It exists and differs: apply.
    Change,
    /// It exists, and whether it differs cannot be said: apply. The server answers with the same resourceVersion when
    /// nothing did.
    Doubt,
    /// It exists, and foreign managers or kubectl's annotation must go first: read it, clean up, apply.
    CleanUp,
    /// A directive on either side says hands off.
    Skip,
}

impl Verdict {
    /// Whether an apply follows.
    #[must_use]
    pub const fn is_write(self) -> bool {
        matches!(self, Self::Create | Self::Change | Self::Doubt | Self::CleanUp)
    }
}

/// Decides from the desired object, the dry-run's answer, and what was known before it was asked.
#[must_use]
pub fn judge(
    desired: &Value,
    answer: &Answer,
    known: &Known,
    manager: &str,
    overrides: &[String],
) -> Verdict {
    if directive::is_ignored(desired) {
        return Verdict::Skip;
    }
    if !answer.exists() {
        return Verdict::Create;
    }
    if directive::is_create_only(desired) || directive::is_ignored(&answer.object) {
        return Verdict::Skip;
    }
    let merges = directive::is_merge(desired) || directive::is_merge(&answer.object);
    if !merges && cleanup::is_needed(desired, &answer.object, manager, overrides) {
        return Verdict::CleanUp;
    }
    // What Git changed is so unlikely to be in the cluster already that no proof is worth a thought.
    if known.changed {
        return Verdict::Change;
    }
    compare(desired, answer, known, manager)
}

fn compare(desired: &Value, answer: &Answer, known: &Known, manager: &str) -> Verdict {
    let answered = Baseline::of_answer(&answer.object, desired, manager);
    // Without an entry of ours in the answer nothing was applied, which cannot be.
    if answered.fingerprint.is_none() {
        return Verdict::Change;
    }
    let meta = baseline::meta_of(&answer.object);
    let stamp = baseline::entry_second(meta.managed_fields.as_deref().unwrap_or_default(), manager);
    let older_than = |limit: Option<i64>| stamp.zip(limit).is_some_and(|(stamp, limit)| stamp < limit);
    let Some(live) = known.at(answered.resource_version) else {
        let limit = answer.handled_from.and_then(|from| from.checked_sub(STEP));
        return if older_than(limit) { Verdict::Unchanged } else { Verdict::Doubt };
    };
    // A dry-run that changes nothing answers with the live entry, to the last byte.
    if live.fingerprint != answered.fingerprint {
        return Verdict::Change;
    }
    let as_left = known.base.as_ref().is_some_and(|base| {
        // An answer always has content, so a base without one never equals it.
        base.fingerprint == answered.fingerprint && base.content == answered.content
    });
    if as_left || older_than(answer.handled_from) { Verdict::Unchanged } else { Verdict::Doubt }
}

#[cfg(test)]
mod tests;
