//! The first apply of an application of five objects with a health check, and its end.

use anyhow::Result;
use serde_json::json;

use super::super::apps::{Files, kustomization};
use super::super::figures::Phase;
use super::super::sizes::Sizes;
use super::super::stand::{KUSTOMIZATION, KUSTOMIZE, LIMIT, Stand};
use super::super::workload::{Workload, nothing};

pub(super) const WORKLOAD: Workload = Workload {
    name: "app",
    id: "",
    about: "an application of five objects: first apply and deletion",
    title: |_| "First apply and deletion of an application of five objects".to_owned(),
    needs: nothing,
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

/// Namespace, ServiceAccount, Service, Deployment, HorizontalPodAutoscaler.
fn files(inner: &str) -> Files {
    let text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {inner}}}\n\
         ---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: web, namespace: {inner}}}\n\
         ---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {inner}}}\nspec:\n  selector: {{app: web}}\n  ports: [{{port: 80}}]\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {inner}}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      serviceAccountName: web\n      \
         containers: [{{name: main, image: 'example.com/web:1'}}]\n\
         ---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web, namespace: {inner}}}\nspec:\n  minReplicas: 1\n  \
         maxReplicas: 3\n  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n"
    );
    [("all.yaml".to_owned(), text)].into()
}

async fn play(sizes: &Sizes, stand: &mut Stand) -> Result<Vec<Phase>> {
    // It makes a namespace, which the account in ours may not.
    let sizes = Sizes { impersonated: false, ..sizes.clone() };
    let namespace = stand.ns.name().to_owned();
    let inner = format!("{namespace}-app");
    stand.source("app").await?;
    let revision = stand.publish("app", &files(&inner)).await?;
    let check = json!([{ "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": inner }]);
    let mut object =
        kustomization(&sizes, &namespace, "app", json!({ "healthChecks": check, "timeout": "2m" }));
    if let Some(spec) = object["spec"].as_object_mut() {
        spec.remove("targetNamespace");
    }
    let meter = stand.begin()?;
    stand.make(vec![object]).await?;
    let ready =
        stand.observer.count("the application", LIMIT, (KUSTOMIZATION, 1), |_, facts| facts.is_at(&revision));
    let done = ready.await?;
    let first = stand.end(&meter, Phase::new("first apply"), done).await?;

    stand.remember("the application").await?;
    let meter = stand.begin()?;
    stand.ns.delete(KUSTOMIZE, KUSTOMIZATION, "app").await?;
    let gone = stand.observer.count("its deletion", LIMIT, (KUSTOMIZATION, 1), |_, facts| facts.is_gone);
    let done = gone.await?;
    Ok(vec![first, stand.end(&meter, Phase::new("deletion"), done).await?])
}
