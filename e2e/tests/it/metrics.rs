//! What people watch the controllers with: a real Prometheus scrapes them through a small story (a commit, drift, failures),
//! and every expression of every panel and alert, ours and those of Flux's dashboards, finds its series there.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reconcile_core::metrics::table;
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::git::GitServer;
use testkit::stack::{Controller, Flyball};

mod expressions;
mod flux;
mod prometheus;

use expressions::Expression;
use prometheus::Prometheus;

const SOON: Duration = Duration::from_secs(60);
const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io/v1";
const SOURCE: &str = "source.toolkit.fluxcd.io/v1";
const MANIFEST: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {key: declared}\n";

/// Expressions without a series in the story, and why that is right.
const WITHOUT: [(&str, &str); 4] = [
    ("flyball_alerts_waiting", "nobody is told of alerts here"),
    ("flyball_watch_failures_total", "no watch fails here"),
    ("flyball_watch_restarts_total", "no watch begins again here"),
    ("code=\"429\"", "the API server has room for all"),
];

fn chart() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../charts/flyball"))
}

fn watched(controller: Controller) -> Controller {
    controller.flag("--resource-info-metrics").flag("--enable-leader-election=true")
}

async fn source(ns: &TestNamespace, name: &str, url: &str) -> Result<()> {
    let spec = json!({"url": url, "interval": "1m", "ref": {"branch": "main"}});
    let object =
        json!({"apiVersion": SOURCE, "kind": "GitRepository", "metadata": {"name": name}, "spec": spec});
    ns.apply_value(object).await.map(drop)
}

async fn kustomization(ns: &TestNamespace, name: &str, path: &str, suspend: bool) -> Result<()> {
    let spec = json!({"interval": "1m", "retryInterval": "5s", "prune": true, "path": path, "suspend": suspend,
        "targetNamespace": ns.name(), "sourceRef": {"kind": "GitRepository", "name": "app"}});
    let object =
        json!({"apiVersion": KUSTOMIZE, "kind": "Kustomization", "metadata": {"name": name}, "spec": spec});
    ns.apply_value(object).await.map(drop)
}

/// A commit that is applied, drift that is healed, a Kustomization and a source that fail, one that is suspended.
async fn tell(ns: &TestNamespace, url: &str) -> Result<()> {
    source(ns, "app", url).await?;
    source(ns, "gone", &format!("{url}-that-never-was")).await?;
    kustomization(ns, "app", "./", false).await?;
    kustomization(ns, "broken", "./nowhere", false).await?;
    kustomization(ns, "idle", "./", true).await?;
    ns.wait_condition(KUSTOMIZE, "Kustomization", "app", ("Ready", "True"), SOON).await?;
    ns.patch("v1", "ConfigMap", "settings", json!({"data": {"key": "edited"}})).await?;
    ns.wait_for("v1", "ConfigMap", "settings", SOON, |map| map["data"]["key"] == "declared").await?;
    ns.wait_condition(KUSTOMIZE, "Kustomization", "broken", ("Ready", "False"), SOON).await?;
    ns.wait_condition(SOURCE, "GitRepository", "gone", ("Ready", "False"), SOON).await?;
    ns.wait_for("flyball.dev/v1alpha1", "Convergence", "broken", SOON, |found| {
        found["status"]["blockers"].as_array().is_some_and(|blockers| !blockers.is_empty())
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn every_panel_and_alert_finds_its_series() -> Result<()> {
    let ns = ControlPlane::shared().await?.namespace("metrics").await?;
    let git = GitServer::start().await?;
    let repo = git.repository("app")?;
    repo.commit("main", "first", [("app.yaml", MANIFEST)])?;
    let flyball = Flyball::start_with(&ns, watched).await?;
    let controllers = [
        ("source-controller", &flyball.source),
        ("kustomize-controller", &flyball.kustomize),
        ("health-controller", &flyball.health),
    ];
    let targets = controllers.map(|(name, running)| (name, running.metrics_address()));
    let rules = chart().join("alerts/flyball.yaml");
    let prometheus = Prometheus::start(ns.folder(), &targets, &rules).await?;
    tell(&ns, repo.url()).await?;

    for (name, running) in controllers {
        let text = running.metrics().await?;
        types_are_those_of_the_table(name, &text)?;
        prometheus::lint(&text)?;
    }
    prometheus.rules_are_healthy().await?;

    let mut all = expressions::of_dashboards(&chart().join("dashboards"))?;
    all.extend(expressions::of_alerts(&rules)?);
    all.extend(flux::EXPRESSIONS.iter().map(|(panel, text)| Expression::new(format!("Flux: {panel}"), text)));
    assert!(all.len() > 120, "only {} expressions were found", all.len());
    let mut missing = Vec::new();
    for expression in &all {
        let excused = WITHOUT.iter().any(|(part, _)| expression.text.contains(part));
        if !excused && !prometheus.has_series(&expression.text).await? {
            missing.push(expression.to_string());
        }
    }
    assert!(missing.is_empty(), "{} without a series:\n{}", missing.len(), missing.join("\n"));
    for (part, reason) in WITHOUT {
        let used = all.iter().any(|expression| expression.text.contains(part));
        assert!(used, "nothing asks for {part} any more ({reason})");
    }
    the_figures_are_those_of_the_story(&prometheus).await
}

/// What is served is in the reference, with that type; and names of objects stand only where Flux has them.
fn types_are_those_of_the_table(controller: &str, text: &str) -> Result<()> {
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, type_) = line.split_once(' ').unwrap_or_default();
        let family = table::all().find(|family| family.name == name);
        let family =
            family.with_context(|| format!("{controller} serves {name}, which is not in the table"))?;
        assert_eq!(type_, family.type_.word(), "{controller}: {name}");
    }
    for line in text.lines().filter(|line| line.starts_with("flyball_")) {
        assert!(!line.contains("namespace=") && !line.contains("{name="), "{controller}: {line}");
    }
    Ok(())
}

async fn the_figures_are_those_of_the_story(prometheus: &Prometheus) -> Result<()> {
    for (expression, wanted) in [
        ("sum(flyball_drift_corrected_total{kind=\"ConfigMap\"})", 1.0),
        ("count(flyball_drift_corrected_total{kind=\"ConfigMap\", manager=\"none\"}) or vector(0)", 0.0),
        ("sum(flyball_heal_duration_seconds_count)", 1.0),
        ("sum(flyball_inventory_entries)", 1.0),
        ("sum(flyball_resources{kind=\"Kustomization\", state=\"suspended\"})", 1.0),
        ("sum(flyball_resources{kind=\"Kustomization\", state=\"failing\"})", 1.0),
        ("sum(flyball_resources{kind=\"GitRepository\", state=\"failing\"})", 1.0),
        ("count(gotk_resource_info{customresource_kind=\"Kustomization\"})", 3.0),
        ("sum(leader_election_master_status)", 3.0),
        ("count(flyball_build_info)", 3.0),
        ("count(flyball_artifact_size_bytes_count{kind=\"GitRepository\"} == 1)", 1.0),
        ("count(flyball_fetched_bytes_total > 100)", 2.0),
        ("count(flyball_storage_available_bytes < flyball_storage_capacity_bytes)", 1.0),
        ("count(process_cpu_seconds_total > 0)", 3.0),
    ] {
        prometheus.value(expression, wanted).await?;
    }
    let labels =
        prometheus.series("gotk_resource_info{name=\"app\", customresource_kind=\"Kustomization\"}").await?;
    let labels = &labels.first().context("the Kustomization's series")?["metric"];
    assert_eq!(labels["ready"], "True", "{labels}");
    assert_eq!(labels["source_name"], "app", "{labels}");
    assert!(
        labels["revision"].as_str().is_some_and(|revision| revision.starts_with("main@sha1:")),
        "{labels}"
    );
    assert_eq!(labels.get("suspended"), None::<&Value>, "{labels}");
    Ok(())
}

#[test]
fn alerts_pass_promtool() -> Result<()> {
    let alerts = chart().join("alerts");
    prometheus::promtool(&["check", "rules", "flyball.yaml"], &alerts, "")?;
    prometheus::promtool(&["test", "rules", "tests/flyball.yaml"], &alerts, "")?;
    Ok(())
}
