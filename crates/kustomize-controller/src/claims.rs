//! Which Kustomization tracks which object: the way from a metadata event to the task that may have to heal.
//!
//! Events of all targets meet here, so everything is keyed by target and object: the same object in two clusters is two
//! claims. It routes, and keeps what nobody claims yet; what an event means is `memory`'s and `drift`'s.

use crate::drift::Live;
use crate::memory::{LaneObjects, Word};
use crate::target::TargetObject;
use cluster::TargetId;
use manifest::ObjectId;
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock, Weak};
use tokio::sync::watch;

/// What a Kustomization's task has to hear.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// Objects that drifted.
    Drift(BTreeSet<TargetObject>),
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
    claims: HashMap<TargetObject, Vec<Claim>>,
    /// Labelled objects that no task has claimed: their Kustomization has not run yet in this process.
    unclaimed: HashMap<TargetObject, Live>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Claims {
    inner: Mutex<Inner>,
    bell: OnceLock<Bell>,
    takings: watch::Sender<u64>,
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
    /// Sets who carries alarms; once, at start.
    pub(crate) fn on_alarm(&self, bell: impl Fn(&ObjectKey, Alarm) + Send + Sync + 'static) {
        drop(self.bell.set(Box::new(bell)));
    }

    /// From now on events of these objects, in the target that the memory is of, go to this Kustomization.
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
            let object = TargetObject::new(memory.target(), id);
            let live = inner.unclaimed.remove(&object);
            let id = object.id.clone();
            let claims = inner.claims.entry(object).or_default();
            claims.retain(|(_, memory)| memory.strong_count() > 0);
            if !claims.iter().any(|(claimant, _)| **claimant == *key) {
                claims.push((Arc::clone(&shared), Arc::downgrade(memory)));
            }
            known.push((id, live.map(|live| without_owner(live, key))));
        }
        drop(inner);
        memory.track(known);
    }

    /// Who else tracks an object.
    pub(crate) fn others(&self, object: &TargetObject, key: &ObjectKey) -> Vec<ObjectKey> {
        let inner = self.inner.lock();
        let claims = inner.claims.get(object).map(Vec::as_slice).unwrap_or_default();
        let alive = claims.iter().filter(|(_, memory)| memory.strong_count() > 0);
        alive
            .filter(|(claimant, _)| **claimant != *key)
            .map(|(claimant, _)| ObjectKey::clone(claimant))
            .collect()
    }

    /// Gives objects up.
    pub(crate) fn release(&self, key: &ObjectKey, memory: &LaneObjects, ids: impl Iterator<Item = ObjectId>) {
        let objects: Vec<TargetObject> = ids.map(|id| TargetObject::new(memory.target(), id)).collect();
        let mut inner = self.inner.lock();
        for object in &objects {
            if let Some(claims) = inner.claims.get_mut(object) {
                claims.retain(|(claimant, _)| **claimant != *key);
                if claims.is_empty() {
                    inner.claims.remove(object);
                }
            }
        }
        drop(inner);
        memory.forget(objects.into_iter().map(|object| object.id));
    }

    /// Gives all of a Kustomization's objects up.
    pub(crate) fn drop_all(&self, key: &ObjectKey, memory: &LaneObjects) {
        self.release(key, memory, memory.ids().into_iter());
    }

    /// A metadata event; `live` names the owner that the labels name, if any.
    pub(crate) fn observe(&self, object: &TargetObject, live: Live) {
        self.observe_writer(object, live, None);
    }

    /// As [`observe`](Self::observe), with the field manager that wrote last.
    pub(crate) fn observe_writer(&self, object: &TargetObject, live: Live, writer: Option<&str>) {
        let claimants: Vec<(Arc<ObjectKey>, Arc<LaneObjects>)> = {
            let mut inner = self.inner.lock();
            match inner.claims.get(object) {
                Some(claims) => claims
                    .iter()
                    .filter_map(|(key, memory)| Some((Arc::clone(key), memory.upgrade()?)))
                    .collect(),
                None => {
                    match live {
                        Live::Present { foreign_owner: Some(_), .. } => {
                            drop(inner.unclaimed.insert(object.clone(), live));
                        }
                        _ => drop(inner.unclaimed.remove(object)),
                    }
                    return;
                }
            }
        };
        for (key, memory) in claimants {
            match memory.observe_writer(&object.id, without_owner(live.clone(), &key), writer) {
                Word::Nothing => {}
                Word::Drift => self.raise(&key, Alarm::Drift(BTreeSet::from([object.clone()]))),
                Word::TakenOver => self.raise(&key, Alarm::TakenOver),
            }
        }
    }

    /// Objects of a kind that were made and that its watch, up to date just now, has not shown: they were deleted
    /// before it began, or word of them is on its way. [`miss`](Self::miss) finds out which, a moment later.
    pub(crate) fn unseen(
        &self,
        target: &TargetId,
        group: &str,
        kind: &str,
    ) -> Vec<(TargetObject, ObjectKey)> {
        let inner = self.inner.lock();
        let claims = inner.claims.iter().filter(|(object, _)| object.is_of(target, group, kind));
        claims
            .flat_map(|(object, claims)| claims.iter().map(move |claim| (object, claim)))
            .filter(|(object, (_, memory))| {
                memory.upgrade().is_some_and(|memory| memory.is_unseen(&object.id))
            })
            .map(|(object, (key, _))| (object.clone(), ObjectKey::clone(key)))
            .collect()
    }

    /// Objects that are still unseen are gone.
    pub(crate) fn miss(&self, unseen: Vec<(TargetObject, ObjectKey)>) {
        for (object, key) in unseen {
            let memory = self.inner.lock().claims.get(&object).and_then(|claims| {
                claims.iter().find(|(claimant, _)| **claimant == key).and_then(|(_, memory)| memory.upgrade())
            });
            if memory.is_some_and(|memory| memory.presume_absent(&object.id)) {
                self.raise(&key, Alarm::Drift(BTreeSet::from([object])));
            }
        }
    }

    /// A kind is not watched any more in a target: what was kept of it is stale.
    pub(crate) fn forget_unclaimed(&self, target: &TargetId, group: &str, kind: &str) {
        self.inner.lock().unclaimed.retain(|object, _| !object.is_of(target, group, kind));
    }

    /// Looks for drift of an object that was seen while an apply of ours was under way.
    pub(crate) fn recheck(&self, key: &ObjectKey, memory: &LaneObjects, id: &ObjectId) {
        if memory.is_dirty(id) {
            let object = TargetObject::new(memory.target(), id.clone());
            self.raise(key, Alarm::Drift(BTreeSet::from([object])));
        }
    }

    /// Tells the others that claim an object, and that left it to its owner, to look at it again.
    pub(crate) fn nudge(&self, object: &TargetObject, owner: &ObjectKey) {
        let others: Vec<(Arc<ObjectKey>, Arc<LaneObjects>)> = {
            let inner = self.inner.lock();
            let claims = inner.claims.get(object).map(Vec::as_slice).unwrap_or_default();
            let others = claims.iter().filter(|(claimant, _)| **claimant != *owner);
            others.filter_map(|(key, memory)| Some((Arc::clone(key), memory.upgrade()?))).collect()
        };
        for (key, memory) in others {
            self.recheck(&key, &memory, &object.id);
        }
    }

    /// A heal has put its Kustomization's labels on an object that had another's. No Kustomization changes by that, so those
    /// who wait for it would not hear of it otherwise.
    pub(crate) fn note_taking(&self) {
        self.takings.send_modify(|count| *count += 1);
    }

    /// Moves with every [`note_taking`](Self::note_taking).
    pub(crate) fn takings(&self) -> watch::Receiver<u64> {
        self.takings.subscribe()
    }

    fn raise(&self, key: &ObjectKey, alarm: Alarm) {
        if let Some(bell) = self.bell.get() {
            bell(key, alarm);
        }
    }
}

#[cfg(test)]
mod tests;
