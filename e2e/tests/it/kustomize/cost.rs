//! What a run costs in requests (decisions 4): counted in the API server's own audit log.

use anyhow::Result;
use serde_json::json;

use super::rig::{Rig, config_map};

#[tokio::test]
async fn a_run_in_which_nothing_changed_sends_two_requests() -> Result<()> {
    let rig = Rig::start("cost-noop").await?;
    let ns = rig.namespace();
    let files: String =
        (0..40).map(|n| format!("-- {n}.yaml --\n{}", config_map(ns, &format!("m{n}"), "1"))).collect();
    let start = rig.mark()?;
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    // The first run after a start may learn; the second must not cost anything.
    rig.run("app").await?;
    // Apply, success, and the first run: what is sent from here on belongs to the second.
    rig.sent_events(&start, 3).await?;
    let mark = rig.mark()?;
    rig.run("app").await?;
    rig.sent_events(&mark, 1).await?;
    let requests = rig.requests(&mark).await?;
    assert_eq!(requests.count("patch", "kustomizations/status"), 1, "{requests}");
    assert_eq!(requests.filter(|request| request.is_event()).len(), 1, "{requests}");
    assert_eq!(requests.len(), 2, "{requests}");
    Ok(())
}

#[tokio::test]
async fn a_first_apply_of_five_objects_is_cheap() -> Result<()> {
    let rig = Rig::start("cost-first").await?;
    let inner = format!("{}-app", rig.namespace());
    let files = format!(
        "-- all.yaml --\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {inner}}}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: web, namespace: {inner}}}\n\
         ---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: {inner}}}\nspec:\n  selector: {{app: web}}\n  ports: [{{port: 80}}]\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {inner}}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
         metadata: {{labels: {{app: web}}}}\n    spec:\n      serviceAccountName: web\n      containers: [{{name: main, image: 'example.com/web:1'}}]\n\
         ---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{name: web, namespace: {inner}}}\nspec:\n  minReplicas: 1\n  maxReplicas: 3\n  \
         scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}\n"
    );
    let revision = rig.publish(&files).await?;
    let check = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": inner}]);
    let mark = rig.mark()?;
    rig.kustomization("app", json!({"healthChecks": check, "timeout": "2m"})).await?;
    rig.ready("app", &revision).await?;
    let requests = rig.requests(&mark).await?;
    assert!(requests.len() <= 24, "{requests}");
    assert!(requests.count("patch", "kustomizations/status") <= 4, "{requests}");
    rig.finalized("app").await
}

#[tokio::test]
async fn a_change_of_one_object_asks_about_that_object_only() -> Result<()> {
    let rig = Rig::start("cost-one").await?;
    let ns = rig.namespace();
    let files = |changed: &str| -> String {
        (0..40)
            .map(|n| {
                format!(
                    "-- {n}.yaml --\n{}",
                    config_map(ns, &format!("m{n}"), if n == 7 { changed } else { "1" })
                )
            })
            .collect()
    };
    let first = rig.publish(&files("1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    rig.run("app").await?;
    let mark = rig.mark()?;
    let second = rig.publish(&files("2")).await?;
    rig.ready("app", &second).await?;
    let requests = rig.requests(&mark).await?;
    let others = requests.filter(|request| request.resource == "configmaps" && request.name != "m7");
    assert!(others.is_empty(), "{others}");
    let itself = requests.filter(|request| request.name == "m7");
    assert!(itself.len() <= 2, "{itself}");
    assert_eq!(rig.get("v1", "ConfigMap", "m7").await?.unwrap()["data"]["key"], "2");
    Ok(())
}

#[tokio::test]
async fn equal_input_after_a_restart_asks_about_no_object() -> Result<()> {
    let mut rig = Rig::start("cost-restart").await?;
    let ns = rig.namespace();
    let files: String =
        (0..20).map(|n| format!("-- {n}.yaml --\n{}", config_map(ns, &format!("m{n}"), "1"))).collect();
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    // The fingerprint is stored by a run that ends after the watch has told all baselines.
    rig.run("app").await?;
    rig.kill_controller().await?;
    let mark = rig.mark()?;
    rig.start_controller().await?;
    rig.run("app").await?;
    let requests = rig.requests(&mark).await?;
    let objects = requests
        .filter(|request| request.resource == "configmaps" && !request.is_watch() && request.verb != "list");
    assert!(objects.is_empty(), "{objects}");
    Ok(())
}

#[tokio::test]
async fn a_heal_asks_once_whether_once_what_and_writes_once() -> Result<()> {
    let rig = Rig::start("cost-heal").await?;
    let map = config_map(rig.namespace(), "settings", "declared");
    let start = rig.mark()?;
    let revision = rig.publish(&format!("-- a.yaml --\n{map}")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    rig.run("app").await?;
    // The run's event is sent after its status, by whoever has time: it does not belong to the heal.
    rig.sent_events(&start, 3).await?;
    let mark = rig.mark()?;
    let edit = json!({"data": {"key": "edited"}});
    rig.patch_as("somebody", "v1", "ConfigMap", "settings", edit).await?;
    rig.until_object(("v1", "ConfigMap", "settings"), "is healed", |map| map["data"]["key"] == "declared")
        .await?;
    rig.until_object(("flyball.dev/v1alpha1", "DriftReport", "app"), "tells of it", |report| {
        report["status"]["counts"]["healed"] == 1
    })
    .await?;
    rig.sent_events(&mark, 1).await?;
    let requests = rig.requests(&mark).await?;
    let dry_runs = requests.filter(|request| request.resource == "configmaps" && request.is_dry_run());
    let reads = requests.filter(|request| request.resource == "configmaps" && request.verb == "get");
    let writes = requests.filter(|request| {
        request.resource == "configmaps" && request.verb == "patch" && !request.is_dry_run()
    });
    assert_eq!((dry_runs.len(), reads.len(), writes.len()), (1, 1, 1), "{requests}");
    // The report is made and filled, and one event is sent.
    assert_eq!(
        requests.filter(|request| request.resource.starts_with("driftreports")).len(),
        2,
        "{requests}"
    );
    assert_eq!(requests.len(), 6, "{requests}");
    Ok(())
}
