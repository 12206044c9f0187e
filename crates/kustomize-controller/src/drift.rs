//! One object of a Kustomization as the controller remembers it: what it should be, what was right last, what is there
//! now, and whether that is drift. Pure; `memory` holds many of these under a lock.

use crate::departure;
use crate::heal_backoff::HealBackoff;
use apply::{Baseline, Known};
use kube::core::ObjectMeta;
use manifest::Manifest;
use reconcile_core::ObjectKey;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What was last found to be right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Base {
    /// Not asked yet in this process.
    #[default]
    Unknown,
    /// A directive says hands off (decisions 4.1): it never counts as drift.
    Skipped,
    /// `ssa: IfNotPresent`: only its absence counts.
    CreateOnly,
    /// Applied or found equal.
    Known(Baseline),
    /// Never there in this process: it had drifted before, and was left so.
    Drifted,
}

/// What the metadata watch says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Live {
    /// No word yet.
    #[default]
    Unseen,
    /// It exists.
    Present {
        /// Who and which version.
        baseline: Baseline,
        /// A directive on the live object says hands off.
        ignored: bool,
        /// The owner labels' Kustomization, where it is not the one that tracks the object.
        foreign_owner: Option<Box<ObjectKey>>,
        /// It may go at any moment without anybody's doing.
        departing: bool,
    },
    /// It does not exist any more.
    Absent {
        /// Of the one that was deleted.
        uid: String,
        /// When it went, and in which state, is not known.
        missed: bool,
        /// Kubernetes removed it as it was meant to: no drift, and nothing to heal. The next run that is due, at the
        /// interval at the latest, makes it again, as Flux does.
        by_design: bool,
    },
}

/// The manifest last applied to an object, or about to be.
#[derive(Clone, Debug)]
pub(crate) struct Desired {
    /// The manifest as compact JSON: a tenth of a tree's memory.
    pub(crate) json: Arc<[u8]>,
    /// Of the manifest.
    pub(crate) digest: [u8; 16],
    /// API version without group.
    pub(crate) version: String,
    /// Of the Kustomization in its owner labels: the one that tracks it, unless `commonMetadata` says otherwise.
    pub(crate) owner: OwnerHash,
}

impl Desired {
    /// Of a manifest; `digest` is that of the manifest as it was built.
    pub(crate) fn of(object: &Manifest, digest: [u8; 16]) -> Self {
        let json = serde_json::to_vec(object.value()).unwrap_or_default().into();
        let (namespace, name) = apply::directive::owner(object.value()).unwrap_or_default();
        let owner = OwnerHash::of(&ObjectKey::new(namespace, name));
        Self { json, digest, version: object.gvk().version, owner }
    }
}

/// A Kustomization's key in eight bytes: there is one for every object. Within one process only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnerHash(u64);

impl OwnerHash {
    pub(crate) fn of(key: &ObjectKey) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// That an object is not what was right, for those who ask how long it stayed so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drift {
    /// When that was seen first.
    pub(crate) since: Instant,
    /// The field manager that wrote last, other than ours; none when the object was deleted.
    pub(crate) by: Option<Box<str>>,
}

/// One object.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrackedObject {
    /// What it should be; `None` for an object that is only in the inventory.
    pub(crate) desired: Option<Desired>,
    pub(crate) base: Base,
    pub(crate) live: Live,
    /// An apply of it is under way: nothing is judged (decisions 4.4).
    pub(crate) in_flight: bool,
    /// The resourceVersion at which it was Current (decisions 4.7).
    pub(crate) current_at: u64,
    /// Heals so far.
    pub(crate) brake: HealBackoff,
    /// Since when, and by whom, it is not what was right.
    pub(crate) drift: Option<Box<Drift>>,
    /// The last look at what it drifted to, where it is not healed.
    pub(crate) looked: Option<Box<Looked>>,
}

/// A look at a drifted object that stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Looked {
    /// When.
    pub(crate) at: Instant,
    /// The resourceVersion that was seen; 0 when there was none.
    pub(crate) version: u64,
}

impl TrackedObject {
    /// Whether what is there now is known to differ from what was right: heal it.
    pub(crate) fn is_dirty(&self) -> bool {
        !self.in_flight && self.differs()
    }

    /// Remembers since when it differs, and that it no longer does. While an apply of ours is under way its own event may
    /// look like drift; the outcome puts that right.
    pub(crate) fn note_drift(&mut self, by: Option<&str>, now: Instant) {
        if !self.differs() {
            self.drift = None;
        } else if self.drift.is_none() {
            self.drift = Some(Box::new(Drift { since: now, by: by.map(Into::into) }));
        }
    }

    /// How long it has differed.
    pub(crate) fn differs_for(&self, now: Instant) -> Duration {
        self.drift.as_ref().map(|drift| now.saturating_duration_since(drift.since)).unwrap_or_default()
    }

    fn differs(&self) -> bool {
        if self.desired.is_none() {
            return false;
        }
        match (&self.base, &self.live) {
            (Base::Unknown, _) | (_, Live::Unseen) => false,
            (Base::Drifted, Live::Present { ignored, .. }) => !ignored,
            (Base::Drifted, Live::Absent { by_design, .. }) => !by_design,
            // The directive is gone: what was skipped may now be healed (decisions 4.5).
            (Base::Skipped, Live::Present { ignored, .. }) => !ignored && !self.skips_itself(),
            (Base::Skipped, Live::Absent { .. }) => false,
            (Base::CreateOnly, live) => matches!(live, Live::Absent { by_design: false, .. }),
            (Base::Known(base), Live::Present { baseline, .. }) => {
                baseline.resource_version > base.resource_version
                    && (baseline.uid != base.uid
                        || baseline.fingerprint != base.fingerprint
                        || self.is_taken_over())
            }
            (Base::Known(base), Live::Absent { uid, by_design, .. }) => *uid == base.uid && !by_design,
        }
    }

    /// Whether we made it, or found it right, and the watch has not shown it.
    pub(crate) fn is_unseen(&self) -> bool {
        // Not an object that only has to exist: one that was there before has no label of ours, and no watch shows it.
        let made = matches!(self.base, Base::Known(_));
        made && self.desired.is_some() && !self.in_flight && self.live == Live::Unseen
    }

    /// What we found right or left behind may not be there any more, and no watch has to show it: a write within the same
    /// second leaves the same fingerprint.
    pub(crate) fn doubt(&mut self) {
        if matches!(self.base, Base::Known(_)) {
            self.base = Base::Unknown;
            self.drift = None;
        }
    }

    /// Whether no directive keeps us from managing it.
    pub(crate) const fn is_managed(&self) -> bool {
        !matches!(self.base, Base::Skipped | Base::CreateOnly)
    }

    /// Whether nothing needs to be asked about it (decisions 4.1).
    pub(crate) fn is_settled(&self) -> bool {
        match (&self.base, &self.live) {
            (Base::Unknown | Base::Drifted, _) => false,
            (Base::Skipped, _) => !self.is_dirty(),
            (Base::CreateOnly, live) => matches!(live, Live::Present { .. }),
            // Our own write may be ahead of its watch event.
            (Base::Known(base), Live::Present { baseline, .. }) => {
                baseline.resource_version <= base.resource_version
                    || (baseline.uid == base.uid
                        && baseline.fingerprint == base.fingerprint
                        && !self.is_taken_over())
            }
            (Base::Known(base), Live::Absent { uid, .. }) => *uid != base.uid,
            (Base::Known(_), Live::Unseen) => true,
        }
    }

    /// Whether another Kustomization's labels stand where the manifest has ours. All Kustomizations apply under one name:
    /// within one second of our apply another one's leaves the same fingerprint.
    fn is_taken_over(&self) -> bool {
        let Live::Present { foreign_owner: Some(owner), .. } = &self.live else { return false };
        self.desired.as_ref().is_some_and(|desired| desired.owner != OwnerHash::of(owner))
    }

    /// Whether its going now is what Kubernetes does with such an object.
    pub(crate) fn is_removed_by_design(&self, missed: bool) -> bool {
        let last = match &self.live {
            Live::Present { departing: false, .. } if missed => departure::Last::Missed,
            Live::Present { departing, .. } => departure::Last::Seen { departing: *departing },
            Live::Absent { by_design, .. } => departure::Last::Seen { departing: *by_design },
            Live::Unseen => departure::Last::Missed,
        };
        self.manifest().is_some_and(|manifest| departure::is_by_design(&manifest, last))
    }

    /// What a dry-run's answer is compared with. The base is what is right for the manifest that was applied last.
    pub(crate) fn known(&self) -> Known {
        let base = match &self.base {
            Base::Known(base) => Some(base.clone()),
            _ => None,
        };
        let live = match &self.live {
            Live::Present { baseline, .. } => Some(baseline.clone()),
            _ => None,
        };
        let hands_off = matches!(self.live, Live::Present { ignored: true, .. });
        // What another Kustomization applied may look as ours in everything but its labels and values.
        Known { changed: self.is_taken_over(), base, live, applied: false, hands_off, audited: 0 }
    }

    /// The same for a manifest that is known to be the one that was applied last.
    pub(crate) fn known_applied(&self) -> Known {
        Known { applied: true, ..self.known() }
    }

    /// The version that is there, where nothing is done about the object and it was looked at as it is; 0 otherwise.
    pub(crate) fn audited(&self) -> u64 {
        let seen =
            self.looked.as_ref().filter(|_| self.base == Base::Skipped).map_or(0, |looked| looked.version);
        if seen == self.live_version() { seen } else { 0 }
    }

    /// Which version is there; 0 for none.
    pub(crate) const fn live_version(&self) -> u64 {
        match &self.live {
            Live::Present { baseline, .. } => baseline.resource_version,
            Live::Absent { .. } | Live::Unseen => 0,
        }
    }

    /// The resourceVersion that is known to be the newest.
    pub(crate) fn newest(&self) -> u64 {
        let base = match &self.base {
            Base::Known(base) => base.resource_version,
            _ => 0,
        };
        match &self.live {
            Live::Present { baseline, .. } => base.max(baseline.resource_version),
            _ => base,
        }
    }

    fn skips_itself(&self) -> bool {
        self.manifest().is_some_and(|manifest| apply::directive::is_ignored(&manifest))
    }

    /// The desired manifest as a tree.
    pub(crate) fn manifest(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.desired.as_ref()?.json).ok()
    }
}

/// The manager, other than ours and than status writers, whose entry in the object's metadata is the newest.
pub(crate) fn last_writer<'a>(meta: &'a ObjectMeta, ours: &str) -> Option<&'a str> {
    let entries = meta.managed_fields.as_deref().unwrap_or_default().iter();
    entries
        .filter(|entry| {
            entry.manager.as_deref() != Some(ours) && entry.subresource.as_deref() != Some("status")
        })
        .max_by_key(|entry| entry.time.as_ref().map(|time| time.0))
        .and_then(|entry| entry.manager.as_deref())
}

#[cfg(test)]
mod tests;
