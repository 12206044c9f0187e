//! What a dry-run's answer says about one object. Pure: the heart of "no GET per object" (decisions 4.6).
//!
//! Seen on kube-apiserver 1.37: a dry-run that would create has no resourceVersion; one that changes nothing returns
//! our entry's old `time`; one that changes a value returns a new `time` but the live resourceVersion. Within the
//! second of our own last apply the two look alike, so then the answer is "in doubt, apply".

use crate::{baseline, cleanup, directive};
use serde_json::Value;

/// The API server's answer to one dry-run.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The whole object, managedFields included.
    pub object: Value,
    /// The server's clock (Date header), whole seconds since the epoch.
    pub server_second: Option<i64>,
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

/// What to do with the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not exist: apply creates it.
    Create,
    /// It exists and is as desired.
    Unchanged,
    /// It exists and differs, or might: apply.
    Change,
    /// It exists, and foreign managers or kubectl's annotation must go first: read it, clean up, apply.
    CleanUp,
    /// A directive on either side says hands off.
    Skip,
}

/// Decides from the desired object and the dry-run's answer.
#[must_use]
pub fn judge(desired: &Value, answer: &Answer, manager: &str, overrides: &[String]) -> Verdict {
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
    let meta = baseline::meta_of(&answer.object);
    let entry = baseline::entry_second(meta.managed_fields.as_deref().unwrap_or_default(), manager);
    match (entry, answer.server_second) {
        (Some(entry), Some(now)) if entry < now => Verdict::Unchanged,
        _ => Verdict::Change,
    }
}
