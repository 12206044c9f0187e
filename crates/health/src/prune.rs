//! Keeps of an object only what is read when it is judged or explained, so that many can be held. What that is stands
//! in the rows of the rules, and follows from the expressions of rules that are data. Data of ConfigMaps and Secrets,
//! managedFields and the copy that `kubectl apply` keeps stand in none, whatever a rule reads.

mod reads;

use serde_json::Value;

pub use reads::Reads;

use crate::kstatus::group_kind;
use crate::rules::{KindRules, Rules};

/// What is kept of every object: the rules for all kinds read it, and the Pods' selectors and owners find it.
pub const EVERY: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata.creationTimestamp",
    "metadata.deletionTimestamp",
    "metadata.finalizers",
    "metadata.generation",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.suspend",
    "status.conditions",
    "status.observedGeneration",
];

/// Where `kubectl apply` keeps a copy of the manifest, values of Secrets among it.
const COPY: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The object without what no rule of its kind looks at. Judging and explaining the rest gives the same answers.
#[must_use]
pub fn pruned(object: Value, rules: &Rules) -> Value {
    let (group, kind) = group_kind(&object);
    let reads = reads(rules, group, kind);
    cut(object, &reads)
}

/// As [`pruned`], for what does not carry its kind: an item of a list, or everything but apiVersion, kind and metadata.
#[must_use]
pub fn pruned_as(object: Value, rules: &Rules, group: &str, kind: &str) -> Value {
    cut(object, &reads(rules, group, kind))
}

/// What rules read of the objects of a kind.
#[must_use]
pub fn reads(rules: &Rules, group: &str, kind: &str) -> Reads {
    let mut reads = written(rules.of(group, kind), &[]);
    rules.reads(group, kind).for_each(|path| reads.keep_fields(path));
    reads
}

/// The object without what none of those looks at whose [`Reads`] these are.
#[must_use]
pub fn cut(object: Value, reads: &Reads) -> Value {
    let mut kept = reads.cut(object);
    // What reads all metadata, or all annotations, means neither of these.
    if let Some(Value::Object(metadata)) = kept.get_mut("metadata") {
        metadata.remove("managedFields");
        if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
            annotations.remove(COPY);
        }
    }
    kept
}

/// What the row of its kind reads of an object, and what these paths name.
pub(crate) fn kept(object: Value, row: &KindRules, more: &[&'static [&'static str]]) -> Value {
    cut(object, &written(row, more))
}

fn written(row: &KindRules, more: &[&'static [&'static str]]) -> Reads {
    let more = more.iter().flat_map(|paths| paths.iter());
    let mut reads = Reads::default();
    EVERY.iter().chain(row.keeps).chain(more).for_each(|path| reads.keep(path));
    reads
}
