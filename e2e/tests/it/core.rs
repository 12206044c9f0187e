//! The controller runtime against the real API server: leases, watches through outages, the pool, events, discovery.

mod discovery;
mod events;
mod leases;
mod pool;
mod proxy;
mod watches;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use cluster::{ConnectOptions, Connector};
use kube::Client;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Longest wait for anything that has to happen.
const SOON: Duration = Duration::from_secs(30);

/// The admin's kubeconfig.
fn kubeconfig(plane: &testkit::cluster::ControlPlane) -> PathBuf {
    plane.description().kubeconfig.clone()
}

/// A connector from a kubeconfig.
async fn connector(
    kubeconfig: PathBuf,
    observe: Option<Arc<dyn cluster::Observe>>,
) -> Result<Arc<Connector>> {
    let options = ConnectOptions {
        user_agent: "core-test/0".to_owned(),
        kubeconfig: Some(kubeconfig),
        observe,
        ..ConnectOptions::default()
    };
    Ok(Arc::new(Connector::load(&options).await?))
}

/// The next message that `wanted` takes; others are dropped.
async fn next<T, U>(
    queue: &mut mpsc::UnboundedReceiver<T>,
    what: &str,
    wanted: impl Fn(T) -> Option<U>,
) -> Result<U> {
    let found = async {
        loop {
            let message = queue.recv().await.with_context(|| format!("the sender ended before {what}"))?;
            if let Some(found) = wanted(message) {
                return Ok::<_, anyhow::Error>(found);
            }
        }
    };
    tokio::time::timeout(SOON, found).await.with_context(|| format!("no {what} within {SOON:?}"))?
}

fn config_maps() -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("", "v1", "ConfigMap"), "configmaps")
}

/// Applies an object as `core-test`.
async fn apply(
    client: &Client,
    resource: &ApiResource,
    namespace: Option<&str>,
    object: &Value,
) -> Result<DynamicObject> {
    let api: kube::Api<DynamicObject> = match namespace {
        Some(namespace) => kube::Api::namespaced_with(client.clone(), namespace, resource),
        None => kube::Api::all_with(client.clone(), resource),
    };
    let name = object.pointer("/metadata/name").and_then(Value::as_str).context("a name")?;
    Ok(api.patch(name, &PatchParams::apply("core-test").force(), &Patch::Apply(object)).await?)
}

/// A ConfigMap with a label.
async fn config_map(client: &Client, namespace: &str, name: &str, value: &str) -> Result<DynamicObject> {
    let object = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"core-test": "yes"}}, "data": {"value": value},
    });
    apply(client, &config_maps(), Some(namespace), &object).await
}

async fn delete_config_map(client: &Client, namespace: &str, name: &str) -> Result<()> {
    let api: kube::Api<DynamicObject> = kube::Api::namespaced_with(client.clone(), namespace, &config_maps());
    api.delete(name, &kube::api::DeleteParams::default()).await?;
    Ok(())
}

/// A CustomResourceDefinition of its own kind, which keeps unknown fields.
fn definition(group: &str, kind: &str) -> Value {
    let plural = format!("{}s", kind.to_lowercase());
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true}}}],
        },
    })
}

fn definitions() -> ApiResource {
    let gvk = GroupVersionKind::gvk("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    ApiResource::from_gvk_with_plural(&gvk, "customresourcedefinitions")
}

/// Deletes a CustomResourceDefinition.
async fn undefine(client: &Client, group: &str, kind: &str) -> Result<()> {
    let api: kube::Api<DynamicObject> = kube::Api::all_with(client.clone(), &definitions());
    api.delete(&format!("{}s.{group}", kind.to_lowercase()), &kube::api::DeleteParams::default()).await?;
    Ok(())
}
