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
    // The finalizer, three writes of the status and three events; each object is asked about and written.
    first_apply_of_five_objects(&Rig::start("cost-first").await?, 7 + 5 + 5).await?;
    let flags = ["--create-without-dry-run=true"];
    first_apply_of_five_objects(&Rig::start_with("cost-first-made", &flags).await?, 7 + 5).await
}

async fn first_apply_of_five_objects(rig: &Rig, at_most: usize) -> Result<()> {
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
    rig.sent_events(&mark, 3).await?;
    let requests = rig.requests(&mark).await?;
    let others = requests.without_watches();
    assert!(others.len() <= at_most, "{requests}");
    assert!(requests.count("patch", "kustomizations/status") <= 3, "{requests}");
    // One for each kind, which is there for whoever has objects of it, and one for the health of the Deployment.
    assert!(requests.len() - others.len() <= 5 + 1, "{requests}");
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

#[tokio::test]
async fn a_first_apply_of_a_hundred_objects_asks_about_each_twice_at_most() -> Result<()> {
    const OBJECTS: usize = 100;
    let rig = Rig::start("cost-hundred").await?;
    let ns = rig.namespace();
    let maps: String =
        (0..OBJECTS).map(|n| format!("---\n{}", config_map(ns, &format!("m{n}"), "1"))).collect();
    let start = rig.mark()?;
    let revision = rig.publish(&format!("-- all.yaml --\n{maps}")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    rig.sent_events(&start, 1).await?;
    let requests = rig.requests(&start).await?.without_watches();
    let objects = requests.filter(|request| request.resource == "configmaps" && request.verb != "list");
    assert!(objects.len() <= 2 * OBJECTS, "{requests}");
    assert_eq!(objects.filter(|request| request.verb == "get").len(), 0, "{requests}");
    let writes = objects.filter(|request| !request.is_dry_run() && request.verb != "get");
    assert_eq!(writes.len(), OBJECTS, "{requests}");
    // What does not grow with the number of objects: the finalizer, the status, the inventory, an event.
    assert!(requests.len() - objects.len() <= 12, "{requests}");
    assert!(requests.count("patch", "kustomizations/status") <= 4, "{requests}");
    Ok(())
}

#[tokio::test]
async fn an_interval_without_news_costs_two_requests() -> Result<()> {
    const RUNS: usize = 4;
    let rig = Rig::start("cost-interval").await?;
    let ns = rig.namespace();
    let maps: String =
        (0..20).map(|n| format!("-- {n}.yaml --\n{}", config_map(ns, &format!("m{n}"), "1"))).collect();
    let start = rig.mark()?;
    let revision = rig.publish(&maps).await?;
    rig.kustomization("app", json!({"interval": "2s"})).await?;
    rig.ready("app", &revision).await?;
    // Apply, success, and the first run that may still learn.
    rig.sent_events(&start, 3).await?;
    let mark = rig.mark()?;
    rig.sent_events(&mark, RUNS).await?;
    let requests = rig.requests(&mark).await?;
    // The log is read between two requests of one run at worst, at either end.
    let runs = requests.filter(|request| request.is_event()).len();
    assert!(requests.count("patch", "kustomizations/status") <= runs + 1, "{requests}");
    assert!(requests.len() <= 2 * runs + 1, "{requests}");
    let objects = requests.filter(|request| request.resource == "configmaps");
    assert!(objects.is_empty(), "{objects}");
    Ok(())
}
