//! What is known of one place. Pure: what its watch says in, what is there out.

use std::collections::HashMap;
use std::sync::Arc;

use health::Rules;
use health::beside::Kin;
use reconcile_core::watch_pool::{PoolEvent, Seen, WatchedKind};
use reconcile_core::{ObjectKey, store};
use serde_json::{Value, json};

#[cfg(test)]
mod tests;

/// Objects of one place that are kept; of more, the newest.
const MOST: usize = 5000;
/// Warnings of one namespace that are kept: they come by themselves, from anybody, and go after an hour.
const MOST_EVENTS: usize = 1000;

/// See the module.
#[derive(Default)]
pub(super) struct Known {
    objects: HashMap<ObjectKey, (u64, Arc<Value>)>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Starting,
    /// The first list was complete.
    Listed,
    /// It may not be read, or is not served.
    Hidden,
}

/// Who wants to hear of it: those who look at it in one namespace, or all.
type News = Option<Option<String>>;

impl Known {
    /// Takes in what the watch says. Before the first list is complete nobody wants to hear of it.
    pub(super) fn take(&mut self, event: PoolEvent, kin: Kin, rules: &Rules) -> News {
        match event {
            PoolEvent::Applied(seen) => {
                let (key, version) = (seen.key(), store::version(&seen.metadata));
                let namespace = key.namespace.clone();
                let fresh = self.put(key, version, joined(*seen, kin, rules), most(kin));
                (fresh && self.state == State::Listed).then_some(Some(namespace))
            }
            PoolEvent::Deleted { gone, .. } => {
                let lost = self.objects.remove(&gone.key).is_some();
                (lost && self.state == State::Listed).then_some(Some(gone.key.namespace))
            }
            PoolEvent::Synced(_) => self.enter(State::Listed),
            PoolEvent::Failed { error, .. } => match error.classify() {
                cluster::Class::Forbidden | cluster::Class::Unauthorized | cluster::Class::NotFound => {
                    self.objects = HashMap::new();
                    self.enter(State::Hidden)
                }
                // What was seen still stands; the watch comes back by itself.
                _ if self.state == State::Listed => None,
                _ => self.enter(State::Hidden),
            },
            PoolEvent::Stopped(_) => {
                *self = Self::default();
                None
            }
        }
    }

    /// False when it is there already, as far as anybody reads it.
    fn put(&mut self, key: ObjectKey, version: u64, object: Value, most: usize) -> bool {
        let object = Arc::new(object);
        let before = self.objects.insert(key, (version, Arc::clone(&object)));
        if self.objects.len() > most {
            let oldest = self.objects.iter().min_by_key(|(_, (version, _))| *version);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.objects.remove(&oldest);
            }
        }
        before.is_none_or(|(_, before)| before != object)
    }

    fn enter(&mut self, state: State) -> News {
        let before = std::mem::replace(&mut self.state, state);
        (before != state).then_some(None)
    }

    /// Whether as much is known of it as can be.
    pub(super) fn is_settled(&self) -> bool {
        self.state != State::Starting
    }

    /// What is there in a namespace (empty: everywhere), in order; `None` where that is not known.
    pub(super) fn list(&self, namespace: &str) -> Option<Vec<Arc<Value>>> {
        if self.state != State::Listed {
            return None;
        }
        let is_there =
            |key: &ObjectKey| namespace.is_empty() || key.namespace.is_empty() || key.namespace == namespace;
        let mut found: Vec<(&ObjectKey, &Arc<Value>)> = self
            .objects
            .iter()
            .filter(|(key, _)| is_there(key))
            .map(|(key, (_, object))| (key, object))
            .collect();
        found.sort_unstable_by_key(|(key, _)| *key);
        Some(found.into_iter().map(|(_, object)| Arc::clone(object)).collect())
    }
}

const fn most(kin: Kin) -> usize {
    match kin {
        Kin::Event => MOST_EVENTS,
        _ => MOST,
    }
}

/// apiVersion, kind, metadata and body as one object, without what nobody reads.
fn joined(seen: Seen, kin: Kin, rules: &Rules) -> Value {
    let Seen { kind, metadata, body } = seen;
    let mut object = if body.is_object() { body } else { json!({}) };
    object["apiVersion"] = Value::from(WatchedKind::api_version(&kind));
    object["kind"] = Value::from(kind.kind);
    object["metadata"] = serde_json::to_value(metadata).unwrap_or_default();
    kin.pruned(object, rules)
}
