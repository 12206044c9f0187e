//! Reads what is there in the end, for [`Outcome`]: all objects that carry the labels of our namespace's Kustomizations, in
//! whatever namespace they are, and these Kustomizations.

use std::time::Duration;

use anyhow::{Context as _, Result};
use kube::Client;
use kube::api::{Api, DynamicObject, ListParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::Value;
use testkit::cluster::TestNamespace;
use testkit::wait::{Look, until};

use super::outcome::Outcome;

/// Kinds that workloads apply.
const APPLIED: [(&str, &str); 7] = [
    ("v1", "Namespace"),
    ("v1", "ConfigMap"),
    ("v1", "ServiceAccount"),
    ("v1", "Service"),
    ("apps/v1", "Deployment"),
    ("networking.k8s.io/v1", "Ingress"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
];
const KUSTOMIZATIONS: (&str, &str) = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization");
const LIMIT: Duration = Duration::from_secs(60);

/// What everything is, once others have done their part: kube-controller-manager annotates Deployments, and what is
/// being deleted goes.
pub(super) async fn outcome(ns: &TestNamespace) -> Result<Outcome> {
    let selector = format!("kustomize.toolkit.fluxcd.io/namespace={}", ns.name());
    let objects = until("everything has settled", LIMIT, || async {
        let mut objects = Vec::new();
        for kind in APPLIED {
            objects.extend(list(ns.client(), kind, &selector).await?);
        }
        let late = objects.iter().filter(|object| !has_settled(object)).count();
        Ok(if late == 0 { Look::Found(objects) } else { Look::Not(format!("{late} objects have not")) })
    });
    let objects = objects.await?;
    let mut kustomizations = list(ns.client(), KUSTOMIZATIONS, "").await?;
    kustomizations.retain(|object| object["metadata"]["namespace"] == ns.name());
    Ok(Outcome::of(ns.name(), &objects, &kustomizations))
}

fn has_settled(object: &Value) -> bool {
    let metadata = &object["metadata"];
    let is_observed =
        object["kind"] != "Deployment" || object["status"]["observedGeneration"] == metadata["generation"];
    is_observed && metadata["deletionTimestamp"].is_null()
}

/// All objects of a kind in all namespaces. Items of lists do not say what they are.
async fn list(client: Client, (api_version, kind): (&str, &str), selector: &str) -> Result<Vec<Value>> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    let api: Api<DynamicObject> = Api::all_with(client, &resource);
    let found = api.list(&ListParams::default().labels(selector)).await;
    let found = found.with_context(|| format!("list {kind}"))?;
    let typed = found.items.into_iter().map(|object| {
        let mut object = serde_json::to_value(object)?;
        object["apiVersion"] = Value::from(api_version);
        object["kind"] = Value::from(kind);
        Ok(object)
    });
    typed.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_others_have_not_seen_has_not_settled() {
        let object = |kind: &str, observed: u64, deleted: Value| {
            json!({
                "kind": kind, "metadata": {"generation": 2, "deletionTimestamp": deleted},
                "status": {"observedGeneration": observed},
            })
        };
        assert!(has_settled(&object("Deployment", 2, Value::Null)));
        assert!(!has_settled(&object("Deployment", 1, Value::Null)));
        assert!(has_settled(&object("Ingress", 1, Value::Null)), "nobody observes it");
        assert!(!has_settled(&object("Namespace", 2, json!("2026-01-01T00:00:00Z"))));
    }
}
