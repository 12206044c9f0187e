//! Finds out whose events are meant, and reads those that there are. What belongs to whom is `whom`'s, and what comes
//! later `watching`'s.

use std::collections::HashSet;

use futures::{StreamExt as _, stream};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::ListParams;
use kube::core::DynamicObject;
use kube::{Api, Client};
use manifest::ObjectId;
use serde_json::Value;

use super::told::Told;
use super::watching::{Place, read_event};
use super::whom::{Flux, MADE, Whom};
use crate::cluster::failed;
use crate::error::CliError;
use crate::look::{Answer, inventory, pages};
use crate::reconciliation::source_of;
use crate::resource::{self, Kinds, Lookup, Meant, Served};

/// Lists under way at a time.
const AT_A_TIME: usize = 16;
/// Objects that nobody we look for made are remembered up to here.
const STRANGERS: usize = 4096;

/// Reads events of one set of objects.
pub(super) struct Gatherer<'a> {
    pub(super) client: &'a Client,
    pub(super) kinds: &'a Kinds,
    pub(super) whom: Whom,
    strangers: HashSet<ObjectId>,
}

impl<'a> Gatherer<'a> {
    /// Finds out who is meant.
    pub(super) async fn new(
        client: &'a Client,
        kinds: &'a Kinds,
        meant: &Meant,
        namespace: &str,
        notes: &mut Vec<String>,
    ) -> Result<Self, CliError> {
        let mut whom = match meant {
            Meant::One(_) => Whom::new(Flux::Named),
            Meant::Namespace => Whom::new(Flux::In(namespace.to_owned())),
            Meant::All => Whom::new(Flux::All),
        };
        let objects: Vec<DynamicObject> = match meant {
            Meant::One(named) => {
                let target = resource::find(kinds, named, namespace)?;
                let subject = target.id();
                let found = target.api(client).get_opt(&target.name).await;
                let found = found.map_err(|error| failed(&subject.to_string(), &error.into()))?;
                if found.is_none() {
                    // Events outlive what they are about.
                    notes.push(format!("{subject}: there is none (any more)"));
                }
                whom.add(subject);
                found.into_iter().collect()
            }
            Meant::Namespace | Meant::All => {
                let Lookup::Served(served) = kinds.of_any_version(api::KUSTOMIZE_GROUP, "Kustomization")
                else {
                    return Err(CliError::cluster("the API server serves no Kustomizations")
                        .with_hints(["`flyball check` says which CRDs are installed".to_owned()]));
                };
                let api = match meant {
                    Meant::All => served.api_in_all(client),
                    _ => served.api(client, namespace),
                };
                let listed = pages::list(&api, &ListParams::default()).await;
                listed.map_err(|error| failed("Kustomizations", &error))?.noting("Kustomizations", notes)
            }
        };
        for object in objects {
            if !belonging(&object, &mut whom) {
                let name = object.metadata.name.as_deref().unwrap_or_default();
                notes.push(format!(
                    "Kustomization {name} applies to another cluster, where the events of its objects are"
                ));
            }
        }
        let mut gatherer = Self { client, kinds, whom, strangers: HashSet::new() };
        gatherer.follow_owners().await;
        Ok(gatherer)
    }

    /// What workloads have made so far.
    async fn follow_owners(&mut self) {
        for (group, version, kind) in MADE {
            let Lookup::Served(served) = self.kinds.of(group, version, kind) else { continue };
            let lists = self.whom.workloads().into_iter().map(|namespace| {
                let api = served.api(self.client, &namespace);
                async move { (namespace, pages::list_metadata(&api, &ListParams::default()).await) }
            });
            let lists: Vec<_> = stream::iter(lists).buffered(AT_A_TIME).collect().await;
            for (namespace, list) in lists {
                // What may not be listed is told by events of it one by one, or not at all.
                let owned = Answer::of_list(list).found().map_or_else(Vec::new, |list| list.items);
                for object in owned {
                    let id = served.id(&namespace, object.metadata.name.as_deref().unwrap_or_default());
                    self.whom.add_owned(id, object.metadata.owner_references.as_deref().unwrap_or_default());
                }
            }
        }
    }

    /// Everything that was told so far, and where each list stands.
    pub(super) async fn list(
        &mut self,
        notes: &mut Vec<String>,
    ) -> Result<(Vec<Told>, Vec<Place>), CliError> {
        let Lookup::Served(served) = self.kinds.of("", "v1", "Event") else {
            return Err(CliError::cluster("the API server serves no events"));
        };
        let apis: Vec<(String, Api<DynamicObject>)> = match self.whom.namespaces() {
            None => vec![("all namespaces".to_owned(), served.api_in_all(self.client))],
            Some(namespaces) => namespaces
                .into_iter()
                .map(|namespace| {
                    let api = served.api(self.client, &namespace);
                    (namespace, api)
                })
                .collect(),
        };
        let count = apis.len();
        let lists = apis
            .into_iter()
            .map(|(shown, api)| async move { (shown, pages::list(&api, &ListParams::default()).await, api) });
        let lists: Vec<_> = stream::iter(lists).buffered(AT_A_TIME).collect().await;
        let (mut told, mut places, mut refused) = (Vec::new(), Vec::new(), None);
        for (shown, listed, events) in lists {
            match listed {
                Ok(list) => {
                    let version = list.version.clone();
                    let items = list.noting(&format!("events in {shown}"), notes);
                    told.extend(items.iter().filter_map(read_event));
                    places.push(Place { events, version });
                }
                Err(error) if error.is_transient() => return Err(failed("events", &error)),
                Err(error) => {
                    notes.push(format!("events in {shown}: {}", error.message()));
                    refused = Some(error);
                }
            }
        }
        match refused {
            Some(error) if places.is_empty() && count > 0 => return Err(failed("events", &error)),
            _ => {}
        }
        let mut shown = Vec::new();
        for event in told {
            if self.is_meant(&event.id).await {
                shown.push(event);
            }
        }
        Ok((shown, places))
    }

    /// Whether events of an object are shown: one that is not known yet is asked who made it.
    pub(super) async fn is_meant(&mut self, id: &ObjectId) -> bool {
        if self.whom.has(id) {
            return true;
        }
        if !self.whom.may_own(id) || self.strangers.contains(id) {
            return false;
        }
        let made = MADE.iter().find(|(_, _, kind)| id.kind == *kind);
        let Some(Lookup::Served(served)) =
            made.map(|(group, version, kind)| self.kinds.of(group, version, kind))
        else {
            return false;
        };
        let owned = match owners(self.client, served, id).await {
            Some(owners) => self.whom.add_owned(served.id(&id.namespace, &id.name), &owners),
            None => false,
        };
        if !owned && self.strangers.len() < STRANGERS {
            self.strangers.insert(id.clone());
        }
        owned
    }
}

async fn owners(client: &Client, served: &Served, id: &ObjectId) -> Option<Vec<OwnerReference>> {
    let found = served.api(client, &id.namespace).get_metadata_opt(&id.name).await;
    Some(Answer::of(found).found()?.metadata.owner_references.unwrap_or_default())
}

/// An object, its source and its inventory; false if what it applies is in another cluster, where its events are.
fn belonging(object: &DynamicObject, whom: &mut Whom) -> bool {
    // What came as JSON goes as JSON.
    let value = serde_json::to_value(object).unwrap_or_default();
    let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let namespace = text("/metadata/namespace");
    let gvk = manifest::Gvk::parse(text("/apiVersion"), text("/kind"));
    whom.add(ObjectId {
        namespace: namespace.to_owned(),
        name: text("/metadata/name").to_owned(),
        group: gvk.group,
        kind: gvk.kind.clone(),
    });
    if let Ok((kind, namespace, name)) = source_of(&value) {
        whom.add(ObjectId { namespace, name, group: api::SOURCE_GROUP.to_owned(), kind });
    }
    if gvk.kind != "Kustomization" {
        return true;
    }
    let Ok(kustomization) = serde_json::from_value(value.clone()) else { return true };
    let kustomization: api::kustomization::Kustomization = kustomization;
    if kustomization.spec.kube_config.is_some() {
        return false;
    }
    inventory(&kustomization).filter_map(|id| ObjectId::from_inventory(id).ok()).for_each(|id| whom.add(id));
    true
}
