//! A cluster that Argo CD has managed so far: its kinds, an Application, an ApplicationSet with two Applications of its
//! own, and what they applied, with the field manager, annotations and finalizers that Argo CD leaves. The program
//! itself does not run: the document begins by stopping it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::flux::open_kind;
use super::reader::Reader;

const LIMIT: Duration = Duration::from_secs(30);
/// The garbage collector looks for new kinds every 30 s, and waits for their informers.
const COLLECTED: Duration = Duration::from_secs(120);
const ORPHAN: &str = "orphan";
const ARGO: (&str, &str) = ("argoproj.io", "v1alpha1");

/// Folder and name of each application.
const APPLICATIONS: [(&str, &str); 3] =
    [("apps/guestbook", "guestbook"), ("services/cart", "cart"), ("services/search", "search")];

/// Makes the cluster and the repository what the document begins with.
pub(super) async fn manages(reader: &Reader) -> Result<()> {
    let repository = reader.git().repository("fleet")?;
    let files = APPLICATIONS
        .map(|(folder, name)| (format!("{folder}/deployment.yaml"), deployment(name).to_string()));
    repository.commit("main", "one", files)?;
    let objects = reader.objects();
    for (kind, plural) in [("Application", "applications"), ("ApplicationSet", "applicationsets")] {
        let definition = objects.apply_value(open_kind(ARGO.0, ARGO.1, kind, plural)).await?;
        let name = definition["metadata"]["name"].as_str().context("a name")?;
        let kind = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
        objects.wait_condition(kind.0, kind.1, name, ("Established", "True"), LIMIT).await?;
    }
    for name in ["argocd", "guestbook", "cart", "search"] {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        objects.apply_value(namespace).await?;
    }
    let argocd = reader.objects_in("argocd");
    let api_version = format!("{}/{}", ARGO.0, ARGO.1);
    let kinds = ["Application", "ApplicationSet"];
    for kind in kinds {
        argocd.apply_value(orphan(&api_version, kind)).await?;
    }
    for kind in kinds {
        argocd.wait_gone(&api_version, kind, ORPHAN, COLLECTED).await?;
    }
    let set = json!({"apiVersion": api_version, "kind": "ApplicationSet", "metadata": {"name": "services"},
        "spec": {"generators": [{"git": {"directories": [{"path": "services/*"}]}}]}});
    let set = argocd.apply_value(set).await?;
    for (folder, name) in APPLICATIONS {
        let mut application = application(&api_version, folder, name, repository.url());
        if folder.starts_with("services/") {
            application["metadata"]["ownerReferences"] = json!([{"apiVersion": api_version, "kind": "ApplicationSet",
                "name": "services", "uid": set["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true}]);
        }
        argocd.apply_value(application).await?;
        let mut applied = deployment(name);
        applied["metadata"]["annotations"] =
            json!({"argocd.argoproj.io/tracking-id": format!("{name}:apps/Deployment:{name}/{name}")});
        let command = format!(
            "kubectl apply --namespace {name} --field-manager=argocd-controller -f - <<'EOF'\n{applied}\nEOF\n"
        );
        reader.prepare(&command).await?;
        let available = ("Available", "True");
        reader.objects_in(name).wait_condition("apps/v1", "Deployment", name, available, LIMIT).await?;
    }
    Ok(())
}

/// An object whose owner does not exist. The garbage collector takes it as soon as it knows the kind, which it looks for
/// every 30 s. Until then `--cascade=orphan` finds no dependents to orphan, and they are collected later: in a cluster
/// where Argo CD was installed before today, that time is over.
fn orphan(api_version: &str, kind: &str) -> Value {
    let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "never-there",
        "uid": "00000000-0000-4000-8000-000000000000"});
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": ORPHAN, "ownerReferences": [owner]}})
}

fn application(api_version: &str, folder: &str, name: &str, url: &str) -> Value {
    json!({
        "apiVersion": api_version, "kind": "Application",
        "metadata": {"name": name, "finalizers": ["resources-finalizer.argocd.argoproj.io"]},
        "spec": {
            "project": "default",
            "source": {"repoURL": url, "targetRevision": "main", "path": folder},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
            "syncPolicy": {"automated": {"prune": true, "selfHeal": true}},
        },
    })
}

fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": "example.com/app:1"}]},
            },
        },
    })
}
