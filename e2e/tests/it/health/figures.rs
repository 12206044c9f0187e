//! Figures for those who compare: what it takes to hold ten thousand objects in five hundred Kustomizations, and how soon a
//! change of one of them is published. Memory is judged, times are only said. `FLYBALL_BINARIES` names a folder with
//! binaries of another build, for figures of a release.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, WatchEvent, WatchParams};
use serde_json::{Value, json};
use testkit::wait::{Look, until};

use super::rig::{Rig, condition, config_map, deployment, report};

/// Nothing is in the way of what is measured but the machine.
const LIMIT: Duration = Duration::from_secs(400);
const KUSTOMIZATIONS: usize = 500;
/// Of each Kustomization.
const CONFIG_MAPS: usize = 14;
const DEPLOYMENTS: usize = 4;
const SOURCES: usize = 2;
const CHANGES: usize = 200;
/// Requests that are on their way at once.
const WIDTH: usize = 16;
/// The most resident memory while nothing happens.
const MOST: u64 = 100_000_000;

const CONVERGENCE: (&str, &str) = ("flyball.dev/v1alpha1", "Convergence");
const SOURCE: (&str, &str) = ("source.toolkit.fluxcd.io/v1", "OCIRepository");

/// A line for whoever measures, even where the output of tests is caught.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// Resident memory: all of it, what is of no file, and the most there was; said, and the first of them given.
fn memory(rig: &Rig, what: &str) -> Result<u64> {
    let process = &rig.controller.process;
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid()))?;
    let own = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
    let mb = |bytes: u64| bytes / 1_000_000;
    let rss = process.rss()?;
    say(&format!(
        "| {what} | {} MB | of that its own: {} | at most {} MB | {:.1} CPU s |",
        mb(rss),
        own.trim(),
        mb(process.peak_rss()?),
        process.cpu()?.as_secs_f64(),
    ));
    Ok(rss)
}

fn source(name: &str) -> Value {
    json!({"apiVersion": SOURCE.0, "kind": SOURCE.1, "metadata": {"name": name},
        "spec": {"url": "oci://registry.example.com/charts/app", "interval": "5m"}})
}

/// One Kustomization and all that it has applied.
async fn app(rig: &Rig, app: &str) -> Result<()> {
    let mut objects = Vec::new();
    for n in 0..CONFIG_MAPS {
        let mut map = config_map(&format!("{app}-map-{n}"));
        map["data"]["file"] = json!("a line of a file that nobody reads here\n".repeat(25));
        objects.push(("", map));
    }
    for n in 0..DEPLOYMENTS {
        let mut web = deployment(&format!("{app}-web-{n}"), json!({}));
        web["spec"]["replicas"] = json!(0);
        objects.push(("apps", web));
    }
    for n in 0..SOURCES {
        objects.push(("source.toolkit.fluxcd.io", source(&format!("{app}-source-{n}"))));
    }
    let mut inventory = Vec::new();
    for (group, object) in objects {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (kind, name) = (text(&object["kind"]), text(&object["metadata"]["name"]));
        rig.apply_for(app, object).await?;
        if kind == SOURCE.1 {
            let since = "2026-11-25T10:00:00Z";
            let stored = ["Ready", "ArtifactInStorage"].map(|of| {
                condition(of, "True", "Succeeded", "stored artifact for digest 'latest@sha256:0123'", since)
            });
            let status = json!({"observedGeneration": 1, "conditions": stored});
            rig.status(SOURCE.0, SOURCE.1, &name, status).await?;
        }
        inventory.push((group, kind, name));
    }
    let entries: Vec<_> =
        inventory.iter().map(|(group, kind, name)| (*group, kind.as_str(), name.as_str())).collect();
    rig.kustomization(app, &entries).await
}

/// Waits until all Convergences say that all is well.
async fn all_converged(rig: &Rig) -> Result<()> {
    let api = rig.ns.api(CONVERGENCE.0, CONVERGENCE.1).await?;
    let wait = until("all Convergences", LIMIT, || async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let found = api.list(&ListParams::default()).await?.items;
        let well = found.iter().filter(|one| one.data["status"]["conditions"][0]["status"] == "True").count();
        Ok(if well == KUSTOMIZATIONS { Look::Found(()) } else { Look::Not(format!("{well} are well")) })
    });
    wait.await.with_context(|| rig.controller.process.log_tail())
}

/// A change of one object, and what is said of it then.
struct Change {
    app: String,
    kind: &'static str,
    name: String,
    health: &'static str,
}

/// Changes of any of the objects, each of another one, the same in every run.
fn changes() -> Vec<Change> {
    let mut number = 7_usize;
    let mut any = |below: usize| {
        number = (number * 1_103 + 12_345) % 1_000_003;
        number % below
    };
    let (mut chosen, mut changes) = (BTreeSet::new(), Vec::new());
    while changes.len() < CHANGES {
        let (app, way) = (format!("app-{}", any(KUSTOMIZATIONS)), any(3));
        let (kind, name, health) = match way {
            0 => ("ConfigMap", format!("{app}-map-{}", any(CONFIG_MAPS)), "Missing"),
            1 => ("Deployment", format!("{app}-web-{}", any(DEPLOYMENTS)), "Suspended"),
            _ => (SOURCE.1, format!("{app}-source-{}", any(SOURCES)), "Suspended"),
        };
        if chosen.insert(name.clone()) {
            changes.push(Change { app, kind, name, health });
        }
    }
    changes
}

async fn make(rig: &Rig, change: &Change) -> Result<()> {
    match change.kind {
        "ConfigMap" => {
            let api = rig.ns.api("v1", change.kind).await?;
            api.delete(&change.name, &DeleteParams::default()).await?;
        }
        "Deployment" => {
            rig.ns.patch("apps/v1", change.kind, &change.name, json!({"spec": {"paused": true}})).await?;
        }
        _ => {
            rig.ns.patch(SOURCE.0, change.kind, &change.name, json!({"spec": {"suspend": true}})).await?;
        }
    }
    Ok(())
}

/// Makes one change after the other, and waits for each until a watch of its own shows what the Convergence says of it;
/// how long that took, sorted.
async fn published(rig: &Rig) -> Result<Vec<Duration>> {
    let api: Api<DynamicObject> = rig.ns.api(CONVERGENCE.0, CONVERGENCE.1).await?;
    let version = api.list(&ListParams::default()).await?.metadata.resource_version.unwrap_or_default();
    let mut events = std::pin::pin!(api.watch(&WatchParams::default().timeout(290), &version).await?);
    let mut took = Vec::new();
    for change in changes() {
        let begun = Instant::now();
        make(rig, &change).await?;
        loop {
            let event = tokio::time::timeout(Duration::from_secs(30), events.next()).await;
            let event = event.with_context(|| format!("{} {}", change.kind, change.name))?;
            let Some(WatchEvent::Modified(found)) = event.transpose()? else { bail!("the watch has ended") };
            if found.metadata.name.as_deref() == Some(change.app.as_str())
                && report(&serde_json::to_value(&found)?, &change.name)["health"] == change.health
            {
                break;
            }
        }
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    Ok(took)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: cargo xtask test --e2e figures -- --ignored --nocapture"]
async fn ten_thousand_objects_in_five_hundred_kustomizations() -> Result<()> {
    let mut rig = Rig::start("health-figures").await?;
    memory(&rig, "idle")?;
    let rig_ref = &rig;
    stream::iter(0..KUSTOMIZATIONS)
        .map(|n| async move { app(rig_ref, &format!("app-{n}")).await })
        .buffer_unordered(WIDTH)
        .try_collect::<Vec<()>>()
        .await?;
    all_converged(&rig).await?;
    tokio::time::sleep(Duration::from_secs(15)).await;
    let grown = memory(&rig, "500 Kustomizations have come, 10,000 objects")?;
    let begun = Instant::now();
    let mark = rig.ns.plane().requests()?.mark()?;
    rig.restart().await?;
    // Later than all that were there before.
    rig.kustomization("marker", &[]).await?;
    rig.converged("marker", "True", "Converged").await?;
    say(&format!("| all known after a restart | {:.1} s |", begun.elapsed().as_secs_f64()));
    tokio::time::sleep(Duration::from_secs(15)).await;
    let rested = memory(&rig, "restarted")?;
    let asked = rig.ns.plane().requests()?.since(&mark, &rig.user()).await?;
    say(&format!("| requests after a restart | {} |", asked.without_watches().len()));
    let took = published(&rig).await?;
    let at = |part: usize| took[(CHANGES * part / 100).min(CHANGES - 1)].as_millis();
    say(&format!(
        "| {CHANGES} changes published | p50 {} ms | p99 {} ms | at most {} ms |",
        at(50),
        at(99),
        at(100)
    ));
    let changed = memory(&rig, "after the changes")?;
    for (what, bytes) in [("when they have come", grown), ("restarted", rested), ("after changes", changed)] {
        ensure!(bytes < MOST, "{bytes} bytes are resident {what}");
    }
    Ok(())
}
