//! The Kustomizations that there are, as far as they may be read: who depends on whom, and who applies the same objects.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use api::kustomization::Kustomization;
use api::{FLUX_VERSION, KUSTOMIZE_GROUP};
use convergence::claim::{Claimant, contend};
use convergence::dependencies::{self, Chain, Reach};
use convergence::{Rival, SourceView};
use jiff::Timestamp;
use kube::api::ListParams;
use kube::core::DynamicObject;
use kube::{Api, Client};
use manifest::ObjectId;

use super::answer::{Answer, all};
use super::pages::{self, Listed};
use super::since;
use crate::cluster::failed;
use crate::error::CliError;
use crate::resource::{Kinds, Lookup, Served};

#[cfg(test)]
mod tests;

/// Kustomizations that are read one by one because a list does not show them.
const READS: usize = 200;

/// Namespace and name.
pub(crate) type Key = (String, String);

/// A Kustomization.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// The object.
    pub(crate) object: Arc<Kustomization>,
    /// Since when its spec is what it is.
    pub(crate) changed: Option<Timestamp>,
}

impl Member {
    /// Reads what a server sent; `None` if that is no Kustomization.
    pub(crate) fn read(object: DynamicObject) -> Option<Self> {
        let changed = since::spec_changed(object.metadata.managed_fields.as_deref().unwrap_or_default());
        let mut object = object;
        object.metadata.managed_fields = None;
        let object = serde_json::from_value(serde_json::to_value(object).ok()?).ok()?;
        Some(Self { object: Arc::new(object), changed })
    }

    /// Namespace and name.
    pub(crate) fn key(&self) -> Key {
        key_of(&self.object)
    }
}

/// Namespace and name of a Kustomization.
pub(crate) fn key_of(object: &Kustomization) -> Key {
    let metadata = &object.metadata;
    (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}

/// Which namespaces are known as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whole {
    All,
    Of(BTreeSet<String>),
}

/// The Kustomizations that are known.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    members: BTreeMap<Key, Member>,
    whole: Whole,
    /// Those that may not be read.
    hidden: BTreeSet<Key>,
    /// What of all this could not be looked at.
    pub(crate) notes: Vec<String>,
}

impl Fleet {
    /// Those of one namespace; with `None` those of all.
    pub(crate) async fn list(
        client: &Client,
        kinds: &Kinds,
        namespace: Option<&str>,
    ) -> Result<Self, CliError> {
        let api = api(client, served(kinds)?, namespace);
        let list = pages::list(&api, &ListParams::default()).await;
        let list = list.map_err(|error| failed("Kustomizations", &error))?;
        Ok(Self::of_list(list, namespace))
    }

    /// Those of all namespaces, or of one where those of all may not be read.
    pub(crate) async fn around(client: &Client, kinds: &Kinds, namespace: &str) -> Result<Self, CliError> {
        let served = served(kinds)?;
        let params = ListParams::default();
        match Answer::of_list(pages::list(&api(client, served, None), &params).await) {
            Answer::Found(list) => Ok(Self::of_list(list, None)),
            Answer::Absent | Answer::Forbidden | Answer::Failed(_) => {
                let here = pages::list(&api(client, served, Some(namespace)), &params).await;
                let (mut fleet, whole) = match Answer::of_list(here) {
                    Answer::Found(list) => (Self::of_list(list, Some(namespace)), true),
                    _ => (Self::of(Vec::new(), Some(namespace)), false),
                };
                if !whole {
                    fleet.whole = Whole::Of(BTreeSet::new());
                }
                let of = if whole { "Kustomizations of other namespaces" } else { "other Kustomizations" };
                fleet.notes.push(format!(
                    "{of}: you may not list them, so that whether they apply the same objects is not known"
                ));
                Ok(fleet)
            }
        }
    }

    /// Of a list of a namespace, or of all; one without end shows nothing as a whole.
    pub(crate) fn of_list(list: Listed<DynamicObject>, namespace: Option<&str>) -> Self {
        let mut notes = Vec::new();
        let is_cut = list.is_cut;
        let mut fleet = Self::of(list.noting("Kustomizations", &mut notes), namespace);
        if is_cut {
            fleet.whole = Whole::Of(BTreeSet::new());
        }
        fleet.notes.extend(notes);
        fleet
    }

    /// Of what a server has sent: all of a namespace, or of all.
    pub(crate) fn of(items: Vec<DynamicObject>, namespace: Option<&str>) -> Self {
        let count = items.len();
        let members: BTreeMap<Key, Member> =
            items.into_iter().filter_map(Member::read).map(|member| (member.key(), member)).collect();
        let mut notes = Vec::new();
        let unread = count.saturating_sub(members.len());
        if unread > 0 {
            notes.push(format!("{unread} Kustomizations: they have a form that this version cannot read"));
        }
        let whole = namespace.map_or(Whole::All, |one| Whole::Of(BTreeSet::from([one.to_owned()])));
        Self { members, whole, hidden: BTreeSet::new(), notes }
    }

    /// All that are known, by namespace and name.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// One of them.
    pub(crate) fn get(&self, key: &Key) -> Option<&Member> {
        self.members.get(key)
    }

    /// Puts in what is known of one now.
    pub(crate) fn insert(&mut self, member: Member) {
        self.members.insert(member.key(), member);
    }

    /// Whether those of a namespace are known as a whole.
    pub(crate) fn has_listed(&self, namespace: &str) -> bool {
        match &self.whole {
            Whole::All => true,
            Whole::Of(namespaces) => namespaces.contains(namespace),
        }
    }

    fn is_known(&self, key: &Key) -> bool {
        self.has_listed(&key.0) || self.members.contains_key(key) || self.hidden.contains(key)
    }

    /// Reads what Kustomizations depend on, down to the last one, as far as no list has shown it.
    pub(crate) async fn follow(&mut self, client: &Client, kinds: &Kinds, from: &[Key]) {
        let Ok(served) = served(kinds) else { return };
        let mut next: Vec<Key> = from.to_vec();
        let mut passed: BTreeSet<Key> = next.iter().cloned().collect();
        let mut left = READS;
        while !next.is_empty() {
            let wanted: BTreeSet<Key> = next
                .iter()
                .filter_map(|key| self.get(key))
                .flat_map(|member| {
                    dependencies::of(&member.object).map(|id| (id.namespace, id.name)).collect::<Vec<_>>()
                })
                .filter(|key| passed.insert(key.clone()))
                .collect();
            let unknown: Vec<Key> =
                wanted.iter().filter(|key| !self.is_known(key)).take(left).cloned().collect();
            left = left.saturating_sub(unknown.len());
            let read = all(unknown.into_iter().map(|key| async move {
                let found = api(client, served, Some(&key.0)).get_opt(&key.1).await;
                (key, Answer::of(found))
            }));
            for (key, answer) in read.await {
                match answer {
                    Answer::Found(object) => {
                        self.members.extend(Member::read(object).map(|member| (key, member)));
                    }
                    Answer::Absent => {}
                    Answer::Forbidden => {
                        let (namespace, name) = &key;
                        self.notes.push(format!("Kustomization/{namespace}/{name}: you may not read it"));
                        self.hidden.insert(key);
                    }
                    Answer::Failed(why) => {
                        let (namespace, name) = &key;
                        self.notes.push(format!("Kustomization/{namespace}/{name}: {why}"));
                        self.hidden.insert(key);
                    }
                }
            }
            next = wanted.into_iter().collect();
        }
    }

    /// What a Kustomization waits for. Of what may not be read nothing is said.
    pub(crate) fn chain(&self, object: &Kustomization) -> Chain {
        let visible = self.without_hidden(object);
        dependencies::chain(&visible, Reach::AllNamespaces, |id| {
            let found = self.get(&(id.namespace.clone(), id.name.clone()))?;
            Some(Arc::new(self.without_hidden(&found.object)))
        })
    }

    fn without_hidden(&self, object: &Kustomization) -> Kustomization {
        let mut object = object.clone();
        if !self.hidden.is_empty() {
            let own = object.metadata.namespace.clone().unwrap_or_default();
            object.spec.depends_on.retain(|dependency| {
                let key = (dependency.namespace_or(&own).to_owned(), dependency.name.clone());
                !self.hidden.contains(&key)
            });
        }
        object
    }

    /// Who else keeps what a Kustomization's inventory names, of those that are known. `source_of` tells what is known of a
    /// Kustomization's source.
    pub(crate) fn rivals(
        &self,
        object: &Kustomization,
        claims: &Claims<'_>,
        source_of: impl Fn(&Kustomization) -> Option<SourceView>,
    ) -> Vec<Rival> {
        let own = key_of(object);
        let mut rivals = Vec::new();
        for id in inventory(object) {
            for other in claims.0.get(id).into_iter().flatten().filter(|member| member.key() != own) {
                let (ours, theirs) = (source_of(object), source_of(&other.object));
                let one = Claimant { kustomization: object, desired: revision(ours.as_ref()) };
                let two = Claimant { kustomization: &other.object, desired: revision(theirs.as_ref()) };
                if let (true, Ok(object)) = (contend(&one, &two), ObjectId::from_inventory(id)) {
                    rivals.push(Rival { object, kustomization: Some(dependencies::id_of(&other.object)) });
                }
            }
        }
        rivals.sort();
        rivals
    }

    /// Who names which object.
    pub(crate) fn claims(&self) -> Claims<'_> {
        let mut claims: HashMap<&str, Vec<&Member>> = HashMap::new();
        for member in self.members() {
            for id in inventory(&member.object) {
                claims.entry(id).or_default().push(member);
            }
        }
        claims.retain(|_, members| members.len() > 1);
        Claims(claims)
    }

    /// The Kustomizations whose inventories name an object.
    pub(crate) fn owners<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Member> {
        self.members().filter(move |member| inventory(&member.object).any(|entry| entry == id))
    }
}

/// Which Kustomizations' inventories name an object that several name.
#[derive(Debug, Default)]
pub(crate) struct Claims<'a>(HashMap<&'a str, Vec<&'a Member>>);

impl<'a> Claims<'a> {
    /// Those that name an object that a Kustomization names, too.
    pub(crate) fn others(&self, member: &Member) -> Vec<&'a Member> {
        let own = member.key();
        let all = inventory(&member.object).filter_map(|id| self.0.get(id)).flatten();
        let mut others: BTreeMap<Key, &'a Member> = BTreeMap::new();
        for other in all.filter(|other| other.key() != own) {
            others.insert(other.key(), other);
        }
        others.into_values().collect()
    }
}

/// The ids in a Kustomization's inventory.
pub(crate) fn inventory(object: &Kustomization) -> impl Iterator<Item = &str> {
    let inventory = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    inventory.into_iter().flat_map(|inventory| &inventory.entries).map(|entry| entry.id.as_str())
}

fn revision(source: Option<&SourceView>) -> Option<&str> {
    match source {
        Some(SourceView::Known(source)) => source.revision.as_deref(),
        _ => None,
    }
}

/// What is said where there are none: in a namespace, or anywhere.
pub(crate) fn none_in(namespace: Option<&str>) -> String {
    match namespace {
        Some(namespace) => {
            format!("there are no Kustomizations in namespace {namespace}; -A shows those of all")
        }
        None => "there are no Kustomizations".to_owned(),
    }
}

/// How Kustomizations are served.
pub(crate) fn served(kinds: &Kinds) -> Result<&Served, CliError> {
    match kinds.of(KUSTOMIZE_GROUP, FLUX_VERSION, "Kustomization") {
        Lookup::Served(served) => Ok(served),
        Lookup::Unserved | Lookup::Untold => Err(CliError::cluster(format!(
            "the API server does not serve Kustomizations of {KUSTOMIZE_GROUP}/{FLUX_VERSION}"
        ))
        .with_hints(["`flyball check` says what is installed".to_owned()])),
    }
}

fn api(client: &Client, served: &Served, namespace: Option<&str>) -> Api<DynamicObject> {
    match namespace {
        Some(namespace) => served.api(client, namespace),
        None => served.api_in_all(client),
    }
}
