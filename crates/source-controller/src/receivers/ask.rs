//! Asks for the objects that a Receiver means: the annotation that every Flux controller heeds, on each of them. Which they
//! are is decided in the crate `receiver`.
//!
//! The answer to such a write is the object as it is then. One of this process' own kinds is told of it at once, so that
//! its run begins before the watch says anything; what the watch says later is the same and starts nothing.

use api::labels;
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use kube::api::{ListParams, Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, ObjectMeta};
use kube::{Api, Client};
use receiver::{Filter, Hook, Known, Named, Refused};
use reconcile_core::ObjectKey;
use serde_json::{Value, json};

/// Objects that are asked for at a time.
const AT_A_TIME: usize = 8;
/// Objects of a page, and of all pages.
const PAGE: u32 = 500;
const MOST: usize = 5000;

/// Takes in what an object of a kind became.
pub(super) type TakeIn = Box<dyn Fn(&str, DynamicObject) + Send + Sync>;

/// What it takes to ask.
pub(super) struct Asker {
    pub(super) client: Client,
    pub(super) no_cross_namespace_refs: bool,
    pub(super) asked: TakeIn,
}

/// Why objects were not asked for.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("{0}")]
    Api(#[from] cluster::Error),
    #[error(transparent)]
    Filter(#[from] receiver::FilterError),
    #[error("more than {MOST} objects have these labels")]
    TooMany,
}

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Objects that were asked for.
    pub(super) objects: usize,
    /// Objects, or whole entries of `spec.resources`, that could not be.
    pub(super) failures: usize,
}

impl Asker {
    /// Asks for all objects of a Receiver, as far as its filters accept them; `request` is what these see as `req`. One that
    /// fails holds up no other.
    pub(super) async fn all(&self, key: &ObjectKey, hook: &Hook, request: &Value) -> Asked {
        let mut asked = Asked::default();
        for resource in &hook.resources {
            let filters: Vec<&Filter> = hook.filter.iter().chain(&resource.filter).collect();
            let found = async {
                let named = resource.named(&key.namespace, self.no_cross_namespace_refs)?;
                let objects = self.find(&named, !filters.is_empty()).await?;
                Ok::<_, Failure>((named, objects))
            };
            let (named, objects) = match found.await {
                Ok(found) => found,
                Err(error) => {
                    asked.failures += 1;
                    tracing::error!(error = %error, "unable to request reconciliation");
                    continue;
                }
            };
            if objects.is_empty() {
                tracing::error!(kind = named.known.kind, namespace = %named.namespace,
                    "no resources found with matching labels");
            }
            let (named, filters) = (&named, &filters);
            let mut ends = stream::iter(objects)
                .map(|object| self.one(named, object, filters, request))
                .buffer_unordered(AT_A_TIME);
            while let Some(end) = ends.next().await {
                match end {
                    Ok(true) => asked.objects += 1,
                    Ok(false) => {}
                    Err(error) => {
                        asked.failures += 1;
                        tracing::error!(kind = named.known.kind, namespace = %named.namespace, error = %error,
                            "unable to request reconciliation");
                    }
                }
            }
        }
        asked
    }

    /// The objects: their metadata where somebody wants to see it, their names at least.
    async fn find(&self, named: &Named, with_metadata: bool) -> Result<Vec<ObjectMeta>, Failure> {
        let api = self.api(named);
        let Some(name) = &named.name else { return list(&api, named).await };
        if with_metadata {
            let found = api.get_metadata(name).await.map_err(cluster::Error::from)?;
            return Ok(vec![found.metadata]);
        }
        Ok(vec![ObjectMeta { name: Some(name.clone()), ..ObjectMeta::default() }])
    }

    /// Asks for one; false when a filter does not accept it.
    async fn one(
        &self,
        named: &Named,
        object: ObjectMeta,
        filters: &[&Filter],
        request: &Value,
    ) -> Result<bool, Failure> {
        let name = object.name.clone().unwrap_or_default();
        if !filters.is_empty() {
            let seen = seen(named, &object);
            for filter in filters {
                if !filter.accepts(&seen, request)? {
                    tracing::debug!(kind = named.known.kind, namespace = %named.namespace, name = %name,
                        "not annotated because the filter returned false");
                    return Ok(false);
                }
            }
        }
        let params = PatchParams {
            field_manager: Some(labels::RECEIVER_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let annotations = json!({ labels::REQUESTED_AT: Timestamp::now().to_string() });
        let patch = Patch::Merge(json!({ "metadata": { "annotations": annotations } }));
        let patched = self.api(named).patch(&name, &params, &patch).await.map_err(cluster::Error::from)?;
        tracing::info!(kind = named.known.kind, namespace = %named.namespace, name = %name, "annotated");
        (self.asked)(named.known.kind, patched);
        Ok(true)
    }

    fn api(&self, named: &Named) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &named.namespace, &resource(named))
    }
}

/// All objects with the labels, page by page.
async fn list(api: &Api<DynamicObject>, named: &Named) -> Result<Vec<ObjectMeta>, Failure> {
    let mut params = ListParams { limit: Some(PAGE), ..ListParams::default() };
    if !named.labels.is_empty() {
        params.label_selector = Some(named.labels.clone());
    }
    let mut all = Vec::new();
    loop {
        let page = api.list_metadata(&params).await.map_err(cluster::Error::from)?;
        all.extend(page.items.into_iter().map(|object| object.metadata));
        if all.len() > MOST {
            return Err(Failure::TooMany);
        }
        params.continue_token = page.metadata.continue_.filter(|token| !token.is_empty());
        if params.continue_token.is_none() {
            return Ok(all);
        }
    }
}

/// `res`.
fn seen(named: &Named, metadata: &ObjectMeta) -> Value {
    let Named { known: Known { kind, group, .. }, version, .. } = named;
    json!({ "apiVersion": format!("{group}/{version}"), "kind": kind, "metadata": metadata })
}

fn resource(named: &Named) -> ApiResource {
    let Named { known, version, .. } = named;
    ApiResource {
        group: known.group.to_owned(),
        version: version.clone(),
        api_version: format!("{}/{version}", known.group),
        kind: known.kind.to_owned(),
        plural: known.plural.to_owned(),
    }
}
