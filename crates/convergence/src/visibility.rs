//! What can be said of one object of an inventory before it is judged: seen, absent, or hidden and why. Pure.

use std::sync::Arc;

use health::explain::{Explanation, explain};
use health::kstatus::{self, Status, Verdict};
use jiff::Timestamp;
use serde_json::Value;

use crate::inventory_mark::Mark;

/// An object as a watch or a read delivered it, cut down to what is needed.
#[derive(Debug)]
pub struct Seen {
    /// resourceVersion as a number.
    pub version: u64,
    /// `metadata.uid`.
    pub uid: String,
    /// kustomize-controller's entry in its managedFields.
    pub mark: Option<Mark>,
    /// A Job that is removed after it has finished.
    pub has_ttl: bool,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// All is well; the object itself is not kept. With the word that is worth knowing.
    Well(String),
    /// Judged again each time, because Pods and time take part.
    Whole(Box<Value>),
}

impl Seen {
    /// Judges once; only objects that are not well are kept whole. `object` is pruned already.
    #[must_use]
    pub fn new(object: Value, version: u64, uid: String, mark: Option<Mark>, now: Timestamp) -> Self {
        let has_ttl = kstatus::has_ttl(&object);
        let body = match kstatus::compute(&object, now) {
            Ok(verdict) if verdict.status == Status::Current => {
                Body::Well(explain(&object, &verdict, &[]).reason)
            }
            _ => Body::Whole(Box::new(object)),
        };
        Self { version, uid, mark, has_ttl, body }
    }

    /// A Job that has finished and is removed after that.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.has_ttl && matches!(self.body, Body::Well(_))
    }

    /// The object, unless it is well.
    #[must_use]
    pub fn object(&self) -> Option<&Value> {
        match &self.body {
            Body::Whole(object) => Some(object),
            Body::Well(_) => None,
        }
    }

    /// Verdict and explanation, as of `now` and with the Pods that the object selects.
    #[must_use]
    pub fn judge(&self, pods: &[&Value], now: Timestamp) -> (Verdict, Explanation) {
        let object = match &self.body {
            Body::Well(word) => {
                let told = Explanation { reason: word.clone(), ..Explanation::default() };
                return (well(), told);
            }
            Body::Whole(object) => object,
        };
        let verdict = match kstatus::compute(object, now) {
            Ok(verdict) => verdict,
            Err(error) => Verdict::unknown(error.to_string()),
        };
        let told = explain(object, &verdict, pods);
        let (group, kind) = group_kind(object);
        if !kstatus::looks_at_pods(group, kind) {
            return (verdict, told);
        }
        let pods: Vec<Value> = pods.iter().map(|pod| (*pod).clone()).collect();
        (verdict.escalated_by_pods(&pods, now), told)
    }
}

/// A verdict Current without words.
fn well() -> Verdict {
    Verdict { status: Status::Current, reason: String::new(), message: String::new(), changes_in: None }
}

/// Group and kind of an object that carries them.
fn group_kind(object: &Value) -> (&str, &str) {
    let field = |name| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let group = field("apiVersion").split_once('/').map_or("", |(group, _)| group);
    (group, field("kind"))
}

/// Why an object cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Secrets are not read unless a role says so.
    Secret,
    /// It lives in another cluster.
    Remote,
    /// No right to watch the kind.
    Forbidden,
    /// The watch has not delivered yet.
    Starting,
    /// The watch fails.
    Failing(String),
    /// The inventory's entry cannot be read.
    Malformed,
}

/// One object of an inventory.
#[derive(Clone, Debug)]
pub enum Visibility {
    /// It exists and carries the owner labels.
    Seen(Arc<Seen>),
    /// It exists without them.
    Unlabelled(Arc<Seen>),
    /// It does not exist.
    Absent,
    /// It does not exist any more: a Job that had finished.
    Finished,
    /// The API server does not know its kind, so that it cannot exist.
    KindUnknown,
    /// It cannot be looked at.
    Hidden(Hidden),
}

#[cfg(test)]
mod tests;
