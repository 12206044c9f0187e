//! What is watched while an object is waited for: itself, for a Kustomization also its source and what health-controller
//! publishes of it, and where that publishes nothing everything that it has applied.

use std::collections::BTreeSet;

use api::labels::{OWNER_NAME, OWNER_NAMESPACE};
use api::{FLUX_VERSION, FLYBALL_GROUP, FLYBALL_VERSION, KUSTOMIZE_GROUP, SOURCE_GROUP};
use kube::Client;
use manifest::ObjectId;

use super::seen::Seen;
use crate::look::{Bell, Looker, Member, Selection, source_of};
use crate::resource::{Kinds, Lookup, Target};

/// Kinds in namespaces that are watched; more are looked at now and then.
const MOST: usize = 64;

/// Group, version, kind and namespace, and which objects of that.
type Watch = (String, String, String, String, Selection);

/// The watches.
pub(super) struct Watched {
    bell: Bell,
    known: BTreeSet<Watch>,
}

impl Watched {
    /// Watches the object.
    pub(super) fn new(looker: &Looker, target: &Target) -> Self {
        let mut bell = Bell::default();
        let one = Selection::named(&target.name);
        bell.watch(target.api(looker.client()), &one);
        if target.is(KUSTOMIZE_GROUP, "Kustomization")
            && let Lookup::Served(served) = looker.kinds().of(FLYBALL_GROUP, FLYBALL_VERSION, "Convergence")
        {
            bell.watch(served.api(looker.client(), &target.namespace), &one);
        }
        Self { bell, known: BTreeSet::new() }
    }

    /// Watches what was found to make a difference.
    pub(super) fn follow(&mut self, looker: &Looker, seen: &Seen) {
        let Some(member) = &seen.kustomization else { return };
        let here = (looker.client(), looker.kinds());
        self.add(here, source(member));
        if seen.is_published {
            return;
        }
        match (&seen.elsewhere, &member.object.spec.kube_config) {
            (Some(elsewhere), _) => self.add((elsewhere.client(), &elsewhere.kinds), objects(member)),
            (None, None) => self.add(here, objects(member)),
            // Nobody gets there.
            (None, Some(_)) => {}
        }
    }

    fn add(&mut self, (client, kinds): (&Client, &Kinds), wanted: impl IntoIterator<Item = Watch>) {
        for watch in wanted {
            if self.known.len() >= MOST || self.known.contains(&watch) {
                continue;
            }
            let (group, version, kind, namespace, selection) = &watch;
            if let Lookup::Served(served) = kinds.of(group, version, kind) {
                self.bell.watch(served.api(client, namespace), selection);
            }
            self.known.insert(watch);
        }
    }

    /// Waits until something has changed.
    pub(super) async fn rung(&self) {
        self.bell.rung().await;
    }
}

fn source(member: &Member) -> Option<Watch> {
    let (kind, namespace, name) = source_of(&member.object)?;
    Some((
        SOURCE_GROUP.to_owned(),
        FLUX_VERSION.to_owned(),
        kind.to_owned(),
        namespace,
        Selection::named(&name),
    ))
}

/// Everything of a Kustomization, by its labels.
fn objects(member: &Member) -> Vec<Watch> {
    let (namespace, name) = member.key();
    let labels = format!("{OWNER_NAME}={name},{OWNER_NAMESPACE}={namespace}");
    let status = member.object.status.as_ref();
    let entries = status.and_then(|status| status.inventory.as_ref()).map_or(&[][..], |found| &found.entries);
    let places: BTreeSet<(String, String, String, String)> = entries
        .iter()
        .filter_map(|entry| {
            let id = ObjectId::from_inventory(&entry.id).ok()?;
            Some((id.group, entry.v.clone(), id.kind, id.namespace))
        })
        .collect();
    let watch = |(group, version, kind, namespace)| {
        (group, version, kind, namespace, Selection::labelled(labels.clone()))
    };
    places.into_iter().map(watch).collect()
}
