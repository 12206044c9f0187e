//! Which cluster each Kustomization's objects are in, as far as that is known: what kubeconfigs led to when they were read
//! last, and the target that each Kustomization is at home in. No request is made here; `reconcile::access` reads.
//!
//! A target stays for as long as a Kustomization is at home there, and a while longer. A kubeconfig with another content
//! leads to another target, also when it is the same cluster in truth: nothing that was found out with one set of
//! credentials is taken over by another.

use crate::args::Options;
use crate::references::{Access, Version};
use crate::target::Place;
use crate::watched_target::WatchedTarget;
use api::kustomization::KustomizationSpec;
use cluster::{RemoteConfig, Target, TargetId, Targets};
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::Instant;

/// Hangs on a target what this controller keeps there.
type Furnish = Box<dyn Fn(Target) -> WatchedTarget + Send + Sync>;

/// What a kubeconfig led to.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    /// When it was in this version.
    pub(crate) version: Version,
    pub(crate) digest: [u8; 32],
    /// From when on it is asked for again though nothing has changed here: what a cloud said may have changed there.
    pub(crate) again: Option<Instant>,
}

struct Home {
    place: Place,
    target: Arc<WatchedTarget>,
}

#[derive(Default)]
struct Inner {
    read: HashMap<Access, Read>,
    homes: HashMap<ObjectKey, Home>,
}

/// See the module.
pub(crate) struct Clusters {
    targets: Targets<WatchedTarget>,
    /// In the place of a target that cannot be told: whatever is asked of it fails.
    nowhere: Arc<WatchedTarget>,
    connect: cluster::ConnectOptions,
    furnish: Furnish,
    inner: Mutex<Inner>,
}

impl Clusters {
    /// With the own cluster. Others are connected to by `connect`, and furnished.
    pub(crate) fn new(
        own: WatchedTarget,
        connect: cluster::ConnectOptions,
        furnish: impl Fn(Target) -> WatchedTarget + Send + Sync + 'static,
    ) -> Self {
        let nowhere = Arc::new(WatchedTarget::unwatched(Target::nowhere()));
        let (targets, furnish) = (Targets::new(own), Box::new(furnish));
        Self { targets, nowhere, connect, furnish, inner: Mutex::default() }
    }

    /// The own cluster.
    pub(crate) const fn local(&self) -> &Arc<WatchedTarget> {
        self.targets.local()
    }

    /// What stands for a target that is not known.
    pub(crate) const fn nowhere(&self) -> &Arc<WatchedTarget> {
        &self.nowhere
    }

    /// All that there are.
    pub(crate) fn all(&self) -> Vec<Arc<WatchedTarget>> {
        self.targets.all()
    }

    /// Lets go of what is idle.
    pub(crate) fn sweep(&self) {
        self.targets.sweep();
        self.local().cluster.sweep();
    }

    /// The target that a Kustomization's last run found, if its spec still says the same.
    pub(crate) fn home(
        &self,
        key: &ObjectKey,
        options: &Options,
        spec: &KustomizationSpec,
    ) -> Option<Arc<WatchedTarget>> {
        match Place::of(options, &key.namespace, spec) {
            Place::Local => Some(Arc::clone(self.local())),
            place => {
                let inner = self.inner.lock();
                inner.homes.get(key).filter(|home| home.place == place).map(|home| Arc::clone(&home.target))
            }
        }
    }

    /// Where a place is, as far as somebody has found out.
    pub(crate) fn id_of(&self, place: &Place) -> Option<TargetId> {
        match place {
            Place::Local => Some(TargetId::Local),
            Place::Remote { access, user } => {
                let digest = self.inner.lock().read.get(access)?.digest;
                Some(TargetId::remote(digest, user.clone()))
            }
        }
    }

    /// What a kubeconfig led to when it was read last.
    pub(crate) fn read(&self, access: &Access) -> Option<Read> {
        self.inner.lock().read.get(access).cloned()
    }

    /// What was read is good until then, although it was to be asked for again.
    pub(crate) fn postpone(&self, access: &Access, again: Instant) {
        if let Some(read) = self.inner.lock().read.get_mut(access) {
            read.again = Some(again);
        }
    }

    /// The target of a kubeconfig that was read before, if it is still there.
    pub(crate) fn get(&self, digest: [u8; 32], user: Option<&String>) -> Option<Arc<WatchedTarget>> {
        self.targets.get(&TargetId::remote(digest, user.cloned()))
    }

    /// A kubeconfig was read: its target.
    ///
    /// # Errors
    /// What it holds cannot be used.
    pub(crate) fn learn(
        &self,
        access: &Access,
        user: Option<&String>,
        read: Read,
        config: RemoteConfig,
    ) -> Result<Arc<WatchedTarget>, cluster::Error> {
        let id = TargetId::remote(read.digest, user.cloned());
        let target = self
            .targets
            .get_or_make(&id, || Target::remote(id.clone(), config, &self.connect).map(&self.furnish))?;
        self.inner.lock().read.insert(access.clone(), read);
        Ok(target)
    }

    /// A Kustomization's objects are in this target from now on; the one that it leaves, if it is another.
    pub(crate) fn settle(
        &self,
        key: &ObjectKey,
        place: &Place,
        target: &Arc<WatchedTarget>,
    ) -> Option<Arc<WatchedTarget>> {
        if *place == Place::Local {
            return self.leave(key);
        }
        let home = Home { place: place.clone(), target: Arc::clone(target) };
        let mut inner = self.inner.lock();
        let before = inner.homes.insert(key.clone(), home);
        inner.forget_unused();
        before.map(|home| home.target).filter(|left| left.id() != target.id())
    }

    /// A Kustomization has no home in another cluster any more; where it was.
    pub(crate) fn leave(&self, key: &ObjectKey) -> Option<Arc<WatchedTarget>> {
        let mut inner = self.inner.lock();
        let home = inner.homes.remove(key)?;
        inner.forget_unused();
        Some(home.target)
    }

    /// Who is at home in a target.
    pub(crate) fn at(&self, id: &TargetId) -> Vec<ObjectKey> {
        let inner = self.inner.lock();
        let here = inner.homes.iter().filter(|(_, home)| home.target.id() == id);
        here.map(|(key, _)| key.clone()).collect()
    }
}

impl Inner {
    /// What nobody's home was found by is forgotten.
    fn forget_unused(&mut self) {
        let homes = &self.homes;
        let is_used = |access: &Access| {
            homes
                .values()
                .any(|home| matches!(&home.place, Place::Remote { access: used, .. } if used == access))
        };
        if self.read.len() > homes.len() {
            self.read.retain(|access, _| is_used(access));
        }
    }
}

#[cfg(test)]
mod tests;
