//! Which Kustomization tracks which object: the way from a metadata event to the task that may have to heal.
//!
//! It routes and keeps what nobody claims yet; what an event means is `memory`'s and `drift`'s.

use crate::drift::Live;
use crate::memory::{LaneObjects, Word};
use manifest::ObjectId;
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock, Weak};

/// What a Kustomization's task has to hear.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// Objects that drifted.
    Drift(BTreeSet<ObjectId>),
    /// An object that was kept for another Kustomization is the other's now.
    TakenOver,
}

/// Who carries alarms to tasks.
type Bell = Box<dyn Fn(&ObjectKey, Alarm) + Send + Sync>;

/// Who tracks an object.
type Claim = (Arc<ObjectKey>, Weak<LaneObjects>);

#[derive(Default)]
struct Inner {
    /// Two Kustomizations may name one object.
    claims: HashMap<ObjectId, Vec<Claim>>,
    /// Labelled objects that no task has claimed: their Kustomization has not run yet in this process.
    unclaimed: HashMap<ObjectId, Live>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Claims {
    inner: Mutex<Inner>,
    bell: OnceLock<Bell>,
}

/// The live object as its owner sees it: no foreign owner.
fn without_owner(mut live: Live, key: &ObjectKey) -> Live {
    if let Live::Present { foreign_owner, .. } = &mut live
        && foreign_owner.as_deref() == Some(key)
    {
        *foreign_owner = None;
    }
    live
}

impl Claims {
    /// Sets who is told; once, at start.
    pub(crate) fn on_alarm(&self, bell: impl Fn(&ObjectKey, Alarm) + Send + Sync + 'static) {
        drop(self.bell.set(Box::new(bell)));
    }

    /// From now on events of these objects go to this Kustomization.
    pub(crate) fn claim(
        &self,
        key: &ObjectKey,
        memory: &Arc<LaneObjects>,
        ids: impl Iterator<Item = ObjectId>,
    ) {
        let shared = Arc::new(key.clone());
        let mut inner = self.inner.lock();
        let mut known = Vec::new();
        for id in ids {
            let live = inner.unclaimed.remove(&id);
            let claims = inner.claims.entry(id.clone()).or_default();
            claims.retain(|(_, memory)| memory.strong_count() > 0);
            if !claims.iter().any(|(claimant, _)| **claimant == *key) {
                claims.push((Arc::clone(&shared), Arc::downgrade(memory)));
            }
            known.push((id, live.map(|live| without_owner(live, key))));
        }
        drop(inner);
        memory.track(known);
    }

    /// Gives objects up.
    pub(crate) fn release(&self, key: &ObjectKey, memory: &LaneObjects, ids: impl Iterator<Item = ObjectId>) {
        let ids: Vec<ObjectId> = ids.collect();
        let mut inner = self.inner.lock();
        for id in &ids {
            if let Some(claims) = inner.claims.get_mut(id) {
                claims.retain(|(claimant, _)| **claimant != *key);
                if claims.is_empty() {
                    inner.claims.remove(id);
                }
            }
        }
        drop(inner);
        memory.forget(ids);
    }

    /// Gives all of a Kustomization's objects up.
    pub(crate) fn drop_all(&self, key: &ObjectKey, memory: &LaneObjects) {
        self.release(key, memory, memory.ids().into_iter());
    }

    /// A metadata event; `live` names the owner that the labels name, if any.
    pub(crate) fn observe(&self, id: &ObjectId, live: Live) {
        let claimants: Vec<(Arc<ObjectKey>, Arc<LaneObjects>)> = {
            let mut inner = self.inner.lock();
            match inner.claims.get(id) {
                Some(claims) => claims
                    .iter()
                    .filter_map(|(key, memory)| Some((Arc::clone(key), memory.upgrade()?)))
                    .collect(),
                None => {
                    match live {
                        Live::Present { foreign_owner: Some(_), .. } => {
                            drop(inner.unclaimed.insert(id.clone(), live));
                        }
                        _ => drop(inner.unclaimed.remove(id)),
                    }
                    return;
                }
            }
        };
        for (key, memory) in claimants {
            match memory.observe(id, without_owner(live.clone(), &key)) {
                Word::Nothing => {}
                Word::Drift => self.raise(&key, Alarm::Drift(BTreeSet::from([id.clone()]))),
                Word::TakenOver => self.raise(&key, Alarm::TakenOver),
            }
        }
    }

    /// Objects of a kind that were made and that its watch, up to date just now, has not told of: they were deleted
    /// before it began, or word of them is on its way. [`miss`](Self::miss) tells which, a moment later.
    pub(crate) fn unseen(&self, group: &str, kind: &str) -> Vec<(ObjectId, ObjectKey)> {
        let inner = self.inner.lock();
        let claims = inner.claims.iter().filter(|(id, _)| id.group == group && id.kind == kind);
        claims
            .flat_map(|(id, claims)| claims.iter().map(move |claim| (id, claim)))
            .filter(|(id, (_, memory))| memory.upgrade().is_some_and(|memory| memory.is_unseen(id)))
            .map(|(id, (key, _))| (id.clone(), ObjectKey::clone(key)))
            .collect()
    }

    /// Objects that are still unseen are gone.
    pub(crate) fn miss(&self, unseen: Vec<(ObjectId, ObjectKey)>) {
        for (id, key) in unseen {
            let memory = self.inner.lock().claims.get(&id).and_then(|claims| {
                claims.iter().find(|(claimant, _)| **claimant == key).and_then(|(_, memory)| memory.upgrade())
            });
            if memory.is_some_and(|memory| memory.presume_absent(&id)) {
                self.raise(&key, Alarm::Drift(BTreeSet::from([id])));
            }
        }
    }

    /// A kind is not watched any more: what was kept of it is stale.
    pub(crate) fn forget_unclaimed(&self, group: &str, kind: &str) {
        self.inner.lock().unclaimed.retain(|id, _| id.group != group || id.kind != kind);
    }

    /// Looks for drift of an object that was seen while an apply of ours was under way.
    pub(crate) fn recheck(&self, key: &ObjectKey, memory: &LaneObjects, id: &ObjectId) {
        if memory.is_dirty(id) {
            self.raise(key, Alarm::Drift(BTreeSet::from([id.clone()])));
        }
    }

    /// Tells the others that claim an object, and that left it to its owner, to look at it again.
    pub(crate) fn nudge(&self, id: &ObjectId, owner: &ObjectKey) {
        let others: Vec<(Arc<ObjectKey>, Arc<LaneObjects>)> = {
            let inner = self.inner.lock();
            let claims = inner.claims.get(id).map(Vec::as_slice).unwrap_or_default();
            let others = claims.iter().filter(|(claimant, _)| **claimant != *owner);
            others.filter_map(|(key, memory)| Some((Arc::clone(key), memory.upgrade()?))).collect()
        };
        for (key, memory) in others {
            self.recheck(&key, &memory, id);
        }
    }

    fn raise(&self, key: &ObjectKey, alarm: Alarm) {
        if let Some(bell) = self.bell.get() {
            bell(key, alarm);
        }
    }
}

#[cfg(test)]
mod tests;
