//! What was pruned and is not gone: objects that carry a Kustomization's owner labels, are being deleted, and stand in no
//! inventory, so that their kind is not known from there. All kinds that the server lists are looked through.

use std::collections::HashSet;

use api::blocker::BlockerCode;
use api::convergence::{Blocker, ConvergenceStatus};
use convergence::{Owner, Seen};
use kube::api::ListParams;
use manifest::ObjectId;

use super::answer::{Answer, all};
use super::objects::{Found, Reader, Whose};
use super::pages;
use crate::resource::{Kinds, Named, Served};

#[cfg(test)]
mod tests;

/// Objects that are read whole; that so many hang at once has one cause.
const READS: usize = 50;

/// Finds them, those of `known` aside. What health-controller says to hang is read also where it may not be listed.
pub(crate) async fn find(
    reader: &Reader<'_>,
    owner: (&str, &str),
    known: &HashSet<ObjectId>,
    published: Option<&ConvergenceStatus>,
    notes: &mut Vec<String>,
) -> Vec<(ObjectId, Found)> {
    let (namespace, name) = owner;
    let params = ListParams::default().labels(&Whose::One(namespace.to_owned(), name.to_owned()).selector());
    let kinds: Vec<&Served> =
        reader.kinds.preferred().filter(|served| served.is_made_by_somebody()).collect();
    let places: Vec<&str> = namespaces(namespace, known);
    let (params, places) = (&params, &places);
    let listed = all(kinds.into_iter().map(|served| async move {
        let mut cut = Vec::new();
        let ids = leaving(reader, served, params, places, &mut cut).await;
        (ids.into_iter().map(|id| (served, id)).collect::<Vec<_>>(), cut)
    }));
    let (listed, cut): (Vec<_>, Vec<_>) = listed.await.into_iter().unzip();
    notes.extend(cut.into_iter().flatten());
    let told = published.into_iter().flat_map(|published| told(reader.kinds, &published.blockers));
    let mut wanted: Vec<(&Served, ObjectId)> =
        told.chain(listed.into_iter().flatten()).filter(|(_, id)| !known.contains(id)).collect();
    wanted.sort_by(|one, other| one.1.cmp(&other.1));
    wanted.dedup_by(|one, other| one.1 == other.1);
    wanted.truncate(READS);
    let read = all(wanted.into_iter().map(|(served, id)| async move {
        let found = reader.read(served, &id).await.found();
        found.map(|found| (id, found))
    }));
    let theirs = Owner::new(namespace, name);
    let mut found: Vec<(ObjectId, Found)> = read.await.into_iter().flatten().collect();
    found.retain(|(_, found)| found.is_leaving && is_applied(&found.seen, &theirs));
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// What health-controller says to hang. It names kinds without their groups.
fn told<'k>(kinds: &'k Kinds, blockers: &[Blocker]) -> Vec<(&'k Served, ObjectId)> {
    let stuck = blockers.iter().filter(|blocker| blocker.code == BlockerCode::FinalizerStuck);
    let named = stuck.filter_map(|blocker| Named::read(std::slice::from_ref(blocker.object.as_ref()?)).ok());
    let served = named.filter_map(|named| {
        let served = kinds.find(&named.kind).ok()?;
        Some((served, served.id(named.namespace.as_deref().unwrap_or_default(), &named.name)))
    });
    served.collect()
}

/// Whether a Kustomization has applied it. Controllers copy labels to what they make of an object: to the endpoints of a
/// Service, for example.
pub(crate) fn is_applied(seen: &Seen, owner: &Owner) -> bool {
    seen.owner.as_ref() == Some(owner) && seen.mark.is_some()
}

/// Where to look if not everywhere: at home, and where the inventory has something.
fn namespaces<'a>(own: &'a str, known: &'a HashSet<ObjectId>) -> Vec<&'a str> {
    let named = known.iter().map(|id| id.namespace.as_str()).filter(|namespace| !namespace.is_empty());
    let mut all: Vec<&str> = std::iter::once(own).chain(named).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Those of one kind. What may not be listed everywhere is listed where something of the Kustomization is.
async fn leaving(
    reader: &Reader<'_>,
    served: &Served,
    params: &ListParams,
    places: &[&str],
    cut: &mut Vec<String>,
) -> Vec<ObjectId> {
    let what = || format!("{} that are being deleted", served.full_name());
    let everywhere = pages::list_metadata(&served.api_in_all(reader.client), params).await;
    let items = match Answer::of_list(everywhere) {
        Answer::Found(list) => list.noting(&what(), cut),
        Answer::Forbidden if served.is_namespaced => {
            let mut items = Vec::new();
            for namespace in places {
                let here = pages::list_metadata(&served.api(reader.client, namespace), params).await;
                if let Some(list) = Answer::of_list(here).found() {
                    items.extend(list.noting(&what(), cut));
                }
            }
            items
        }
        // Of a kind that does not answer nothing is known here; where the inventory has it, that is said there.
        Answer::Absent | Answer::Forbidden | Answer::Failed(_) => Vec::new(),
    };
    let going = items.into_iter().filter(|item| item.metadata.deletion_timestamp.is_some());
    going
        .map(|item| {
            let metadata = item.metadata;
            served.id(
                metadata.namespace.as_deref().unwrap_or_default(),
                metadata.name.as_deref().unwrap_or_default(),
            )
        })
        .collect()
}
