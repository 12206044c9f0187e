//! What can be said of one object of an inventory before it is judged: seen, absent, or hidden and why. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::kustomization::Kustomization;
use api::labels::{OWNER_NAME, OWNER_NAMESPACE};
use health::Rules;
use health::explain::{Explanation, explain};
use health::kstatus::{self, Status, Verdict};
use jiff::Timestamp;
use serde_json::Value;

use crate::inventory_mark::Mark;

/// The Kustomization that an object's owner labels name. Whoever may write an inventory could name any object in it; only
/// who may write the object gives it these labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// `<namespace>/<name>`; there is one for each object that is kept.
    key: Box<str>,
}

impl Owner {
    /// A Kustomization by namespace and name.
    #[must_use]
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { key: format!("{namespace}/{name}").into() }
    }

    /// As whom a Kustomization owns objects.
    #[must_use]
    pub fn by(kustomization: &Kustomization) -> Self {
        let metadata = &kustomization.metadata;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Self::new(&text(&metadata.namespace), &text(&metadata.name))
    }

    /// Whom an object's labels name; none unless both are there.
    #[must_use]
    pub fn of(labels: Option<&BTreeMap<String, String>>) -> Option<Self> {
        let labels = labels?;
        Some(Self::new(labels.get(OWNER_NAMESPACE)?, labels.get(OWNER_NAME)?))
    }
}

/// An object as a watch or a read delivered it, cut down to what is needed.
#[derive(Debug)]
pub struct Seen {
    /// resourceVersion as a number.
    pub version: u64,
    /// `metadata.uid`.
    pub uid: String,
    /// kustomize-controller's entry in its managedFields.
    pub mark: Option<Mark>,
    /// Whom its owner labels name.
    pub owner: Option<Owner>,
    /// A Job that is removed after it has finished.
    pub has_ttl: bool,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// All is well by a built-in rule, which says the same for ever; the object itself is not kept. With the word that
    /// is worth knowing.
    Well(String),
    /// All is well by a rule that was added. The object is kept, so that other rules can judge it.
    WellForNow(Box<Value>),
    /// Judged again each time, because Pods and time take part.
    Unwell(Box<Value>),
}

impl Seen {
    /// Judges once. `object` is pruned already, hence `owner` beside it.
    ///
    /// It is kept if it is not well, or if a rule that is not built in covers it: then other rules can judge it later.
    /// Of all others, which are nearly all there are, one word is kept. Today every rule is built in, so that an object
    /// that is Current costs no more than that word; a rule for its kind would have to see it once more.
    #[must_use]
    pub fn new(
        object: Value,
        version: u64,
        uid: String,
        mark: Option<Mark>,
        owner: Option<Owner>,
        rules: &Rules,
        now: Timestamp,
    ) -> Self {
        let has_ttl = rules.has_ttl(&object);
        let lasting = rules.is_built_in(&object);
        let body = match kstatus::compute(&object, rules, now) {
            Ok(verdict) if verdict.status != Status::Current => Body::Unwell(Box::new(object)),
            Ok(verdict) if lasting => Body::Well(explain(&object, &verdict, &[], rules).reason),
            Ok(_) => Body::WellForNow(Box::new(object)),
            Err(_) => Body::Unwell(Box::new(object)),
        };
        Self { version, uid, mark, owner, has_ttl, body }
    }

    /// A Job that has finished and is removed after that.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.has_ttl && self.is_well()
    }

    /// Whether it was Current when it was seen.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        matches!(self.body, Body::Well(_) | Body::WellForNow(_))
    }

    /// The object, unless nothing of it is kept.
    #[must_use]
    pub fn object(&self) -> Option<&Value> {
        match &self.body {
            Body::Unwell(object) | Body::WellForNow(object) => Some(object),
            Body::Well(_) => None,
        }
    }

    /// Verdict and explanation, as of `now` and with the Pods that the object selects.
    #[must_use]
    pub fn judge(&self, pods: &[&Value], rules: &Rules, now: Timestamp) -> (Verdict, Explanation) {
        let object = match &self.body {
            Body::Well(word) => {
                let told = Explanation { reason: word.clone(), ..Explanation::default() };
                return (well(), told);
            }
            Body::Unwell(object) | Body::WellForNow(object) => object,
        };
        let verdict = match kstatus::compute(object, rules, now) {
            Ok(verdict) => verdict,
            Err(error) => Verdict::unknown(error.to_string()),
        };
        let told = explain(object, &verdict, pods, rules);
        if !rules.of_object(object).pods.matter() {
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
    /// The inventory names more than is looked at.
    Excess,
}

/// One object of an inventory.
#[derive(Clone, Debug)]
pub enum Visibility {
    /// It exists and carries the owner labels of the Kustomization whose inventory names it.
    Seen(Arc<Seen>),
    /// It exists without them, or with another's: nothing but that may be said of it, and only where its namespace is
    /// the Kustomization's own or it has been this Kustomization's before.
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

impl Visibility {
    /// What `owner` may see of it: of what is not its own, that it exists.
    #[must_use]
    pub fn for_owner(self, owner: &Owner) -> Self {
        match self {
            Self::Seen(seen) if seen.owner.as_ref() != Some(owner) => Self::Unlabelled(seen),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests;
