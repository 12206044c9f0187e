//! What a controller asks and writes that takes up where another one was: counted in the API server's audit log.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _};
use kube::api::{Api, DynamicObject, ListParams, Patch, PatchParams};
use serde_json::{Value, json};
use testkit::cluster::{Mark, Requests};
use testkit::wait::{Look, until};

use super::rig::{LIMIT, Rig, config_map, config_maps, is_ready_at};

/// Kustomizations.
const FLEET: usize = 30;

/// A ConfigMap, a Service and a Deployment.
fn app() -> String {
    let mut files = String::from("-- app.yaml --\n");
    write!(
        files,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{key: \"1\"}}\n\
         ---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec:\n  selector: {{app: web}}\n  ports: [{{port: 80}}]\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: 0\n  \
         selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      \
         containers: [{{name: main, image: 'example.com/web:1'}}]\n"
    )
    .ok();
    files
}

/// Says of every Deployment what its controller would say: it is available.
async fn deploy(deployments: &Api<DynamicObject>) -> Result<usize> {
    let mut told = 0;
    for deployment in deployments.list(&ListParams::default()).await? {
        let generation = deployment.metadata.generation;
        if deployment.data["status"]["observedGeneration"] == json!(generation) {
            told += 1;
            continue;
        }
        let condition = |kind: &str, reason: &str| {
            json!({
                "type": kind, "status": "True", "reason": reason, "message": "",
                "lastUpdateTime": "2026-01-01T00:00:00Z", "lastTransitionTime": "2026-01-01T00:00:00Z",
            })
        };
        let conditions = [
            condition("Available", "MinimumReplicasAvailable"),
            condition("Progressing", "NewReplicaSetAvailable"),
        ];
        let status = json!({"status": {"observedGeneration": generation, "conditions": conditions}});
        let name = deployment.metadata.name.as_deref().context("a name")?;
        deployments.patch_status(name, &PatchParams::default(), &Patch::Merge(&status)).await?;
        told += 1;
    }
    Ok(told)
}

async fn all_ready(rig: &Rig, revision: &str) -> Result<()> {
    until("all are ready", LIMIT * 4, || async {
        let states = rig.states().await?;
        let ready = states.values().filter(|state| is_ready_at(state, revision)).count();
        Ok(if ready == FLEET { Look::Found(()) } else { Look::Not(format!("{ready} of {FLEET}")) })
    })
    .await
}

/// A fleet whose objects are all well, at rest.
async fn fleet(rig: &Rig, spec: Value) -> Result<String> {
    let start = rig.mark()?;
    let revision = rig.publish(&app()).await?;
    let specs = (0..FLEET).map(|n| {
        let mut own = json!({
            "targetNamespace": rig.namespace(), "namePrefix": format!("app-{n}-"), "wait": true, "timeout": "2m",
        });
        if let (Some(fields), Value::Object(spec)) = (own.as_object_mut(), spec.clone()) {
            fields.extend(spec);
        }
        (format!("app-{n}"), own)
    });
    let made = futures::stream::iter(specs)
        .map(|(name, spec)| async move { rig.kustomization(&name, spec).await.map(drop) });
    made.buffer_unordered(8).try_collect::<()>().await?;
    let deployments = rig.ns.api("apps/v1", "Deployment").await?;
    until("every Deployment is there", LIMIT * 4, || async {
        let told = deploy(&deployments).await?;
        Ok(if told == FLEET { Look::Found(()) } else { Look::Not(told.to_string()) })
    })
    .await?;
    all_ready(rig, &revision).await?;
    // What was applied, health, and success.
    rig.sent_events(&start, 3 * FLEET).await?;
    Ok(revision)
}

/// Runs so far that came as far as objects, by the controller's own count.
async fn runs(rig: &Rig) -> Result<usize> {
    let metrics = rig.controller().metrics().await?;
    let counts = metrics.lines().filter(|line| line.starts_with("flyball_runs_total{"));
    let counts = counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<usize>().ok());
    Ok(counts.sum())
}

async fn looked_at(rig: &Rig, count: usize) -> Result<()> {
    until(&format!("{count} runs"), LIMIT * 2, || async {
        let seen = runs(rig).await?;
        Ok(if seen >= count { Look::Found(()) } else { Look::Not(seen.to_string()) })
    })
    .await
}

/// Requests that write.
fn writes(requests: &Requests) -> Requests {
    requests.filter(|request| !matches!(request.verb.as_str(), "get" | "list" | "watch"))
}

/// Kills the controller and starts another one, and waits until it has looked at so many Kustomizations.
async fn restarted(rig: &mut Rig, count: usize) -> Result<Mark> {
    rig.kill_controller().await?;
    let mark = rig.mark()?;
    rig.start_controller().await?;
    looked_at(rig, count).await?;
    // What is written or watched late.
    tokio::time::sleep(Duration::from_secs(3)).await;
    Ok(mark)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_asks_about_kinds_and_writes_nothing() -> Result<()> {
    let mut rig = Rig::start("restart").await?;
    fleet(&rig, json!({})).await?;
    let before = rig.states().await?;
    let mark = restarted(&mut rig, FLEET).await?;
    let requests = rig.requests(&mark).await?;
    println!("ready after {:?}; {requests}", rig.controller().ready_after);
    assert!(writes(&requests).is_empty(), "{requests}");
    let watches = requests.filter(|request| request.is_watch());
    let kinds: BTreeSet<&str> = watches.0.iter().map(|request| request.resource.as_str()).collect();
    assert_eq!(watches.len(), kinds.len(), "one watch of each kind: {requests}");
    assert!(requests.without_watches().len() <= 15, "{requests}");
    assert_eq!(rig.states().await?, before, "nobody was written");
    Ok(())
}

/// A restart after somebody's change was put back: the mark of the state that came of it is stored by then.
#[tokio::test]
async fn a_restart_after_healed_drift_asks_about_no_object() -> Result<()> {
    let mut rig = Rig::start("restart-healed").await?;
    let files = config_maps(rig.namespace(), &["a", "b", "c"], "declared");
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let before = rig.run("app").await?;
    let mark_of =
        |state: &Value| state["status"]["history"][0]["metadata"]["flyball.dev/fingerprint"].clone();
    // The stamp of a field manager has whole seconds.
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.patch_as("somebody", "v1", "ConfigMap", "b", json!({"data": {"key": "edited"}})).await?;
    rig.until_object(("v1", "ConfigMap", "b"), "is healed", |map| map["data"]["key"] == "declared").await?;
    let after = rig.until("app", "has another mark", |state| mark_of(state) != mark_of(&before)).await?;
    let history = |state: &Value, field: &str| state["status"]["history"][0][field].clone();
    for field in ["lastReconciled", "totalReconciliations"] {
        assert_eq!(history(&after, field), history(&before, field), "nobody asked for that run");
    }
    let mark = restarted(&mut rig, 1).await?;
    let requests = rig.requests(&mark).await?;
    let objects = requests.filter(|request| {
        request.resource == "configmaps" && !matches!(request.verb.as_str(), "list" | "watch")
    });
    assert!(objects.is_empty() && writes(&requests).is_empty(), "{requests}");
    Ok(())
}

/// A commit that touches one of many: it is applied before the others say that they have looked at it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_commit_touches_goes_before_the_rest() -> Result<()> {
    let rig = Rig::start("first-things").await?;
    let files = |changed: &str| -> String {
        (0..FLEET)
            .map(|n| {
                let value = if n == 17 { changed } else { "1" };
                format!("-- app-{n}/map.yaml --\n{}", config_map(rig.namespace(), &format!("map-{n}"), value))
            })
            .collect()
    };
    let first = rig.publish(&files("1")).await?;
    for n in 0..FLEET {
        rig.kustomization(&format!("app-{n}"), json!({"path": format!("app-{n}")})).await?;
    }
    all_ready(&rig, &first).await?;
    let mark = rig.mark()?;
    let second = rig.publish(&files("2")).await?;
    all_ready(&rig, &second).await?;
    let requests = rig.requests(&mark).await?;
    let applied = requests.filter(|request| request.name == "map-17" && !request.is_dry_run());
    let applied = applied.0.iter().map(|request| request.received).max().context("it is applied")?;
    let before = requests.filter(|request| {
        request.resource == "kustomizations/status" && request.name != "app-17" && request.received < applied
    });
    assert!(before.len() <= 2, "{} were written before: {requests}", before.len());
    Ok(())
}

/// Runs at their interval that find nothing to do, where nobody wants to hear of them.
#[tokio::test]
async fn runs_that_change_nothing_may_cost_nothing() -> Result<()> {
    let rig = Rig::start_with("noop", &["--noop-status-updates=false", "--noop-events=false"]).await?;
    let start = rig.mark()?;
    let revision = rig.publish(&config_maps(rig.namespace(), &["a", "b"], "1")).await?;
    rig.kustomization("app", json!({"interval": "1s"})).await?;
    rig.ready("app", &revision).await?;
    rig.sent_events(&start, 2).await?;
    let (mark, before, seen) = (rig.mark()?, rig.state("app").await?, runs(&rig).await?);
    looked_at(&rig, seen + 4).await?;
    let requests = rig.requests(&mark).await?;
    assert!(requests.is_empty(), "{requests}");
    assert_eq!(rig.state("app").await?, before);
    // Whoever asks is answered.
    rig.run("app").await?;
    let requests = rig.requests(&mark).await?;
    assert_eq!(requests.count("patch", "kustomizations/status"), 1, "{requests}");
    Ok(())
}
