//! What a run, or a heal, is about to do, as one value: the object of a policy, of a drift report and of a person's
//! question. Pure: it is made from answers, and asks nothing.

use ::apply::Drift;
use ::apply::difference::Difference;
use ::apply::execute::Planned;
use ::apply::judge::Verdict;
use manifest::ObjectId;
use serde_json::Value;

/// Differing paths that are named per object.
const MAX_PATHS: usize = 20;

/// All that is about to happen, in the order in which it would.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ChangePlan {
    /// Objects that are declared.
    pub(crate) changes: Vec<PlannedChange>,
    /// Objects that are not declared any more and would be deleted.
    pub(crate) deletions: Vec<ObjectId>,
}

/// What is about to happen to one declared object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedChange {
    pub(crate) id: ObjectId,
    pub(crate) kind: ChangeKind,
    /// It would only be put back: the manifest is the one that was applied last.
    pub(crate) drift: Option<Drift>,
}

/// See [`PlannedChange`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ChangeKind {
    /// It does not exist, or nothing says that it does and it is not asked about.
    Create,
    /// It is deleted and created again: an immutable field changed, and force is on.
    Recreate,
    /// It differs. The paths are those in which the manifest differs from the one that was applied last, or the live object
    /// from the manifest where it drifted; none when that is not known.
    Change {
        /// JSON pointers, at most [`MAX_PATHS`].
        paths: Vec<String>,
    },
    /// Whether it differs is not known: it is applied.
    InDoubt,
    /// It is as declared.
    Unchanged,
    /// A directive says hands off.
    Skip,
    /// It cannot be asked about before something of an earlier stage is there: its kind, or its namespace.
    Unknown,
}

impl ChangePlan {
    /// Of a heal, or of anything else that concerns one object.
    pub(crate) fn of_one(change: PlannedChange) -> Self {
        Self { changes: vec![change], deletions: Vec::new() }
    }

    /// Whether anything would be written or deleted.
    pub(crate) fn is_empty(&self) -> bool {
        self.deletions.is_empty() && self.changes.iter().all(PlannedChange::is_idle)
    }
}

impl PlannedChange {
    /// Of a dry-run's answer. `before` is the manifest that was applied last, if that is known.
    pub(crate) fn of(planned: &Planned, before: Option<&Value>) -> Self {
        let kind = match planned.verdict {
            _ if planned.recreate => ChangeKind::Recreate,
            Verdict::Create => ChangeKind::Create,
            Verdict::Unchanged => ChangeKind::Unchanged,
            Verdict::Doubt => ChangeKind::InDoubt,
            Verdict::Skip => ChangeKind::Skip,
            Verdict::Change | Verdict::CleanUp => {
                let drifted = |found: &[Difference]| {
                    found.iter().take(MAX_PATHS).map(|field| field.pointer.clone()).collect()
                };
                let paths = match &planned.drift {
                    Some(Drift::In(found)) => Some(drifted(found)),
                    _ => before.map(|before| paths(before, planned.manifest.value())),
                };
                ChangeKind::Change { paths: paths.unwrap_or_default() }
            }
        };
        Self { id: planned.id(), kind, drift: planned.drift.clone() }
    }

    /// Whether nothing would be done.
    pub(crate) const fn is_idle(&self) -> bool {
        matches!(self.kind, ChangeKind::Unchanged | ChangeKind::Skip)
    }
}

/// The paths in which two manifests differ, as JSON pointers in the order of the first; lists are compared whole.
pub(crate) fn paths(before: &Value, after: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(before, after, &mut String::new(), &mut found);
    found.truncate(MAX_PATHS);
    found
}

fn collect(before: &Value, after: &Value, path: &mut String, found: &mut Vec<String>) {
    if before == after || found.len() >= MAX_PATHS {
        return;
    }
    let (Value::Object(before), Value::Object(after)) = (before, after) else {
        found.push(path.clone());
        return;
    };
    let added = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(added) {
        let length = path.len();
        path.push('/');
        path.push_str(&key.replace('~', "~0").replace('/', "~1"));
        collect(before.get(key).unwrap_or(&Value::Null), after.get(key).unwrap_or(&Value::Null), path, found);
        path.truncate(length);
    }
}

#[cfg(test)]
mod tests;
