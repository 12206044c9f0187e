//! Objects of any kind as JSON: apply, read, delete and wait, as an admin at the terminal would.
//! It is for arranging and judging tests; what the controllers do is theirs.

use std::time::Duration;

use anyhow::{Context as _, Result};
use cluster::Mapper;
use kube::Client;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams};
use manifest::yaml::{Dialect, read_all};
use manifest::{Gvk, Manifest};
use serde_json::Value;

use crate::wait::{Look, until};

/// The field manager of the person at the terminal.
const MANAGER: &str = "testkit";

/// Access to objects of any kind; what names no namespace is in the default one.
#[derive(Clone)]
pub struct Objects {
    client: Client,
    mapper: std::sync::Arc<Mapper>,
    namespace: String,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl Objects {
    /// Objects as this client sees them.
    #[must_use]
    pub fn new(client: Client, namespace: &str) -> Self {
        let mapper = std::sync::Arc::new(Mapper::new(client.clone()));
        Self { client, mapper, namespace: namespace.to_owned() }
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Applies every document of a YAML text by server-side apply, taking conflicts, in the given order.
    pub async fn apply(&self, yaml: &str) -> Result<Vec<Value>> {
        let mut applied = Vec::new();
        for value in read_all(yaml, Dialect::V2).context("yaml")? {
            applied.push(self.apply_value(value).await?);
        }
        Ok(applied)
    }

    /// Applies one object.
    pub async fn apply_value(&self, value: Value) -> Result<Value> {
        let manifest = Manifest::new(value)?;
        let api = self.api_of(&manifest.gvk(), manifest.namespace()).await?;
        let parameters = PatchParams::apply(MANAGER).force();
        let applied = api.patch(manifest.name(), &parameters, &Patch::Apply(manifest.value())).await;
        Ok(serde_json::to_value(applied.with_context(|| format!("apply {}", manifest.id()))?)?)
    }

    /// Merge-patches one object, as `kubectl edit` and `kubectl scale` change it (own field manager).
    pub async fn patch(&self, api_version: &str, kind: &str, name: &str, patch: Value) -> Result<Value> {
        let api = self.api(api_version, kind).await?;
        let parameters =
            PatchParams { field_manager: Some("kubectl-edit".to_owned()), ..PatchParams::default() };
        let patched = api.patch(name, &parameters, &Patch::Merge(&patch)).await;
        Ok(serde_json::to_value(patched.with_context(|| format!("patch {kind}/{name}"))?)?)
    }

    /// One object, if it exists.
    pub async fn get(&self, api_version: &str, kind: &str, name: &str) -> Result<Option<Value>> {
        let found = self.api(api_version, kind).await?.get_opt(name).await;
        found
            .with_context(|| format!("get {kind}/{name}"))?
            .map(|object| Ok(serde_json::to_value(object)?))
            .transpose()
    }

    /// All objects of a kind in the namespace that match a label selector (empty: all).
    pub async fn list(&self, api_version: &str, kind: &str, selector: &str) -> Result<Vec<Value>> {
        let parameters = ListParams::default().labels(selector);
        let list = self.api(api_version, kind).await?.list(&parameters).await;
        let list = list.with_context(|| format!("list {kind}"))?;
        list.items.into_iter().map(|object| Ok(serde_json::to_value(object)?)).collect()
    }

    /// Deletes one object; one that is gone already is fine.
    pub async fn delete(&self, api_version: &str, kind: &str, name: &str) -> Result<()> {
        match self.api(api_version, kind).await?.delete(name, &DeleteParams::default()).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(error) => Err(error).with_context(|| format!("delete {kind}/{name}")),
        }
    }

    /// Waits until an object satisfies `wanted`, and gives it.
    pub async fn wait_for(
        &self,
        api_version: &str,
        kind: &str,
        name: &str,
        limit: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let api = self.api(api_version, kind).await?;
        until(&format!("{kind}/{name} is as wanted"), limit, || async {
            let Some(object) = api.get_opt(name).await? else { return Ok(Look::Not("absent".to_owned())) };
            let mut value = serde_json::to_value(object)?;
            if wanted(&value) {
                return Ok(Look::Found(value));
            }
            if let Some(metadata) = value["metadata"].as_object_mut() {
                metadata.remove("managedFields");
            }
            Ok(Look::Not(value.to_string()))
        })
        .await
    }

    /// Waits until an object has a condition with that status (`kubectl wait --for=condition=`) whose
    /// observedGeneration, if any, is the object's.
    pub async fn wait_condition(
        &self,
        api_version: &str,
        kind: &str,
        name: &str,
        condition: (&str, &str),
        limit: Duration,
    ) -> Result<Value> {
        self.wait_for(api_version, kind, name, limit, |object| {
            has_condition(object, condition.0, condition.1)
        })
        .await
    }

    /// Waits until an object is gone.
    pub async fn wait_gone(&self, api_version: &str, kind: &str, name: &str, limit: Duration) -> Result<()> {
        let api = self.api(api_version, kind).await?;
        until(&format!("{kind}/{name} is gone"), limit, || async {
            Ok(match api.get_opt(name).await? {
                None => Look::Found(()),
                Some(object) => Look::Not(serde_json::to_string(&object.metadata)?),
            })
        })
        .await
    }

    /// The API of a kind in the default namespace (or cluster-wide, as the kind is).
    pub async fn api(&self, api_version: &str, kind: &str) -> Result<Api<DynamicObject>> {
        self.api_of(&Gvk::parse(api_version, kind), None).await
    }

    async fn api_of(&self, gvk: &Gvk, namespace: Option<&str>) -> Result<Api<DynamicObject>> {
        let resolved = self.mapper.resolve(&gvk.group, &gvk.version, &gvk.kind).await?;
        let resource: &ApiResource = &resolved.api_resource;
        Ok(if resolved.namespaced {
            Api::namespaced_with(self.client.clone(), namespace.unwrap_or(&self.namespace), resource)
        } else {
            Api::all_with(self.client.clone(), resource)
        })
    }
}

/// Whether an object has a condition of that status for its present generation.
pub(super) fn has_condition(object: &Value, kind: &str, status: &str) -> bool {
    let generation = &object["metadata"]["generation"];
    let conditions = object["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| {
        let observed = &condition["observedGeneration"];
        condition["type"] == kind
            && condition["status"] == status
            && (observed.is_null() || observed == generation)
    })
}
