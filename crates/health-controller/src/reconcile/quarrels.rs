//! Which other Kustomizations a Kustomization contends with for objects of its inventory. Pure: when two that name an
//! object contend for it is `convergence::claim`'s to say, who names what `claims`'.

use std::collections::{BTreeSet, HashSet};

use api::blocker::BlockerCode;
use api::convergence::Blocker;
use convergence::claim::{Claimant, cluster_of, contend};
use convergence::dependencies::{Reach, id_of};
use convergence::{Rival, Visibility};
use manifest::ObjectId;

use crate::claims::entries;

#[cfg(test)]
mod tests;

/// So many are told of.
const MOST: usize = 1000;

/// Whom a Kustomization was said to contend with. A quarrel begins when both stand by the object, and ends when one of them
/// lets go: a run that is under way does not end it.
#[derive(Debug, Default)]
pub(super) struct Quarrels {
    known: BTreeSet<(ObjectId, ObjectId)>,
    /// Objects of quarrels that an earlier process has told of, until the first look.
    published: BTreeSet<String>,
}

impl Quarrels {
    /// After a restart.
    pub(super) fn restored(blockers: &[Blocker]) -> Self {
        let told = blockers.iter().filter(|blocker| blocker.code == BlockerCode::OwnershipConflict);
        Self {
            known: BTreeSet::new(),
            published: told.filter_map(|blocker| blocker.object.clone()).collect(),
        }
    }

    fn has(&self, object: &ObjectId, other: &ObjectId) -> bool {
        let is_published = || {
            self.published.contains(&object.to_string()) || self.published.contains(&object.to_inventory())
        };
        self.known.contains(&(object.clone(), other.clone()))
            || (!self.published.is_empty() && is_published())
    }

    /// Looks again: `others` are those that may name an object of `own`'s inventory. `is_known`: what has been seen to be
    /// this Kustomization's. The rivals, and what is to be remembered of them once that is told.
    pub(super) fn look(
        &self,
        own: &Claimant<'_>,
        others: &[Claimant<'_>],
        objects: &[(&ObjectId, &Visibility)],
        is_known: impl Fn(&ObjectId) -> bool,
        reach: Reach,
    ) -> (Vec<Rival>, Self) {
        let home = own.kustomization.metadata.namespace.clone().unwrap_or_default();
        let (mut known, mut rivals) = (BTreeSet::new(), Vec::new());
        for other in others {
            let id = id_of(other.kustomization);
            let contends = contend(own, other);
            if !contends && !goes_on(own, other) {
                continue;
            }
            let may_tell_who = reach.includes(&home, &id.namespace);
            let named: HashSet<&str> = entries(other.kustomization).collect();
            for (object, seen) in
                objects.iter().filter(|(object, _)| named.contains(object.to_inventory().as_str()))
            {
                let told = contends || self.has(object, &id);
                if !told || !(may_tell_who || may_tell(object, seen, &home) || is_known(object)) {
                    continue;
                }
                known.insert(((*object).clone(), id.clone()));
                let kustomization = may_tell_who.then(|| id.clone());
                rivals.push(Rival { object: (*object).clone(), kustomization });
            }
        }
        rivals.sort_unstable();
        rivals.dedup();
        rivals.truncate(MOST);
        (rivals, Self { known, published: BTreeSet::new() })
    }
}

/// Whether a quarrel that has begun goes on, as far as the two go.
fn goes_on(own: &Claimant<'_>, other: &Claimant<'_>) -> bool {
    own.writes() && other.writes() && cluster_of(own.kustomization) == cluster_of(other.kustomization)
}

/// Whether it is this Kustomization's to know that there is such an object. Who names an object in another namespace does
/// not learn by that whether somebody else has it; who sees it with its own labels, or in its own namespace, knows.
fn may_tell(object: &ObjectId, seen: &Visibility, home: &str) -> bool {
    matches!(seen, Visibility::Seen(_)) || (!home.is_empty() && object.namespace == home)
}
