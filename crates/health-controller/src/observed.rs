//! Objects that Kustomizations have applied, as the watches of their kinds last showed them.
//!
//! One watch per kind, selected by the owner label, whole objects: status is what health is judged by, and a read per
//! change would cost more. What is well by a rule that does not change is kept as a verdict only; of the rest, what the
//! rules of its kind read. What is being deleted is found by its owner, too: it may have left the inventory.

mod leaving;
mod of_kind;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use api::labels::{OWNER_NAME, OWNER_NAMESPACE};
use cluster::Class;
use convergence::inventory_mark::{self, Mark};
use convergence::{Hidden, Owner, Seen, Visibility};
use health::Rules;
use health::learned::{Learned, Profile};
use health::prune::pruned;
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};
use reconcile_core::watch_pool::{self, Body, Options, PoolEvent, WatchedKind};
use reconcile_core::{ObjectKey, store};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::rule_book::{Cut, RuleBook};
use crate::wakes::Touched;
use leaving::Leaving;
use of_kind::{Judged, OfKind, State};

/// What is known of all kinds.
#[derive(Default)]
struct Known {
    kinds: HashMap<WatchedKind, OfKind>,
    leaving: Leaving,
}

/// What an object's coming or going touches; `owners`: whose it is while it is being deleted.
fn touched(kind: WatchedKind, key: ObjectKey, owners: Vec<ObjectKey>) -> Touched {
    if owners.is_empty() { Touched::Object(kind, key) } else { Touched::Leaving(kind, key, owners) }
}

/// All kinds. Clones share.
#[derive(Clone)]
pub(crate) struct Observed {
    rules: RuleBook,
    known: Arc<Mutex<Known>>,
    /// What objects have shown of their kinds.
    learned: Arc<RwLock<Learned>>,
    /// Objects have come or gone.
    counted: Arc<Notify>,
}

impl Observed {
    /// Nothing is seen yet.
    pub(crate) fn new(rules: RuleBook) -> Self {
        Self { rules, known: Arc::default(), learned: Arc::default(), counted: Arc::default() }
    }

    /// How the pool behind this is to watch.
    pub(crate) fn options(rules: RuleBook) -> Options {
        let keep = move |kind: &WatchedKind, body: &mut Value| {
            *body = rules.pruned(kind, std::mem::take(body)).into_value();
        };
        Options {
            labels: Some(OWNER_NAME.to_owned()),
            body: Body::Full(Arc::new(keep)),
            managed_fields: true,
            ..Options::default()
        }
    }

    /// Takes in what the pool says; what that concerns, if anything.
    pub(crate) fn take(&self, event: PoolEvent, now: Timestamp) -> Option<Touched> {
        match event {
            PoolEvent::Applied(seen) => self.see(*seen, now),
            PoolEvent::Deleted { kind, gone } => {
                let mut known = self.known.lock();
                if !known.kinds.get_mut(&kind)?.lose(&gone.key, &gone.uid) {
                    return None;
                }
                let owners = known.leaving.lose(&kind, &gone.key).into_iter().collect();
                self.counted.notify_one();
                Some(touched(kind, gone.key, owners))
            }
            PoolEvent::Synced(kind) => self.enter(kind, State::Synced),
            PoolEvent::Failed { kind, error } => match error.classify() {
                Class::Forbidden | Class::Unauthorized => self.enter(kind, State::Forbidden),
                Class::NotFound => self.enter(kind, State::Unknown),
                // What was seen still stands; the watch comes back by itself.
                _ if self.known.lock().kinds.get(&kind).is_some_and(|known| known.state == State::Synced) => {
                    None
                }
                _ => self.enter(kind, State::Failing(error.message().to_owned())),
            },
            PoolEvent::Stopped(kind) => {
                let mut known = self.known.lock();
                known.kinds.remove(&kind);
                known.leaving.forget(&kind);
                self.counted.notify_one();
                Some(Touched::Kind(kind))
            }
        }
    }

    fn see(&self, mut seen: watch_pool::Seen, now: Timestamp) -> Option<Touched> {
        let (kind, key) = (seen.kind.clone(), seen.key());
        let Cut { body, edition } = Cut::of(std::mem::take(&mut seen.body));
        seen.body = body;
        let owner = owner_key(seen.metadata.labels.as_ref());
        let leaves = seen.metadata.deletion_timestamp.is_some();
        let rules = self.rules.of(owner.as_ref());
        let whole = Whole::of(seen, &rules);
        let has_learned = self.learn(&whole.object, now);
        let seen = Arc::new(whole.judged(&rules, now));
        let leaver = owner.filter(|_| leaves).map(|owner| (owner, Arc::clone(&seen)));
        let mut known = self.known.lock();
        let fresh = known.kinds.entry(kind.clone()).or_default().see(&key, Judged { seen, edition });
        let owners = if fresh { known.leaving.see(&kind, &key, leaver) } else { Vec::new() };
        drop(known);
        if !fresh {
            return has_learned.then_some(Touched::Kind(kind));
        }
        self.counted.notify_one();
        // What is learned of a kind concerns all who have objects of it.
        if has_learned && owners.is_empty() {
            return Some(Touched::Kind(kind));
        }
        Some(touched(kind, key, owners))
    }

    /// Learns from an object; true when others of its kind may be judged otherwise now.
    pub(crate) fn learn(&self, object: &Value, now: Timestamp) -> bool {
        self.learned.write().saw(object, now)
    }

    /// What other objects of an object's kind have shown.
    pub(crate) fn profile(&self, object: &Value) -> Profile {
        self.learned.read().profile(object)
    }

    fn enter(&self, kind: WatchedKind, state: State) -> Option<Touched> {
        let mut known = self.known.lock();
        if matches!(state, State::Forbidden | State::Unknown) {
            known.leaving.forget(&kind);
        }
        let of_kind = known.kinds.entry(kind.clone()).or_default();
        if matches!(state, State::Forbidden | State::Unknown) {
            of_kind.objects = HashMap::new();
            self.counted.notify_one();
        }
        let before = std::mem::replace(&mut of_kind.state, state.clone());
        (before != state).then_some(Touched::Kind(kind))
    }

    /// What a Kustomization, `asking`, may know of one object.
    pub(crate) fn visibility(&self, kind: &WatchedKind, key: &ObjectKey, asking: &ObjectKey) -> Visibility {
        let owner = &Owner::new(&asking.namespace, &asking.name);
        let known = self.known.lock();
        let Some(of_kind) = known.kinds.get(kind) else { return Visibility::Hidden(Hidden::Starting) };
        let is_theirs = |of: &Option<Owner>| of.as_ref() == Some(owner);
        let is_cut_short = |judged: &Judged| {
            // Of what is not kept the verdict stands until it is listed again.
            judged.seen.object().is_some() && self.rules.read_more(asking, kind, judged.edition)
        };
        match (&of_kind.state, of_kind.objects.get(key)) {
            (State::Synced | State::Starting, Some(judged)) if is_cut_short(judged) => {
                Visibility::Hidden(Hidden::Starting)
            }
            (State::Synced | State::Starting, Some(judged)) => {
                Visibility::Seen(Arc::clone(&judged.seen)).for_owner(owner)
            }
            (State::Synced, None) if of_kind.finished.get(key).is_some_and(is_theirs) => Visibility::Finished,
            (State::Synced, None) => Visibility::Absent,
            (State::Starting, None) => Visibility::Hidden(Hidden::Starting),
            (State::Forbidden, _) => Visibility::Hidden(Hidden::Forbidden),
            (State::Unknown, _) => Visibility::KindUnknown,
            (State::Failing(error), _) => Visibility::Hidden(Hidden::Failing(error.clone())),
        }
    }

    /// What carries a Kustomization's owner labels and is being deleted, in no order.
    pub(crate) fn leaving(&self, owner: &ObjectKey) -> Vec<(WatchedKind, ObjectKey, Arc<Seen>)> {
        self.known.lock().leaving.of(owner)
    }

    /// Whether the first list of a kind is still awaited.
    pub(crate) fn is_starting(&self, kind: &WatchedKind) -> bool {
        self.known.lock().kinds.get(kind).is_none_or(|of_kind| of_kind.state == State::Starting)
    }

    /// Waits until objects have come or gone since the last time.
    pub(crate) async fn counts_changed(&self) {
        self.counted.notified().await;
    }

    /// How many objects of each kind there are.
    pub(crate) fn counts(&self) -> Vec<(WatchedKind, usize)> {
        let known = self.known.lock();
        known.kinds.iter().map(|(kind, of_kind)| (kind.clone(), of_kind.objects.len())).collect()
    }
}

/// The Kustomization that an object's labels name.
fn owner_key(labels: Option<&BTreeMap<String, String>>) -> Option<ObjectKey> {
    let labels = labels?;
    Some(ObjectKey::new(labels.get(OWNER_NAMESPACE)?, labels.get(OWNER_NAME)?))
}

/// An object put together again.
struct Whole {
    object: Value,
    version: u64,
    uid: String,
    mark: Option<Mark>,
    owner: Option<Owner>,
}

impl Whole {
    fn of(seen: watch_pool::Seen, rules: &Rules) -> Self {
        let watch_pool::Seen { kind, mut metadata, body } = seen;
        let mark = inventory_mark::of(&metadata.managed_fields.take().unwrap_or_default());
        let version = store::version(&metadata);
        let uid = metadata.uid.clone().unwrap_or_default();
        let owner = Owner::of(metadata.labels.as_ref());
        Self { object: joined(&kind, metadata, body, rules), version, uid, mark, owner }
    }

    fn judged(self, rules: &Rules, now: Timestamp) -> Seen {
        Seen::new(self.object, self.version, self.uid, self.mark, self.owner, rules, now)
    }
}

/// apiVersion, kind, metadata and body as one object, pruned.
pub(crate) fn joined(
    kind: &WatchedKind,
    mut metadata: kube::core::ObjectMeta,
    body: Value,
    rules: &Rules,
) -> Value {
    metadata.managed_fields = None;
    let mut object = if body.is_object() { body } else { json!({}) };
    object["apiVersion"] = Value::from(kind.api_version());
    object["kind"] = Value::from(kind.kind.clone());
    object["metadata"] = serde_json::to_value(metadata).unwrap_or_default();
    pruned(object, rules)
}

#[cfg(test)]
mod tests;
