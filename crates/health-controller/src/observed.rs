//! Objects that Kustomizations have applied, as the watches of their kinds last showed them.
//!
//! One watch per kind, selected by the owner label, whole objects: status is what health is judged by, and a read per
//! change would cost more. What is well by a rule that does not change is kept as a verdict only; of the rest, what the
//! rules of its kind read.

use std::collections::HashMap;
use std::sync::Arc;

use api::labels::OWNER_NAME;
use cluster::Class;
use convergence::{Hidden, Owner, Seen, Visibility, inventory_mark};
use health::Rules;
use health::prune::{pruned, pruned_by};
use jiff::Timestamp;
use parking_lot::Mutex;
use reconcile_core::watch_pool::{self, Body, Options, PoolEvent, WatchedKind};
use reconcile_core::{ObjectKey, store};
use serde_json::{Value, json};

use crate::wakes::Touched;

/// Finished Jobs of a kind that are remembered after their removal; what was assessed since then is in the memory of its
/// Kustomization.
const FINISHED: usize = 4096;

#[derive(Default)]
struct OfKind {
    state: State,
    objects: HashMap<ObjectKey, Arc<Seen>>,
    /// Jobs that had finished when they were removed, and whose they were: both may happen between two assessments.
    finished: HashMap<ObjectKey, Option<Owner>>,
}

impl OfKind {
    /// Takes an object in; false when it is what is known. A watch does not go back, so what it shows is never older.
    /// Versions that are no numbers are all 0 and tell nothing.
    fn see(&mut self, key: &ObjectKey, seen: Arc<Seen>) -> bool {
        let same = |known: &Arc<Seen>| known.version == seen.version && known.uid == seen.uid;
        if seen.version > 0 && self.objects.get(key).is_some_and(same) {
            return false;
        }
        self.finished.remove(key);
        self.objects.insert(key.clone(), seen);
        true
    }

    /// Forgets an object, unless another of that name took its place; true when it was there.
    fn lose(&mut self, key: &ObjectKey, uid: &str) -> bool {
        if self.objects.get(key).is_none_or(|known| known.uid != uid) {
            return false;
        }
        if let Some(lost) = self.objects.remove(key).filter(|lost| lost.is_finished()) {
            if self.finished.len() >= FINISHED {
                self.finished.clear();
            }
            self.finished.insert(key.clone(), lost.owner.clone());
        }
        true
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Starting,
    Synced,
    Forbidden,
    Unknown,
    Failing(String),
}

/// All kinds. Clones share.
#[derive(Clone)]
pub(crate) struct Observed {
    rules: &'static Rules,
    kinds: Arc<Mutex<HashMap<WatchedKind, OfKind>>>,
}

impl Observed {
    /// Nothing is seen yet.
    pub(crate) fn new(rules: &'static Rules) -> Self {
        Self { rules, kinds: Arc::default() }
    }

    /// How the pool behind this is to watch.
    pub(crate) fn options(rules: &'static Rules) -> Options {
        let keep = move |kind: &WatchedKind, body: &mut Value| {
            *body = pruned_by(std::mem::take(body), rules.of(&kind.group, &kind.kind));
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
            PoolEvent::Applied(seen) => {
                let (kind, key) = (seen.kind.clone(), seen.key());
                let seen = Arc::new(judged(*seen, self.rules, now));
                let fresh = self.kinds.lock().entry(kind.clone()).or_default().see(&key, seen);
                fresh.then_some(Touched::Object(kind, key))
            }
            PoolEvent::Deleted { kind, gone } => {
                let lost = self.kinds.lock().get_mut(&kind)?.lose(&gone.key, &gone.uid);
                lost.then_some(Touched::Object(kind, gone.key))
            }
            PoolEvent::Synced(kind) => self.enter(kind, State::Synced),
            PoolEvent::Failed { kind, error } => match error.classify() {
                Class::Forbidden | Class::Unauthorized => self.enter(kind, State::Forbidden),
                Class::NotFound => self.enter(kind, State::Unknown),
                // What was seen still stands; the watch comes back by itself.
                _ if self.kinds.lock().get(&kind).is_some_and(|known| known.state == State::Synced) => None,
                _ => self.enter(kind, State::Failing(error.message().to_owned())),
            },
            PoolEvent::Stopped(kind) => {
                self.kinds.lock().remove(&kind);
                Some(Touched::Kind(kind))
            }
        }
    }

    fn enter(&self, kind: WatchedKind, state: State) -> Option<Touched> {
        let mut kinds = self.kinds.lock();
        let of_kind = kinds.entry(kind.clone()).or_default();
        if matches!(state, State::Forbidden | State::Unknown) {
            of_kind.objects = HashMap::new();
        }
        let before = std::mem::replace(&mut of_kind.state, state.clone());
        (before != state).then_some(Touched::Kind(kind))
    }

    /// What a Kustomization may know of one object.
    pub(crate) fn visibility(&self, kind: &WatchedKind, key: &ObjectKey, owner: &Owner) -> Visibility {
        let kinds = self.kinds.lock();
        let Some(of_kind) = kinds.get(kind) else { return Visibility::Hidden(Hidden::Starting) };
        let is_theirs = |of: &Option<Owner>| of.as_ref() == Some(owner);
        match (&of_kind.state, of_kind.objects.get(key)) {
            (State::Synced | State::Starting, Some(seen)) => {
                Visibility::Seen(Arc::clone(seen)).for_owner(owner)
            }
            (State::Synced, None) if of_kind.finished.get(key).is_some_and(is_theirs) => Visibility::Finished,
            (State::Synced, None) => Visibility::Absent,
            (State::Starting, None) => Visibility::Hidden(Hidden::Starting),
            (State::Forbidden, _) => Visibility::Hidden(Hidden::Forbidden),
            (State::Unknown, _) => Visibility::KindUnknown,
            (State::Failing(error), _) => Visibility::Hidden(Hidden::Failing(error.clone())),
        }
    }
}

/// Puts an object together again and judges it.
fn judged(seen: watch_pool::Seen, rules: &Rules, now: Timestamp) -> Seen {
    let watch_pool::Seen { kind, mut metadata, body } = seen;
    let mark = inventory_mark::of(&metadata.managed_fields.take().unwrap_or_default());
    let version = store::version(&metadata);
    let uid = metadata.uid.clone().unwrap_or_default();
    let owner = Owner::of(metadata.labels.as_ref());
    Seen::new(joined(&kind, metadata, body, rules), version, uid, mark, owner, rules, now)
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
