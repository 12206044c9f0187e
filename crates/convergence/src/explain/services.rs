//! Services that lead nowhere. A Service itself is well whatever it selects; Pods and endpoints beside it say otherwise.
//! It is a symptom as long as something that makes Pods in its namespace is not well: then nothing is said.

use std::collections::BTreeSet;

use health::explain::{Scene, service};
use health::{Judgement, State};
use manifest::ObjectId;
use serde_json::Value;

use super::look::judgement;
use crate::view::View;
use crate::visibility::{Owner, Seen, Visibility};

/// Kinds that make Pods, with their groups.
const WORKLOADS: [(&str, &str); 6] = [
    ("", "Pod"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("argoproj.io", "Rollout"),
];

/// What is known of what makes Pods.
pub(super) struct Services<'a> {
    view: &'a View<'a>,
    /// Namespaces in which something that makes Pods is not well.
    unwell: BTreeSet<&'a str>,
    /// The labels of the Pods that are not there because what makes them is scaled to zero, with its namespace.
    resting: Vec<(&'a str, Value)>,
}

impl<'a> Services<'a> {
    /// Looks at everything in the inventory that makes Pods, if there is a Service.
    pub(super) fn of(view: &'a View<'a>, owner: &Owner) -> Self {
        let mut services = Self { view, unwell: BTreeSet::new(), resting: Vec::new() };
        if !view.objects.iter().any(|(id, _)| is_service(id)) {
            return services;
        }
        for (id, visibility) in &view.objects {
            let Visibility::Seen(seen) = visibility else { continue };
            let makes_pods = WORKLOADS.contains(&(id.group.as_str(), id.kind.as_str()));
            if !makes_pods || seen.owner.as_ref() != Some(owner) {
                continue;
            }
            if seen.object().is_some() && !judgement(view, id, seen).state.is_fine() {
                services.unwell.insert(&id.namespace);
            }
            if let Some(labels) = seen.labels_at_rest() {
                services.resting.push((&id.namespace, labels));
            }
        }
        services
    }

    /// What is said of an object; of a Service with what it leads to.
    pub(super) fn corrected(&self, id: &ObjectId, seen: &Seen, said: Judgement) -> Judgement {
        if !is_service(id) || said.state != State::Healthy {
            return said;
        }
        let Some(object) = seen.object() else { return said };
        let namespace = id.namespace.as_str();
        let rests = |service: &Value| {
            let is_its = |labels: &Value| service::selects(service, Some(labels));
            self.resting.iter().any(|(place, labels)| *place == namespace && is_its(labels))
        };
        let scene = Scene { namespace, beside: self.view.beside, now: Some(self.view.now) };
        match service::explain(object, &scene, &rests) {
            Some(told) if !self.unwell.contains(namespace) => Judgement {
                hint: told.hint,
                evidence: told.evidence,
                weight: said.weight,
                looks_beside: true,
                by: said.by,
                generation: said.generation,
                created: said.created,
                ..Judgement::new(State::Degraded, told.reason, told.message)
            },
            Some(_) | None => said,
        }
    }
}

fn is_service(id: &ObjectId) -> bool {
    id.group.is_empty() && id.kind == "Service"
}
