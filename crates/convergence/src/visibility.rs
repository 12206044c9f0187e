//! What can be said of one object of an inventory before it is judged: seen, absent, or hidden and why. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::kustomization::Kustomization;
use api::labels::{OWNER_NAME, OWNER_NAMESPACE};
use health::beside::{Beside, Nothing};
use health::state::Well;
use health::{Judgement, Rules};
use jiff::Timestamp;
use serde_json::{Map, Value};

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
    is_well: bool,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// All is well, and stays so until the object changes; the object itself is not kept.
    Well(Well),
    /// So it is with what is scaled to zero. A Service that finds no Pods asks whether it would make them.
    Resting(Box<(Well, Labels)>),
    /// Judged again each time: it is not well, or what is beside it, time or other rules take part.
    Kept(Box<Value>),
}

impl Seen {
    /// Judges once. `object` is pruned already, hence `owner` beside it.
    ///
    /// Of what is well by a rule that says the same for ever only a few words are kept; that is nearly all there is. A
    /// HealthRule that changes has to see its kinds once more.
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
        let judgement = rules.judge(&object, &[], &Nothing, now);
        let is_well = judgement.state.is_fine();
        let lasting = judgement.lasting().filter(|_| rules.is_built_in(&object));
        let body = match (lasting, labels_at_rest(&object)) {
            (Some(well), Some(labels)) => Body::Resting(Box::new((well, Labels::of(labels)))),
            (Some(well), None) => Body::Well(well),
            (None, _) => Body::Kept(Box::new(object)),
        };
        Self { version, uid, mark, owner, has_ttl, is_well, body }
    }

    /// A Job that has finished and is removed after that.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let rests =
            || self.object().is_some_and(|job| job.pointer("/spec/suspend") == Some(&Value::Bool(true)));
        self.has_ttl && self.is_well && !rests()
    }

    /// Whether it was well when it was seen, or rested because somebody wants it to.
    #[must_use]
    pub const fn is_well(&self) -> bool {
        self.is_well
    }

    /// The object, unless nothing of it is kept.
    #[must_use]
    pub fn object(&self) -> Option<&Value> {
        match &self.body {
            Body::Kept(object) => Some(object),
            Body::Well(_) | Body::Resting(_) => None,
        }
    }

    /// The labels of the Pods that it would make, if it is scaled to zero.
    #[must_use]
    pub fn labels_at_rest(&self) -> Option<Value> {
        match &self.body {
            Body::Kept(object) => labels_at_rest(object).cloned().map(Value::Object),
            Body::Resting(resting) => Some(resting.1.to_value()),
            Body::Well(_) => None,
        }
    }

    /// How it is as of `now`, with the Pods that it selects and what else is beside it.
    #[must_use]
    pub fn judge(&self, pods: &[&Value], beside: &dyn Beside, rules: &Rules, now: Timestamp) -> Judgement {
        match &self.body {
            Body::Well(well) => well.judgement(),
            Body::Resting(resting) => resting.0.judgement(),
            Body::Kept(object) => rules.judge(object, pods, beside, now),
        }
    }
}

/// The labels of the Pods that an object makes, where it is scaled to zero.
fn labels_at_rest(object: &Value) -> Option<&Map<String, Value>> {
    let rests = object.pointer("/spec/replicas") == Some(&Value::from(0));
    let labels = object.pointer("/spec/template/metadata/labels").filter(|_| rests)?;
    labels.as_object()
}

/// Labels, in less memory than a map takes.
#[derive(Debug)]
struct Labels(Box<[(Box<str>, Box<str>)]>);

impl Labels {
    /// What is no text is no label.
    fn of(labels: &Map<String, Value>) -> Self {
        let texts =
            labels.iter().filter_map(|(name, value)| Some((name.as_str().into(), value.as_str()?.into())));
        Self(texts.collect())
    }

    fn to_value(&self) -> Value {
        self.0.iter().map(|(name, value)| (name.to_string(), Value::from(&**value))).collect()
    }
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
