//! Figures for those who compare: what a thousand objects cost beside Flux's controller in the same run, how long drift
//! lives here and in another cluster, and what five clusters take. It judges nothing. `FLYBALL_BINARIES` names a folder
//! with binaries of another build, for figures of a release; `FLYBALL_OBJECTS` is another number than a thousand, and
//! `FLYBALL_CONCURRENT` another `--concurrent-ssa`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _};
use kube::api::{Api, DynamicObject, WatchEvent, WatchParams};
use serde_json::{Value, json};
use testkit::cluster::ControlPlane;
use testkit::wait::{Look, until};

use super::clusters::{Remote, USERS, kubeconfig_secret, second, to};
use super::rig::{Rig, is_ready_at};

/// Nothing is in the way of those that are measured but the machine.
const LIMIT: Duration = Duration::from_secs(500);
const HEALS: usize = 200;
const CLUSTERS: usize = 5;
const OF_EACH: usize = 100;

/// A line for whoever measures, even where the output of tests is caught.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").ok();
}

fn mib(bytes: u64) -> u64 {
    bytes / (1 << 20)
}

async fn ready(rig: &Rig, name: &str, revision: &str) -> Result<()> {
    until(&format!("{name} at {revision}"), LIMIT, || async {
        let state = rig.state(name).await?;
        Ok(if is_ready_at(&state, revision) {
            Look::Found(())
        } else {
            Look::Not(state["status"].to_string())
        })
    })
    .await
}

fn objects() -> usize {
    let asked = std::env::var("FLYBALL_OBJECTS").ok().and_then(|count| count.parse().ok());
    asked.unwrap_or(1000)
}

fn concurrent() -> String {
    format!("--concurrent-ssa={}", std::env::var("FLYBALL_CONCURRENT").unwrap_or_else(|_| "4".to_owned()))
}

fn maps(count: usize, value: &str) -> String {
    let mut files = String::from("-- all.yaml --\n");
    for n in 0..count {
        writeln!(
            files,
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: map-{n}}}\ndata: {{key: \"{value}\"}}"
        )
        .ok();
    }
    files
}

/// First apply, no change, a change of one object, a change of all.
async fn thousand(rig: &Rig, who: &str) -> Result<()> {
    let spec = json!({"targetNamespace": rig.namespace()});
    for (what, files) in [
        ("first apply", maps(objects(), "1")),
        ("nothing changed", maps(objects(), "1") + "# Only a comment.\n"),
        ("one object changed", maps(objects(), "1").replacen("\"1\"", "\"one\"", 1)),
        ("all objects changed", maps(objects(), "2")),
    ] {
        let revision = rig.publish(&files).await?;
        let (start, mark) = (Instant::now(), rig.mark()?);
        let process = &rig.controller().process;
        let cpu = process.cpu()?;
        rig.kustomization("app", spec.clone()).await?;
        ready(rig, "app", &revision).await?;
        let (seconds, cpu) = (start.elapsed(), process.cpu()? - cpu);
        let requests = rig.requests(&mark).await?.without_watches();
        say(&format!(
            "| {who} | {what} | {} requests | {:.1} s | {:.1} CPU s | {} MiB, at most {} MiB |\n{requests}",
            requests.len(),
            seconds.as_secs_f64(),
            cpu.as_secs_f64(),
            mib(process.rss()?),
            mib(process.peak_rss()?),
        ));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures, beside Flux's controllers: cargo xtask control-plane --peers"]
async fn a_thousand_objects() -> Result<()> {
    let concurrent = concurrent();
    let mut rig = Rig::start_with("thousand", &[&concurrent]).await?;
    thousand(&rig, "ours").await?;
    rig.kill_controller().await?;
    let mut rig = Rig::start_with("thousand-made", &[&concurrent, "--create-without-dry-run=true"]).await?;
    thousand(&rig, "ours, without dry-runs of new objects").await?;
    rig.kill_controller().await?;
    let mut rig = Rig::without_controller("thousand-flux", &[&concurrent]).await?;
    rig.start_flux().await?;
    thousand(&rig, "Flux").await
}

/// Edits one object after the other and waits until it is put back, as a watch shows it; sorted.
async fn heals(api: &Api<DynamicObject>) -> Result<Vec<Duration>> {
    let mut seen = Vec::new();
    for n in 0..HEALS {
        let name = format!("map-{n}");
        let params = WatchParams::default().fields(&format!("metadata.name={name}")).timeout(60);
        let found = api.get(&name).await?;
        let version = found.metadata.resource_version.unwrap_or_default();
        let mut events = std::pin::pin!(api.watch(&params, &version).await?);
        let edit = json!({"data": {"key": "edited"}});
        let start = Instant::now();
        api.patch(&name, &kube::api::PatchParams::default(), &kube::api::Patch::Merge(&edit)).await?;
        while let Some(event) = events.try_next().await? {
            if let WatchEvent::Modified(map) = event
                && map.data["data"]["key"] == "1"
            {
                seen.push(start.elapsed());
                break;
            }
        }
    }
    seen.sort_unstable();
    anyhow::ensure!(seen.len() == HEALS, "{} of {HEALS} were put back", seen.len());
    Ok(seen)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: cargo xtask test --e2e figures -- --ignored --nocapture"]
async fn heals_here_and_there() -> Result<()> {
    let rig = Rig::start("heals").await?;
    let remote = Remote::of(second().await?, rig.namespace()).await?;
    kubeconfig_secret(&rig, "there", &[("value", &remote.kubeconfig(USERS[0])?)]).await?;
    let revision = rig.publish(&maps(HEALS, "1")).await?;
    let mut there = to("there");
    there["targetNamespace"] = json!(rig.namespace());
    rig.kustomization("here", json!({"targetNamespace": rig.namespace()})).await?;
    rig.kustomization("there", there).await?;
    for name in ["here", "there"] {
        ready(&rig, name, &revision).await?;
    }
    for (what, api) in [
        ("here", rig.ns.api("v1", "ConfigMap").await?),
        ("there", remote.objects.api("v1", "ConfigMap").await?),
    ] {
        let seen = heals(&api).await?;
        let at = |part: usize| seen[(HEALS * part / 100).min(HEALS - 1)].as_millis();
        say(&format!("| {HEALS} heals {what} | p50 {} ms | p99 {} ms |", at(50), at(99)));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: cargo xtask test --e2e figures -- --ignored --nocapture"]
async fn five_clusters() -> Result<()> {
    let rig = Rig::start("five").await?;
    let say_memory = |what: &str| -> Result<()> {
        let process = &rig.controller().process;
        say(&format!("| {what} | {} MiB, at most {} MiB |", mib(process.rss()?), mib(process.peak_rss()?)));
        Ok(())
    };
    say_memory("idle")?;
    let revision = rig.publish(&maps(2, "1")).await?;
    let mut planes = Vec::new();
    for cluster in 0..CLUSTERS {
        let plane = Arc::new(ControlPlane::start(&USERS).await?);
        let remote = Remote::of(plane, rig.namespace()).await?;
        let name = format!("cluster-{cluster}");
        kubeconfig_secret(&rig, &name, &[("value", &remote.kubeconfig(USERS[0])?)]).await?;
        planes.push(remote);
        let specs = (0..OF_EACH).map(|n| {
            let mut spec: Value = to(&name);
            spec["targetNamespace"] = json!(rig.namespace());
            spec["namePrefix"] = json!(format!("app-{n}-"));
            (format!("{name}-{n}"), spec)
        });
        let made = futures::stream::iter(specs)
            .map(|(name, spec)| {
                let rig = &rig;
                async move { rig.kustomization(&name, spec).await.map(|_| name) }
            })
            .buffer_unordered(8)
            .try_collect::<Vec<_>>()
            .await?;
        for name in made {
            ready(&rig, &name, &revision).await.context("a cluster")?;
        }
        say_memory(&format!("{} clusters with {OF_EACH} Kustomizations each", cluster + 1))?;
    }
    tokio::time::sleep(Duration::from_secs(15)).await;
    say_memory("at rest")
}
