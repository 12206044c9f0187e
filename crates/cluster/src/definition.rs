//! What stands behind a kind that discovery does not name: nothing, a CustomResourceDefinition, or an aggregated API
//! server that does not answer. "Not served" is not "gone", and only what is gone may be forgotten.
//!
//! Resolving served kinds is `mapper`'s; what follows is the caller's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kube::api::{Api, ListParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Client, ResourceExt as _};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::{Class, Error};

/// What defines a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Definition {
    /// Nothing: no CustomResourceDefinition names the kind, and no aggregated API server has its group. Its objects are
    /// gone, if there ever were any.
    None,
    /// A CustomResourceDefinition, which is not served at present, or not in the version that was asked for.
    Custom {
        /// Its name, `<plural>.<group>`.
        name: String,
    },
    /// An aggregated API server.
    Aggregated {
        /// Name of its APIService, `<version>.<group>`.
        service: String,
        /// What the API server says of its availability; empty when it says nothing.
        message: String,
    },
}

impl Error {
    /// A kind that is defined and not served at present: passing trouble, and no proof that its objects are gone.
    pub fn not_served(group: &str, kind: &str, definition: &Definition) -> Self {
        let why = match definition {
            Definition::None => return Self::no_match(group, "", kind),
            Definition::Custom { name } => {
                format!("CustomResourceDefinition {name} exists but is not served")
            }
            Definition::Aggregated { service, message } if message.is_empty() => {
                format!("APIService {service} does not answer")
            }
            Definition::Aggregated { service, message } => format!("APIService {service}: {message}"),
        };
        Self::own(
            Class::ServerError,
            format!("the API of kind \"{kind}\" in group \"{group}\" is unavailable: {why}"),
        )
    }
}

/// All definitions of one moment.
#[derive(Debug, Default)]
struct Snapshot {
    /// Aggregated groups: APIService and message.
    aggregated: BTreeMap<String, (String, String)>,
    /// Names of all CustomResourceDefinitions.
    custom: BTreeSet<String>,
}

impl Snapshot {
    /// The aggregated API server that has a group. It has all of the group's kinds.
    fn aggregated(&self, group: &str) -> Option<Definition> {
        let (service, message) = self.aggregated.get(group)?;
        Some(Definition::Aggregated { service: service.clone(), message: message.clone() })
    }

    /// The CustomResourceDefinitions of a group, by name. Which kind one defines only its body says.
    fn custom(&self, group: &str) -> impl Iterator<Item = &str> {
        let names = self.custom.iter().map(String::as_str);
        names.filter(move |name| name.split_once('.').is_some_and(|(_, of)| of == group))
    }
}

/// Whether what was seen answers a question about the moment `since`: one look that began earlier may have missed a
/// definition.
fn answers(seen: Option<&Seen>, since: Instant) -> Option<Arc<Snapshot>> {
    seen.filter(|(begun, _)| *begun >= since).map(|(_, snapshot)| Arc::clone(snapshot))
}

/// Whether a CustomResourceDefinition defines a kind.
fn defines(definition: &DynamicObject, kind: &str) -> bool {
    definition.data.pointer("/spec/names/kind").and_then(Value::as_str) == Some(kind)
}

/// When the look began, and what was seen.
type Seen = (Instant, Arc<Snapshot>);

/// Asks one API server; clones share what was seen.
#[derive(Clone)]
pub(crate) struct Definitions {
    client: Client,
    last: Arc<Mutex<Option<Seen>>>,
}

fn api(client: &Client, group: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
    let gvk = GroupVersionKind::gvk(group, "v1", kind);
    Api::all_with(client.clone(), &ApiResource::from_gvk_with_plural(&gvk, plural))
}

impl Definitions {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, last: Arc::default() }
    }

    pub(crate) async fn find(&self, group: &str, kind: &str, since: Instant) -> Result<Definition, Error> {
        let snapshot = self.snapshot(since).await?;
        if let Some(aggregated) = snapshot.aggregated(group) {
            return Ok(aggregated);
        }
        let definitions = self.definitions();
        for name in snapshot.custom(group) {
            let found = definitions.get_opt(name).await.map_err(Error::from)?;
            if found.is_some_and(|found| defines(&found, kind)) {
                return Ok(Definition::Custom { name: name.to_owned() });
            }
        }
        Ok(Definition::None)
    }

    fn definitions(&self) -> Api<DynamicObject> {
        api(&self.client, "apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions")
    }

    async fn snapshot(&self, since: Instant) -> Result<Arc<Snapshot>, Error> {
        // Held while asking, so that those who wait share one look.
        let mut last = self.last.lock().await;
        if let Some(snapshot) = answers(last.as_ref(), since) {
            return Ok(snapshot);
        }
        let begun = Instant::now();
        let services = api(&self.client, "apiregistration.k8s.io", "APIService", "apiservices");
        let services = services.list(&ListParams::default()).await.map_err(Error::from)?;
        let definitions =
            self.definitions().list_metadata(&ListParams::default()).await.map_err(Error::from)?;
        let snapshot = Arc::new(Snapshot {
            aggregated: services.items.iter().filter_map(aggregated).collect(),
            custom: definitions.items.iter().map(kube::ResourceExt::name_any).collect(),
        });
        *last = Some((begun, Arc::clone(&snapshot)));
        Ok(snapshot)
    }
}

/// Group, name and message of an APIService that another server stands behind; the API server's own have no service.
fn aggregated(service: &DynamicObject) -> Option<(String, (String, String))> {
    let spec = service.data.get("spec")?;
    spec.get("service").filter(|service| service.is_object())?;
    let group = spec.get("group")?.as_str()?.to_owned();
    let conditions = service.data.pointer("/status/conditions").and_then(Value::as_array);
    let available = conditions.into_iter().flatten().find(|condition| condition["type"] == "Available");
    let message = available.and_then(|condition| condition["message"].as_str()).unwrap_or_default();
    Some((group, (service.name_any(), message.to_owned())))
}

#[cfg(test)]
mod tests;
