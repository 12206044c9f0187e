//! Where it is worth looking beside objects: what could tell why something of a Kustomization is not well. Pure. While all
//! is well that is nowhere, except that a Service may be well by itself and answer to nobody.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::condition::{self, FALSE, READY};
use api::kustomization::Kustomization;
use api::refusal::{Refusal, Said};
use convergence::dependencies::Reach;
use convergence::{Seen, Visibility};
use health::Rules;
use health::beside::{Beside, Kin};
use manifest::ObjectId;
use serde_json::Value;

use super::inventory::Entry;
use crate::place::Place;

#[cfg(test)]
mod tests;

/// Namespaces that are looked into for one Kustomization, each of which costs watches. What is not well in more of them is
/// explained by itself.
const MAX_NAMESPACES: usize = 50;

/// The label of a slice that names its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// What is of interest.
#[derive(Default)]
pub(super) struct Places {
    /// What has to be watched.
    pub(super) watched: BTreeSet<Place>,
    /// What a change of is worth another look.
    pub(super) followed: BTreeSet<Place>,
    namespaces: BTreeSet<String>,
}

/// The places that explain the objects of a Kustomization. `beside`: what is known beside them already.
pub(super) fn places(
    entries: &[Entry],
    leaving: &[(ObjectId, Arc<Seen>)],
    rules: &Rules,
    beside: &dyn Beside,
) -> Places {
    let mut wanted = Places::default();
    let own = entries.iter().filter_map(|entry| match &entry.visibility {
        Visibility::Seen(seen) => Some((&entry.id, seen)),
        _ => None,
    });
    for (id, seen) in own.chain(leaving.iter().map(|(id, seen)| (id, seen))) {
        wanted.object(id, seen, rules, beside);
    }
    wanted
}

/// The places that explain why objects were refused, where no object that is seen leads there: a namespace that is going,
/// and the endpoints of a webhook that does not answer, where its namespace is within reach.
pub(super) fn of_refusals(object: &Kustomization, reach: Reach) -> BTreeSet<Place> {
    let conditions = object.status.as_ref().map_or(&[][..], |status| &status.conditions);
    let Some(failed) = condition::get(conditions, READY).filter(|ready| ready.status == FALSE) else {
        return BTreeSet::new();
    };
    let home = object.metadata.namespace.as_deref().unwrap_or_default();
    let place = |refusal: Refusal| match Said::read(&refusal.message) {
        Said::NamespaceTerminating("") => Some(Place::of(Kin::Namespace, &refusal.id.namespace)),
        Said::NamespaceTerminating(name) => Some(Place::of(Kin::Namespace, name)),
        Said::WebhookDown { service: Some((namespace, _)), .. } if reach.includes(home, namespace) => {
            Some(Place::all_endpoints(namespace))
        }
        _ => None,
    };
    let named = Refusal::parse_all(&failed.message).filter_map(place);
    // A name becomes part of a selector, or of a path.
    named.filter(|place| is_label(&place.name)).take(MAX_NAMESPACES).collect()
}

fn is_label(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len()) && name.chars().all(fits)
}

fn is_namespace(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == "Namespace"
}

impl Places {
    fn object(&mut self, id: &ObjectId, seen: &Seen, rules: &Rules, beside: &dyn Beside) {
        if let Some(service) = seen.object().filter(|_| id.group.is_empty() && id.kind == "Service")
            && selects(service)
        {
            let place = Place::of(Kin::EndpointSlice, &id.namespace);
            self.followed.insert(place.at(Some(id.namespace.clone())));
            self.want(place);
            let slices = beside.list(Kin::EndpointSlice, &id.namespace);
            if slices.is_some_and(|slices| !answers(&id.name, &slices)) {
                // Whether there are Pods, what they suffer from, and whether somebody wants none.
                for kin in [Kin::Pod, Kin::Event, Kin::ReplicaSet] {
                    self.within(kin, &id.namespace);
                }
            }
        }
        if seen.is_well() {
            return;
        }
        if is_namespace(id) {
            self.within(Kin::Namespace, &id.name);
        }
        if id.namespace.is_empty() {
            return;
        }
        self.within(Kin::Event, &id.namespace);
        if rules.of(&id.group, &id.kind).pods.exist() {
            self.within(Kin::Pod, &id.namespace);
        }
        if id.group.is_empty() && id.kind == "PersistentVolumeClaim" {
            self.want(Place::of(Kin::StorageClass, ""));
        }
        if is_leaving(seen) {
            self.within(Kin::Namespace, &id.namespace);
        }
    }

    fn within(&mut self, kin: Kin, namespace: &str) {
        if self.namespaces.contains(namespace) || self.namespaces.len() < MAX_NAMESPACES {
            self.namespaces.insert(namespace.to_owned());
            self.want(Place::of(kin, namespace));
        }
    }

    /// Another place.
    pub(super) fn want(&mut self, place: Place) {
        self.followed.insert(place.clone());
        self.watched.insert(place);
    }
}

fn is_leaving(seen: &Seen) -> bool {
    seen.object()
        .is_some_and(|object| object.pointer("/metadata/deletionTimestamp").is_some_and(Value::is_string))
}

fn selects(service: &Value) -> bool {
    service.pointer("/spec/selector").and_then(Value::as_object).is_some_and(|selector| !selector.is_empty())
}

/// Whether an endpoint of a Service is ready; one that does not say counts as that.
fn answers(service: &str, slices: &[Arc<Value>]) -> bool {
    let is_its = |slice: &&Arc<Value>| {
        slice.pointer("/metadata/labels").is_some_and(|labels| labels[SERVICE_NAME] == service)
    };
    let endpoints = slices.iter().filter(is_its).filter_map(|slice| slice["endpoints"].as_array()).flatten();
    endpoints.into_iter().any(|endpoint| endpoint.pointer("/conditions/ready") != Some(&Value::Bool(false)))
}
