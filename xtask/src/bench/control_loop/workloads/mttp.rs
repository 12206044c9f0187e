//! Flux's own benchmark: so many sources, and a Kustomization on each with four objects that it waits for, a service account
//! and variables. Here sources are GitRepositories.

use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::super::apps::{self, kustomization};
use super::super::figures::{Phase, Unit};
use super::super::sighting::Facts;
use super::super::sizes::Sizes;
use super::super::stand::{GIT_REPOSITORY, KUSTOMIZATION, LIMIT, Needs, SOURCES, Stand};
use super::super::workload::Workload;

pub(super) const WORKLOAD: Workload = Workload {
    name: "mttp",
    id: "w1",
    about: "Flux's own benchmark: sources and Kustomizations of four objects, with health checks",
    title: |sizes| {
        let count = sizes.kustomizations;
        format!(
            "{count} GitRepositories and {count} Kustomizations of four objects with variables and health checks"
        )
    },
    needs: |_| Needs { sources: true, ..Needs::default() },
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

async fn play(sizes: &Sizes, stand: &Stand) -> Result<Vec<Phase>> {
    let (count, namespace) = (sizes.kustomizations, stand.ns.name().to_owned());
    let repository = stand.git.repository("app")?;
    let commit = repository.commit("main", "first", apps::template())?;
    let revision = format!("main@sha1:{commit}");
    let meter = stand.begin()?;
    let begun = Instant::now();
    let pairs = (0..count).flat_map(|number| {
        let name = apps::name(number);
        let source = json!({
            "apiVersion": SOURCES, "kind": GIT_REPOSITORY, "metadata": { "name": name },
            "spec": { "url": repository.url(), "ref": { "branch": "main" }, "interval": "1h" },
        });
        [source, of_source(sizes, &namespace, &name)]
    });
    stand.make(pairs.collect()).await?;
    let is_ready = |_: &str, facts: &Facts| facts.is_at(&revision);
    let sources = stand.observer.count("all sources", LIMIT, (GIT_REPOSITORY, count), is_ready).await?;
    let done = stand.observer.count("all Kustomizations", LIMIT, (KUSTOMIZATION, count), is_ready).await?;
    let mut phase = Phase::new("from nothing to ready");
    {
        let seen = stand.observer.seen();
        let after = |kind| -> Vec<f64> {
            let first = seen.first(begun, kind, is_ready);
            first.values().map(|at| (*at - begun).as_secs_f64() * 1_000.0).collect()
        };
        let last = *seen.first(begun, GIT_REPOSITORY, is_ready).values().max().context("a source")?;
        phase.add("all sources ready", Unit::Seconds, (last.min(sources) - begun).as_secs_f64());
        let applied = seen.first(begun, "Deployment", |_, facts| !facts.is_gone);
        let applied: Vec<f64> = applied.values().map(|at| (*at - begun).as_secs_f64() * 1_000.0).collect();
        phase.sample("begin to applied, of each", Unit::Milliseconds, applied);
        phase.sample("begin to ready, of each", Unit::Milliseconds, after(KUSTOMIZATION));
    }
    Ok(vec![stand.end(&meter, phase, done).await?])
}

fn of_source(sizes: &Sizes, namespace: &str, name: &str) -> Value {
    let spec = json!({
        "sourceRef": { "kind": "GitRepository", "name": name }, "path": "./app", "wait": true, "timeout": "5m",
        "postBuild": { "substitute": { "name": name, "domain": "example.com", "tier": "gold" } },
    });
    kustomization(sizes, namespace, name, spec)
}
