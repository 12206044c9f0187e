//! The objects of one Kustomization as its heal lane sees them: what each should be, what was right last, what is there,
//! and which lane holds it. They live as long as the Kustomization's task, and are all in one target: a Kustomization
//! that moves to another begins with another `LaneObjects`, so that an id is key enough here.
//!
//! Shared by the run, the heal lane and the watch pool's callback; every method takes the lock for a moment and no
//! method does I/O. What an object's state means is `drift`'s.

use crate::drift::{Base, Desired, Live, Looked, TrackedObject};
use crate::heal_backoff::HealDecision;
use apply::difference::Maskings;
use apply::{Action, Change, Fingerprint, ObjectError, baseline};
use cluster::{Class, TargetId};
use manifest::foreign::Values;
use manifest::{Manifest, ObjectId};
use parking_lot::Mutex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

mod prior;

pub(crate) use prior::{Asking, Prior};
use prior::{digest, prior, unknown};

#[derive(Debug, Default)]
struct Inner {
    objects: BTreeMap<ObjectId, TrackedObject>,
    held: HashSet<ObjectId>,
    closed: bool,
    /// How the objects are judged: verdicts of another way do not count.
    judged_by: Vec<u8>,
    /// Stale objects that are kept until another Kustomization has taken them over.
    handing_over: BTreeSet<ObjectId>,
}

/// Values that were put into objects, as Secrets that have them.
#[derive(Clone, Default)]
struct PutIn {
    /// By substitution.
    variables: Option<Arc<Value>>,
    /// Of objects that were decrypted.
    revealed: Option<Arc<Value>>,
}

impl std::fmt::Debug for PutIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PutIn").finish_non_exhaustive()
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct LaneObjects {
    target: TargetId,
    inner: Mutex<Inner>,
    /// Values that were put into objects of any kind: no message about one of them may carry those.
    secrets: Mutex<PutIn>,
    freed: Notify,
}

/// Holds one object against the other lane; released on drop.
pub(crate) struct Held<'a> {
    objects: &'a LaneObjects,
    id: ObjectId,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut inner = self.objects.inner.lock();
        inner.held.remove(&self.id);
        if let Some(tracked) = inner.objects.get_mut(&self.id) {
            tracked.in_flight = false;
        }
        drop(inner);
        self.objects.freed.notify_waiters();
    }
}

impl LaneObjects {
    /// Of a target.
    pub(crate) fn in_target(target: TargetId) -> Self {
        Self { target, ..Self::default() }
    }

    /// Where the objects are.
    pub(crate) const fn target(&self) -> &TargetId {
        &self.target
    }

    /// Remembers which values of Secrets, and which that were decrypted, stand in the objects from now on, as Secrets that
    /// have them.
    pub(crate) fn set_secrets(&self, variables: Option<Value>, revealed: Option<Value>) {
        *self.secrets.lock() = PutIn { variables: variables.map(Arc::new), revealed: revealed.map(Arc::new) };
    }

    /// What of the objects' values may be told.
    pub(crate) fn maskings(&self) -> Maskings {
        let PutIn { variables, revealed } = self.secrets.lock().clone();
        Maskings::new(texts(variables.as_deref()), texts(revealed.as_deref()))
    }

    /// What messages about the objects must not carry, beside the values of Secrets among them.
    pub(crate) fn values(&self) -> Values {
        let values = Values::default();
        let PutIn { variables, revealed } = self.secrets.lock().clone();
        variables.iter().chain(&revealed).for_each(|secret| values.gather(secret));
        values
    }

    /// Waits until no other lane holds the object, then holds it.
    pub(crate) async fn hold(&self, id: &ObjectId) -> Held<'_> {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            {
                let mut inner = self.inner.lock();
                if inner.held.insert(id.clone()) {
                    if let Some(tracked) = inner.objects.get_mut(id) {
                        tracked.in_flight = true;
                    }
                    return Held { objects: self, id: id.clone() };
                }
            }
            freed.await;
        }
    }

    /// Closes the heal lane for good: nothing is dirty any more.
    pub(crate) fn close(&self) {
        self.inner.lock().closed = true;
    }

    /// Whether the lane is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.inner.lock().closed
    }

    /// What the watch says of one object, whoever wrote it.
    #[cfg(test)]
    pub(crate) fn observe(&self, id: &ObjectId, live: Live) -> Word {
        self.observe_writer(id, live, None)
    }

    /// What the watch says of one object, with the field manager that wrote last, and what that asks for.
    pub(crate) fn observe_writer(&self, id: &ObjectId, live: Live, writer: Option<&str>) -> Word {
        let mut inner = self.inner.lock();
        let closed = inner.closed;
        let taken = match &live {
            Live::Present { foreign_owner, .. } => foreign_owner.is_some(),
            Live::Absent { .. } => true,
            Live::Unseen => false,
        };
        let taken = taken && inner.handing_over.contains(id);
        let Some(tracked) = inner.objects.get_mut(id) else { return Word::Nothing };
        let live = match live {
            Live::Absent { uid, missed, .. } => {
                Live::Absent { uid, missed, by_design: tracked.is_removed_by_design(missed) }
            }
            present => present,
        };
        // resourceVersions of one resource only grow (Kubernetes promises to keep them comparable), so the larger one
        // is the newer, whichever of watch and answer comes first.
        let older = match (&tracked.live, &live) {
            (Live::Present { baseline: seen, .. }, Live::Present { baseline: new, .. }) => {
                new.resource_version < seen.resource_version
            }
            // The deletion of a predecessor.
            (Live::Present { baseline: seen, .. }, Live::Absent { uid, .. }) => seen.uid != *uid,
            _ => false,
        };
        if !older {
            tracked.live = live;
            tracked.note_drift(writer, Instant::now());
        }
        match (closed, tracked.is_dirty()) {
            (true, _) => Word::Nothing,
            (false, true) => Word::Drift,
            (false, false) if taken => Word::TakenOver,
            (false, false) => Word::Nothing,
        }
    }

    /// Stale objects that stay recorded until another Kustomization has taken them over.
    pub(crate) fn set_handing_over(&self, ids: BTreeSet<ObjectId>) {
        let mut inner = self.inner.lock();
        inner.handing_over = ids;
    }

    /// Whether there are any.
    pub(crate) fn is_handing_over(&self) -> bool {
        !self.inner.lock().handing_over.is_empty()
    }

    /// Whether an object that we made has not been seen by the watch.
    pub(crate) fn is_unseen(&self, id: &ObjectId) -> bool {
        self.inner.lock().objects.get(id).is_some_and(TrackedObject::is_unseen)
    }

    /// A complete list did not hold an object that we made: it was deleted before the watch began. True when it has to
    /// be healed.
    pub(crate) fn presume_absent(&self, id: &ObjectId) -> bool {
        let mut inner = self.inner.lock();
        let closed = inner.closed;
        let Some(tracked) = inner.objects.get_mut(id) else { return false };
        if !tracked.is_unseen() {
            return false;
        }
        let uid = match &tracked.base {
            Base::Known(base) => base.uid.clone(),
            _ => String::new(),
        };
        tracked.live = Live::Absent { uid, missed: true, by_design: tracked.is_removed_by_design(true) };
        tracked.note_drift(None, Instant::now());
        !closed && tracked.is_dirty()
    }

    /// Whether an object has to be healed now.
    pub(crate) fn is_dirty(&self, id: &ObjectId) -> bool {
        let inner = self.inner.lock();
        !inner.closed && inner.objects.get(id).is_some_and(TrackedObject::is_dirty)
    }

    /// Starts tracking ids that are only in the inventory, with what the watches already know of them.
    pub(crate) fn track(&self, ids: impl IntoIterator<Item = (ObjectId, Option<Live>)>) {
        let mut inner = self.inner.lock();
        for (id, live) in ids {
            let tracked = inner.objects.entry(id).or_default();
            if let (Live::Unseen, Some(live)) = (&tracked.live, live) {
                tracked.live = live;
            }
        }
    }

    /// For each manifest what is known of it before the API server is asked (decisions 4.1).
    pub(crate) fn priors(&self, objects: &[Manifest], asking: Asking) -> Vec<Prior> {
        let inner = self.inner.lock();
        objects
            .iter()
            .map(|object| match inner.objects.get(&object.id()) {
                Some(tracked) => prior(tracked, object, asking),
                None => unknown(object, asking),
            })
            .collect()
    }

    /// Whether every desired object is known to be as it should be, and nothing waits to be taken over.
    pub(crate) fn is_settled(&self) -> bool {
        let inner = self.inner.lock();
        inner.handing_over.is_empty()
            && inner
                .objects
                .values()
                .filter(|tracked| tracked.desired.is_some())
                .all(TrackedObject::is_settled)
    }

    /// Remembers an object's outcome: what was applied to it, and what is right from now on. `given` is the digest of
    /// the manifest as the build gave it.
    pub(crate) fn settle(&self, object: &Manifest, given: [u8; 16], change: &Change) {
        let desired = Desired::of(object, given);
        let mut inner = self.inner.lock();
        let tracked = inner.objects.entry(change.id.clone()).or_default();
        tracked.desired = Some(desired);
        // What a plan found unchanged may have drifted and been healed before its stage came: the heal knows better.
        let found = change.baseline.as_ref().filter(|_| change.action == Action::Unchanged);
        let healed = match (&tracked.base, found) {
            (Base::Known(base), Some(found)) => {
                base.uid == found.uid && base.resource_version > found.resource_version
            }
            _ => false,
        };
        if !healed {
            tracked.base = base_of(object, change);
            tracked.looked = None;
        }
        tracked.note_drift(None, Instant::now());
    }

    /// As [`settle`](Self::settle) for a heal, which keeps the manifest.
    pub(crate) fn settle_heal(&self, object: &Manifest, change: &Change) {
        let mut inner = self.inner.lock();
        if let Some(tracked) = inner.objects.get_mut(&change.id) {
            tracked.base = base_of(object, change);
            tracked.looked = None;
            tracked.note_drift(None, Instant::now());
        }
    }

    /// A write that was sent and failed. Where the failure does not say that the server refused it, it may have been
    /// carried out: what was right until then is not known to be there, and the next run asks (docs/design/0010).
    pub(crate) fn doubt(&self, error: &ObjectError) {
        let open =
            matches!(error.class, Class::Timeout | Class::ServerError | Class::Transport | Class::Unreadable);
        if open && let Some(tracked) = self.inner.lock().objects.get_mut(&error.id) {
            tracked.doubt();
        }
    }

    /// After a restart: what is there now is right, since its hash is the one we wrote down (decisions 4.3).
    pub(crate) fn adopt_live(&self, objects: &[Manifest]) {
        let mut inner = self.inner.lock();
        for object in objects {
            let desired = Desired::of(object, digest(object));
            let tracked = inner.objects.entry(object.id()).or_default();
            tracked.base = match &tracked.live {
                _ if apply::directive::is_ignored(object.value()) => Base::Skipped,
                Live::Present { ignored: true, .. } => Base::Skipped,
                Live::Present { .. } if apply::directive::is_create_only(object.value()) => Base::CreateOnly,
                Live::Present { baseline, .. } => Base::Known(baseline.clone()),
                Live::Absent { .. } | Live::Unseen => Base::Unknown,
            };
            tracked.desired = Some(desired);
        }
    }

    /// One hash over the desired objects as they are live now; `None` while one of them is not known.
    pub(crate) fn live_hash(&self, objects: &[Manifest]) -> Option<String> {
        let inner = self.inner.lock();
        let mut pairs: Vec<(String, Option<Fingerprint>)> = Vec::with_capacity(objects.len());
        for object in objects {
            let id = object.id();
            let fingerprint = match inner.objects.get(&id).map(|tracked| &tracked.live) {
                _ if apply::directive::is_ignored(object.value()) => None,
                Some(Live::Present { ignored: true, .. }) => None,
                Some(Live::Present { .. }) if apply::directive::is_create_only(object.value()) => None,
                Some(Live::Present { baseline, .. }) => Some(baseline.fingerprint?),
                _ => return None,
            };
            pairs.push((id.to_inventory(), fingerprint));
        }
        Some(baseline::set_hash(pairs.iter().map(|(id, fingerprint)| (id.as_str(), *fingerprint))))
    }

    /// The same over what we found right: what the next process compares with.
    pub(crate) fn base_hash(&self) -> Option<String> {
        let inner = self.inner.lock();
        let mut pairs: Vec<(String, Option<Fingerprint>)> = Vec::new();
        for (id, tracked) in inner.objects.iter().filter(|(_, tracked)| tracked.desired.is_some()) {
            let fingerprint = match &tracked.base {
                Base::Unknown | Base::Drifted => return None,
                Base::Skipped | Base::CreateOnly => None,
                Base::Known(base) => Some(base.fingerprint?),
            };
            pairs.push((id.to_inventory(), fingerprint));
        }
        Some(baseline::set_hash(pairs.iter().map(|(id, fingerprint)| (id.as_str(), *fingerprint))))
    }

    /// Strikes an object from the desired set: it is about to be deleted, and must not be healed (decisions 1.2).
    pub(crate) fn strike(&self, id: &ObjectId) {
        if let Some(tracked) = self.inner.lock().objects.get_mut(id) {
            tracked.desired = None;
        }
    }

    /// Forgets objects altogether.
    pub(crate) fn forget(&self, ids: impl IntoIterator<Item = ObjectId>) {
        let mut inner = self.inner.lock();
        for id in ids {
            inner.objects.remove(&id);
        }
    }

    /// Every id tracked.
    pub(crate) fn ids(&self) -> Vec<ObjectId> {
        self.inner.lock().objects.keys().cloned().collect()
    }

    /// The manifests last applied, in id order, for a run that needs no build.
    pub(crate) fn desired(&self) -> Vec<Manifest> {
        let inner = self.inner.lock();
        inner.objects.values().filter_map(|tracked| Manifest::new(tracked.manifest()?).ok()).collect()
    }

    /// Those of them that no directive keeps us from managing: what health is asked of (contract 17).
    pub(crate) fn managed(&self) -> Vec<Manifest> {
        let inner = self.inner.lock();
        let managed = inner.objects.values().filter(|tracked| tracked.is_managed());
        managed.filter_map(|tracked| Manifest::new(tracked.manifest()?).ok()).collect()
    }

    /// The manifest that was applied to an object last.
    pub(crate) fn manifest(&self, id: &ObjectId) -> Option<Value> {
        self.inner.lock().objects.get(id)?.manifest()
    }

    /// One object's manifest and its state, for a heal.
    pub(crate) fn healable(&self, id: &ObjectId) -> Option<(Manifest, TrackedObject)> {
        let inner = self.inner.lock();
        if inner.closed {
            return None;
        }
        let tracked = inner.objects.get(id)?;
        Some((Manifest::new(tracked.manifest()?).ok()?, tracked.clone()))
    }

    /// An object that drifted and is left so: what it should be, and that it is not. `given` is the digest of the manifest as
    /// the build gave it.
    pub(crate) fn withhold(&self, object: &Manifest, given: [u8; 16], version: u64) {
        let mut inner = self.inner.lock();
        let tracked = inner.objects.entry(object.id()).or_default();
        if tracked.desired.is_none() {
            tracked.desired = Some(Desired::of(object, given));
        }
        if tracked.base == Base::Unknown {
            tracked.base = Base::Drifted;
        }
        tracked.looked = Some(Box::new(Looked { at: Instant::now(), version }));
        tracked.note_drift(None, Instant::now());
    }

    /// Remembers that an object was looked at. The state that it was looked at in is not asked about again, and later ones
    /// after a while.
    pub(crate) fn looked(&self, id: &ObjectId, version: u64) {
        if let Some(tracked) = self.inner.lock().objects.get_mut(id) {
            tracked.looked = Some(Box::new(Looked { at: Instant::now(), version }));
        }
    }

    /// As after a long while: it may be looked at again.
    #[cfg(test)]
    pub(crate) fn unlook(&self, id: &ObjectId) {
        if let Some(tracked) = self.inner.lock().objects.get_mut(id) {
            tracked.looked = None;
        }
    }

    /// Which version of an object is there, as the watch says; 0 for none.
    pub(crate) fn live_version(&self, id: &ObjectId) -> u64 {
        self.inner.lock().objects.get(id).map_or(0, TrackedObject::live_version)
    }

    /// How long an object has differed.
    pub(crate) fn differs_for(&self, id: &ObjectId) -> Duration {
        let inner = self.inner.lock();
        inner.objects.get(id).map(|tracked| tracked.differs_for(Instant::now())).unwrap_or_default()
    }

    /// Everything that has to be healed.
    pub(crate) fn dirty(&self) -> BTreeSet<ObjectId> {
        let inner = self.inner.lock();
        let dirty = inner.objects.iter().filter(|(_, tracked)| !inner.closed && tracked.is_dirty());
        dirty.map(|(id, _)| id.clone()).collect()
    }

    /// Whether an object should be there.
    pub(crate) fn is_desired(&self, id: &ObjectId) -> bool {
        self.inner.lock().objects.get(id).is_some_and(|tracked| tracked.desired.is_some())
    }

    /// Asks an object's brake.
    pub(crate) fn brake(&self, id: &ObjectId, now: Instant, ceiling: Duration) -> HealDecision {
        match self.inner.lock().objects.get_mut(id) {
            Some(tracked) => tracked.brake.ask(now, ceiling),
            None => HealDecision::Now,
        }
    }

    /// The resourceVersion at which an object was found Current, and the newest one known.
    pub(crate) fn verdict(&self, id: &ObjectId) -> (u64, u64) {
        self.inner.lock().objects.get(id).map_or((0, 0), |tracked| (tracked.current_at, tracked.newest()))
    }

    /// Forgets which objects are Current where they were judged in another way.
    pub(crate) fn judge_by(&self, way: Vec<u8>) {
        let mut inner = self.inner.lock();
        if inner.judged_by != way {
            inner.objects.values_mut().for_each(|tracked| tracked.current_at = 0);
            inner.judged_by = way;
        }
    }

    /// Remembers that an object is Current at a resourceVersion.
    pub(crate) fn set_current(&self, id: &ObjectId, resource_version: u64) {
        if let Some(tracked) = self.inner.lock().objects.get_mut(id) {
            tracked.current_at = resource_version;
        }
    }
}

/// What follows from word of the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// Nothing.
    Nothing,
    /// The object has to be healed.
    Drift,
    /// Another Kustomization has taken it over, or it is gone: the inventory can let go of it.
    TakenOver,
}

fn base_of(object: &Manifest, change: &Change) -> Base {
    match (change.action, &change.baseline) {
        (Action::Skipped, Some(_)) if apply::directive::is_create_only(object.value()) => Base::CreateOnly,
        (Action::Skipped, _) => Base::Skipped,
        (_, Some(_)) if apply::directive::is_create_only(object.value()) => Base::CreateOnly,
        (_, Some(baseline)) => Base::Known(baseline.clone()),
        (_, None) => Base::Unknown,
    }
}

/// The texts of a Secret.
fn texts(secret: Option<&Value>) -> Vec<String> {
    let data = secret.and_then(|secret| secret.get("stringData")).and_then(Value::as_object);
    data.into_iter().flat_map(|data| data.values()).filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests;
