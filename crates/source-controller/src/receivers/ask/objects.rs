//! The requests to the API server that asking takes. Which are sent is decided in `ask`.

use api::labels;
use jiff::Timestamp;
use kube::api::{ListParams, Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, ObjectMeta};
use kube::{Api, Client};
use receiver::Named;
use serde_json::json;

use super::failure::Failure;

/// Objects of a page.
const PAGE: u32 = 500;

/// Where objects are, and are asked for.
pub(in super::super) trait Objects: Send + Sync {
    /// The metadata of some objects with the labels, after those of the page that gave the token.
    fn page(
        &self,
        named: &Named,
        token: Option<String>,
    ) -> impl Future<Output = Result<Page, Failure>> + Send;

    /// The metadata of one object.
    fn metadata(&self, named: &Named, name: &str)
    -> impl Future<Output = Result<ObjectMeta, Failure>> + Send;

    /// Asks for one.
    fn annotate(&self, named: &Named, name: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Some objects.
#[derive(Debug, Default)]
pub(in super::super) struct Page {
    pub(super) objects: Vec<ObjectMeta>,
    /// What gives the next page; none after the last.
    pub(super) next: Option<String>,
}

/// Takes in what an object of a kind became.
pub(in super::super) type TakeIn = Box<dyn Fn(&str, DynamicObject) + Send + Sync>;

/// Those of the cluster.
pub(in super::super) struct InCluster {
    pub(in super::super) client: Client,
    pub(in super::super) asked: TakeIn,
}

impl InCluster {
    fn api(&self, named: &Named) -> Api<DynamicObject> {
        let Named { known, version, .. } = named;
        let resource = ApiResource {
            group: known.group.to_owned(),
            version: version.clone(),
            api_version: format!("{}/{version}", known.group),
            kind: known.kind.to_owned(),
            plural: known.plural.to_owned(),
        };
        Api::namespaced_with(self.client.clone(), &named.namespace, &resource)
    }
}

impl Objects for InCluster {
    async fn page(&self, named: &Named, token: Option<String>) -> Result<Page, Failure> {
        let label_selector = (!named.labels.is_empty()).then(|| named.labels.clone());
        let params =
            ListParams { limit: Some(PAGE), label_selector, continue_token: token, ..ListParams::default() };
        let page = self.api(named).list_metadata(&params).await.map_err(cluster::Error::from)?;
        let next = page.metadata.continue_.filter(|token| !token.is_empty());
        Ok(Page { objects: page.items.into_iter().map(|object| object.metadata).collect(), next })
    }

    async fn metadata(&self, named: &Named, name: &str) -> Result<ObjectMeta, Failure> {
        let found = self.api(named).get_metadata(name).await.map_err(cluster::Error::from)?;
        Ok(found.metadata)
    }

    async fn annotate(&self, named: &Named, name: &str) -> Result<(), Failure> {
        let params = PatchParams {
            field_manager: Some(labels::RECEIVER_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let annotations = json!({ labels::REQUESTED_AT: Timestamp::now().to_string() });
        let patch = Patch::Merge(json!({ "metadata": { "annotations": annotations } }));
        let patched = self.api(named).patch(name, &params, &patch).await.map_err(cluster::Error::from)?;
        (self.asked)(named.known.kind, patched);
        Ok(())
    }
}
