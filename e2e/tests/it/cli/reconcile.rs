//! `flyball reconcile`, `suspend`, `resume` and `events` beside our controllers.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::ControlPlane;
use testkit::git::GitServer;
use testkit::stack::Flyball;
use testkit::wait::{Look, until};

use super::typed::Typist;
use crate::kustomize::rig::{LIMIT, Rig, condition, config_maps};

const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";

async fn applied(name: &str) -> Result<(Rig, Typist, String)> {
    let rig = Rig::start(name).await?;
    let revision = rig.publish(&config_maps(rig.namespace(), &["a"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    Ok((rig, typist, revision))
}

#[tokio::test]
async fn a_run_is_asked_for_and_waited_for() -> Result<()> {
    let (mut rig, typist, revision) = applied("cli-reconcile").await?;
    let ns = rig.namespace().to_owned();
    let line = format!("reconcile kustomization/app -n {ns}");
    let said = format!("Kustomization {ns}/app: applied revision {revision}\n");
    let done = typist.types(&line).await?;
    assert_eq!(done.says(0, &[]).stdout, said);
    let state = rig.state("app").await?;
    let asked = state["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].clone();
    assert_eq!(state["status"]["lastHandledReconcileAt"], asked);
    let full: Value =
        serde_json::from_str(&typist.types(&format!("{line} --full -o json")).await?.says(0, &[]).stdout)?;
    assert_eq!((&full[0]["result"], &full[0]["revision"]), (&json!("ready"), &json!(revision)));
    assert!(rig.state("app").await?["metadata"]["annotations"]["flyball.dev/fullPassAt"].is_string());
    typist
        .types(&format!("reconcile configmap/a -n {ns}"))
        .await?
        .says(2, &[])
        .notes(&["only kinds of Flux's groups"]);
    typist.types(&format!("reconcile ks/gone -n {ns}")).await?.says(2, &[]).notes(&["there is none"]);

    rig.publish("-- kustomization.yaml --\nresources: [gone.yaml]\n").await?;
    let failed = typist.types(&line).await?;
    failed.says(1, &[&format!("Kustomization {ns}/app: failed (BuildFailed): "), "gone.yaml"]);
    rig.kill_controller().await?;
    let late = typist.types(&format!("{line} --timeout 2s")).await?;
    late.says(3, &[&format!("Kustomization {ns}/app: not over in time; waits for: ")]);
    let asked = typist.types(&format!("{line} --no-wait")).await?;
    asked.says(0, &[&format!("Kustomization {ns}/app: was asked")]);
    Ok(())
}

#[tokio::test]
async fn the_source_is_asked_first() -> Result<()> {
    let ns = ControlPlane::shared().await?.namespace("cli-source").await?;
    let git = GitServer::start().await?;
    let repository = git.repository("app")?;
    let file = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a, namespace: {}}}\ndata: {{key: '{value}'}}\n",
            ns.name()
        )
    };
    repository.commit("main", "one", [("a.yaml", file("1"))])?;
    let flyball = Flyball::start(&ns).await?;
    ns.apply_value(json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "app"},
        "spec": {"url": repository.url(), "interval": "1h", "ref": {"branch": "main"}}}))
        .await?;
    ns.apply_value(json!({"apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": {"name": "app"},
        "spec": {"interval": "1h", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}}}))
        .await?;
    ns.wait_ready(KUSTOMIZE, "Kustomization", "app", "True").await?;
    let commit = repository.commit("main", "two", [("a.yaml", file("2"))])?;
    let typist = Typist::admin(ns.plane(), ns.folder())?;
    let line = format!("reconcile ks/app -n {} --with-source", ns.name());
    let done = typist.types(&line).await?;
    let wanted = format!(
        "GitRepository {0}/app: fetched revision main@sha1:{commit}\nKustomization {0}/app: applied revision main@sha1:{commit}\n",
        ns.name()
    );
    assert_eq!(done.says(0, &[]).stdout, wanted, "{done}");
    let applied = ns.get("v1", "ConfigMap", "a").await?.context("the ConfigMap")?;
    assert_eq!(applied["data"]["key"], "2");
    drop(flyball);
    Ok(())
}

#[tokio::test]
async fn who_suspends_and_why_is_told() -> Result<()> {
    let (rig, typist, revision) = applied("cli-suspend").await?;
    let ns = rig.namespace();
    let suspended = typist.runs(&["suspend", "ks/app", "-n", ns, "--reason", "moving the database"]).await?;
    suspended.says(0, &[&format!("Kustomization {ns}/app: is suspended")]);
    let state = rig.state("app").await?;
    let note = |key: &str| {
        state["metadata"]["annotations"][format!("flyball.dev/{key}")].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(
        (&state["spec"]["suspend"], note("suspendReason").as_str()),
        (&json!(true), "moving the database")
    );
    assert!(!note("suspendedBy").is_empty() && note("suspendedAt").ends_with('Z'), "{state}");
    let manager = &state["metadata"]["managedFields"];
    assert!(manager.to_string().contains("flyball-cli"), "{manager}");
    typist.types(&format!("reconcile ks/app -n {ns}")).await?.says(2, &[]).notes(&[
        "is suspended by ",
        ": moving the database",
        "hint: `flyball resume kustomization/app",
    ]);
    let again = typist.types(&format!("suspend ks/app -n {ns}")).await?;
    again.says(0, &["was suspended already by ", ": moving the database"]);
    let resumed = typist.types(&format!("resume ks/app -n {ns}")).await?;
    resumed.says(0, &[&format!("Kustomization {ns}/app: applied revision {revision}")]);
    let state = rig.state("app").await?;
    let left = state["metadata"]["annotations"]
        .as_object()
        .map(|all| all.keys().any(|key| key.starts_with("flyball.dev/suspend")));
    assert_eq!((state["spec"]["suspend"].as_bool(), left.unwrap_or(false)), (Some(false), false));
    assert_eq!(condition(&state, "Ready")["status"], "True");
    rig.kustomization("other", json!({})).await?;
    rig.ready("other", &revision).await?;
    typist
        .types(&format!("suspend ks --all -n {ns}"))
        .await?
        .says(0, &["/app: is suspended", "/other: is suspended"]);
    typist
        .types(&format!("resume ks --all -n {ns} --wait"))
        .await?
        .says(0, &["/app: applied", "/other: applied"]);
    typist.types(&format!("suspend configmap/a -n {ns}")).await?.says(2, &[]).notes(&["can be suspended"]);
    Ok(())
}

#[tokio::test]
async fn events_of_a_kustomization_and_all_below_it() -> Result<()> {
    let rig = Rig::start("cli-events").await?;
    let ns = rig.namespace();
    let web = format!(
        "-- web.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {ns}}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
         template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: main, image: example.com/web:1}}]}}\n"
    );
    let revision = rig.publish(&web).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    rig.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stranger"}})).await?;
    for (name, kind, object, message) in [
        ("e1", "Warning", "stranger", "nobody's business"),
        ("e2", "Warning", "web", "https://user:hunter22@git.example is not reachable"),
    ] {
        let about = if object == "web" {
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "namespace": ns, "name": object})
        } else {
            json!({"apiVersion": "v1", "kind": "ConfigMap", "namespace": ns, "name": object})
        };
        rig.create_as(
            "test",
            json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": ns},
            "type": kind, "reason": "Told", "message": message, "involvedObject": about, "count": 3,
            "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z"}),
        )
        .await?;
    }
    let typist = Typist::admin(&rig.plane, rig.ns.folder())?;
    let line = format!("events ks/app -n {ns}");
    until("events of the Kustomization, the Deployment and its Pod", LIMIT, || async {
        let found = typist.types(&line).await?;
        let wanted =
            [format!("Kustomization/{ns}/app"), format!("Deployment/{ns}/web"), format!("Pod/{ns}/web-")];
        let has_all = wanted.iter().all(|wanted| found.stdout.contains(wanted.as_str()));
        Ok(if has_all { Look::Found(()) } else { Look::Not(found.to_string()) })
    })
    .await?;
    let found = typist.types(&line).await?;
    found.says(0, &["git.example is not reachable (x3)"]).says_nothing_of(&["hunter22", "nobody's business"]);
    let warnings = typist.types(&format!("{line} --types warning -o json")).await?;
    let warnings: Vec<Value> = serde_json::from_str(&warnings.says(0, &[]).stdout)?;
    assert!(warnings.iter().all(|event| event["type"] == "Warning"), "{warnings:?}");
    assert!(warnings.iter().any(|event| event["count"] == 3), "{warnings:?}");
    let all = typist.types(&format!("events -n {ns}")).await?;
    all.says(0, &[&format!("Kustomization/{ns}/app"), "git.example"]).says_nothing_of(&["nobody's business"]);
    let watching = typist.starts(&format!("{line} --watch"))?;
    until("what there is already", LIMIT, || async {
        let said = watching.said();
        Ok(if said.contains("is not reachable") { Look::Found(()) } else { Look::Not(said) })
    })
    .await?;
    let later = json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e3", "namespace": ns}, "type": "Normal",
        "reason": "Later", "message": "it came later", "lastTimestamp": "2026-01-01T00:00:00Z",
        "involvedObject": {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": ns, "name": "web"}});
    rig.create_as("test", later).await?;
    until("what came later", LIMIT, || async {
        let said = watching.said();
        let wanted = format!("Normal  Deployment/{ns}/web  Later  it came later");
        Ok(if said.contains(&wanted) { Look::Found(()) } else { Look::Not(said) })
    })
    .await?;
    let gone = typist.types(&format!("events ks/gone -n {ns}")).await?;
    gone.says(0, &[]).notes(&["there is none (any more)", "no events"]);
    Ok(())
}
