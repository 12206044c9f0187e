//! What a comparison found: per object what the next run would do to it, and in which fields. How it is shown is `text`'s
//! and `markdown`'s.

use api::labels::APPLY_MANAGER;
use apply::difference::Difference;
use jiff::Timestamp;
use manifest::ObjectId;
use serde::Serialize;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Characters of a value that is shown on one line.
const SHORT: usize = 300;

/// All of it. Its JSON form is read by programs: fields are added, never renamed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) namespace: String,
    pub(super) name: String,
    /// What was compared with the cluster: a revision of the source, a folder, a revision of a checkout.
    pub(super) compared: String,
    pub(super) counts: Counts,
    /// In the order in which they would be applied; deletions last.
    pub(super) objects: Vec<ObjectDiff>,
    /// What there is to know beside.
    pub(super) notes: Vec<String>,
}

/// How many there are of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counts {
    pub(super) create: usize,
    pub(super) change: usize,
    pub(super) recreate: usize,
    pub(super) delete: usize,
    pub(super) unchanged: usize,
    pub(super) skipped: usize,
    pub(super) unknown: usize,
    pub(super) refused: usize,
    pub(super) unasked: usize,
}

/// What would be done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Act {
    /// It is made.
    Create,
    /// It is changed.
    Change,
    /// It is deleted and made again: a field that cannot be changed is another, and force is on.
    Recreate,
    /// It is deleted: no manifest has it any more.
    Delete,
    /// Nothing: it is as it should be.
    Unchanged,
    /// Nothing: an annotation or a label says so, or it is not ours to delete.
    Skip,
    /// That cannot be told: its values are encrypted.
    Unknown,
    /// The API server refuses it: a run would fail.
    Refused,
    /// That cannot be told: whoever asks may not ask, or got no answer.
    Unasked,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObjectDiff {
    #[serde(flatten)]
    pub(super) id: Id,
    pub(super) act: Act,
    /// In which fields, for a change.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fields: Vec<Field>,
    /// The masked manifest of an object that is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manifest: Option<Value>,
    /// More about it, a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) remarks: Vec<String>,
}

/// Which object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Id {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) group: String,
    pub(super) kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) namespace: String,
    pub(super) name: String,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    /// JSON pointer.
    pub(super) path: String,
    /// What would be there, as JSON; absent where nothing would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) desired: Option<String>,
    /// What is there, as JSON; absent where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<String>,
    /// Who set what is there, if it was somebody else than kustomize-controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manager: Option<String>,
    /// When that manager last wrote the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<Timestamp>,
    /// Both values on a line each, the live one first.
    #[serde(skip)]
    pub(super) short: (Option<String>, Option<String>),
}

impl From<&ObjectId> for Id {
    fn from(id: &ObjectId) -> Self {
        let ObjectId { namespace, name, group, kind } = id.clone();
        Self { group, kind, namespace, name }
    }
}

impl Id {
    /// `Deployment apps/web`.
    pub(super) fn shown(&self) -> String {
        match self.namespace.as_str() {
            "" => format!("{} {}", self.kind, self.name),
            namespace => format!("{} {namespace}/{}", self.kind, self.name),
        }
    }

    /// `deployment.apps/web`, as kubectl has it with `-o name`.
    pub(super) fn named(&self) -> String {
        let kind = self.kind.to_lowercase();
        match self.group.as_str() {
            "" => format!("{kind}/{}", self.name),
            group => format!("{kind}.{group}/{}", self.name),
        }
    }
}

impl From<Difference> for Field {
    fn from(difference: Difference) -> Self {
        let (short_desired, short_live) = difference.excerpts(SHORT);
        let Difference { pointer, desired, live, manager, time, .. } = difference;
        let is_ours = manager.as_deref() == Some(APPLY_MANAGER);
        Self {
            path: pointer,
            desired: desired.map(|shown| shown.to_string()),
            live: live.map(|shown| shown.to_string()),
            manager: manager.filter(|_| !is_ours),
            time: time.filter(|_| !is_ours),
            short: (short_live, short_desired),
        }
    }
}

impl ObjectDiff {
    /// Of an object with nothing to say about it.
    pub(super) fn new(id: &ObjectId, act: Act) -> Self {
        Self { id: id.into(), act, fields: Vec::new(), manifest: None, remarks: Vec::new() }
    }

    /// The same with a remark.
    pub(super) fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remarks.push(remark.into());
        self
    }
}

impl Act {
    /// Whether a run would write.
    pub(super) const fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Change | Self::Recreate | Self::Delete)
    }
}

impl Report {
    /// Of what was found.
    pub(super) fn new(
        (namespace, name): (&str, &str),
        compared: String,
        objects: Vec<ObjectDiff>,
        notes: Vec<String>,
    ) -> Self {
        let mut counts = Counts::default();
        for object in &objects {
            let count = match object.act {
                Act::Create => &mut counts.create,
                Act::Change => &mut counts.change,
                Act::Recreate => &mut counts.recreate,
                Act::Delete => &mut counts.delete,
                Act::Unchanged => &mut counts.unchanged,
                Act::Skip => &mut counts.skipped,
                Act::Unknown => &mut counts.unknown,
                Act::Refused => &mut counts.refused,
                Act::Unasked => &mut counts.unasked,
            };
            *count += 1;
        }
        Self { namespace: namespace.to_owned(), name: name.to_owned(), compared, counts, objects, notes }
    }

    /// Whether a run would write anything, or fail.
    pub(super) fn differs(&self) -> bool {
        self.objects.iter().any(|object| object.act.writes() || object.act == Act::Refused)
    }

    /// In one sentence.
    pub(super) fn summary(&self) -> String {
        let Counts { create, change, recreate, delete, unchanged, skipped, unknown, refused, unasked } =
            self.counts;
        let counted = [
            (create, "to create"),
            (change, "to change"),
            (recreate, "to recreate"),
            (delete, "to delete"),
            (refused, "refused"),
            (unasked, "not asked about"),
            (unknown, "not comparable"),
            (unchanged, "unchanged"),
            (skipped, "left alone"),
        ];
        let parts: Vec<String> = counted
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if parts.is_empty() { "no objects".to_owned() } else { parts.join(", ") }
    }
}
