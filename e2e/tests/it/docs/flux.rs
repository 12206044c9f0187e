//! A cluster that Flux manages: its namespace, definitions, accounts and two controllers, a repository, and an
//! application. What is applied is Flux's own work.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::reader::Reader;

const LIMIT: Duration = Duration::from_secs(60);
const NAMESPACE: &str = "flux-system";
const DEFINITION: (&str, &str) = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
const CONTROLLERS: [&str; 2] = ["source-controller", "kustomize-controller"];

/// Makes the cluster what the document begins with.
pub(super) async fn manages(reader: &mut Reader) -> Result<()> {
    let url = {
        let repository = reader.git().repository("fleet")?;
        let settings = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  key: value\n";
        repository.commit("main", "one", [("apps/settings.yaml", settings)])?;
        repository.url().to_owned()
    };
    definitions(reader).await?;
    let objects = reader.objects_in(NAMESPACE);
    objects
        .apply_value(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}))
        .await?;
    for name in CONTROLLERS {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}});
        objects.apply_value(account).await?;
        objects.apply_value(deployment(name)).await?;
    }
    let subjects =
        CONTROLLERS.map(|name| json!({"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}));
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "cluster-reconciler-flux-system"}, "subjects": subjects,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
    });
    objects.apply_value(binding).await?;
    objects
        .apply_value(json!({
            "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "fleet"},
            "spec": {"url": url, "interval": "10m", "ref": {"branch": "main"}},
        }))
        .await?;
    let kustomization = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "apps");
    objects
        .apply_value(json!({
            "apiVersion": kustomization.0, "kind": kustomization.1, "metadata": {"name": kustomization.2},
            "spec": {
                "interval": "10m", "retryInterval": "5s", "prune": true, "wait": true, "path": "./apps",
                "sourceRef": {"kind": "GitRepository", "name": "fleet"}, "targetNamespace": "default",
            },
        }))
        .await?;
    reader.look().await?;
    let (api_version, kind, name) = kustomization;
    objects.wait_condition(api_version, kind, name, ("Ready", "True"), LIMIT).await.map(drop)
}

/// The application as it is in the cluster: the identity and the version of its object.
pub(super) async fn applied(reader: &Reader) -> Result<Value> {
    let found = reader.objects().get("v1", "ConfigMap", "settings").await?.context("settings")?;
    Ok(json!([found["metadata"]["uid"], found["metadata"]["resourceVersion"]]))
}

/// Flux's definitions, which ours equal, and those of the Helm kinds, which its source-controller watches, too.
async fn definitions(reader: &Reader) -> Result<()> {
    let objects = reader.objects();
    let mut names = Vec::new();
    for crd in api::all_crds().into_iter().filter(|crd| crd.spec.group != api::FLYBALL_GROUP) {
        names.push(crd.metadata.name.clone().context("a name")?);
        let mut value = serde_json::to_value(&crd)?;
        (value["apiVersion"], value["kind"]) = (json!(DEFINITION.0), json!(DEFINITION.1));
        objects.apply_value(value).await?;
    }
    for (kind, plural) in [("HelmRepository", "helmrepositories"), ("HelmChart", "helmcharts")] {
        names.push(format!("{plural}.source.toolkit.fluxcd.io"));
        objects.apply_value(open_kind("source.toolkit.fluxcd.io", "v1", kind, plural)).await?;
    }
    for name in names {
        objects.wait_condition(DEFINITION.0, DEFINITION.1, &name, ("Established", "True"), LIMIT).await?;
    }
    Ok(())
}

/// The definition of a kind that may hold anything.
pub(super) fn open_kind(group: &str, version: &str, kind: &str, plural: &str) -> Value {
    json!({
        "apiVersion": DEFINITION.0, "kind": DEFINITION.1, "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
            "versions": [{
                "name": version, "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
    })
}

/// As Flux's manifests have it, in what matters to processes and selectors. Without leader election, which Flux's
/// controllers refuse outside of a Pod.
fn deployment(name: &str) -> Value {
    let labels = json!({"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": name});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "serviceAccountName": name,
                    "containers": [{
                        "name": "manager", "image": format!("ghcr.io/fluxcd/{name}:v1.9.5"),
                        "args": [
                            "--events-addr=http://notification-controller.flux-system.svc.cluster.local./",
                            "--watch-all-namespaces=true", "--log-level=info", "--log-encoding=json",
                        ],
                        "env": [{"name": "RUNTIME_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}],
                    }],
                },
            },
        },
    })
}
