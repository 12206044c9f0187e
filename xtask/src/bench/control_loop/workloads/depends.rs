//! Kustomizations that depend on each other: a chain, and a binary tree. All are there before their source has anything.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::super::apps::{self, kustomization};
use super::super::figures::{Phase, Unit};
use super::super::sighting::Facts;
use super::super::sizes::Sizes;
use super::super::stand::{KUSTOMIZATION, LIMIT, Stand};
use super::super::workload::{Workload, nothing};

pub(super) const WORKLOAD: Workload = Workload {
    name: "depends",
    id: "w7",
    about: "a chain and a tree of Kustomizations that depend on each other",
    title: |sizes| format!("A chain of {} Kustomizations, and a tree of {}", sizes.chain, sizes.tree),
    needs: nothing,
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

async fn play(sizes: &Sizes, stand: &Stand) -> Result<Vec<Phase>> {
    let chain = grow(sizes, stand, "chain", sizes.chain, |number| number.checked_sub(1)).await?;
    let tree =
        grow(sizes, stand, "tree", sizes.tree, |number| number.checked_sub(1).map(|above| above / 2)).await?;
    Ok(vec![chain, tree])
}

/// Kustomizations of a source of their own, each on the one that `above` names.
async fn grow(
    sizes: &Sizes,
    stand: &Stand,
    what: &'static str,
    count: usize,
    above: fn(usize) -> Option<usize>,
) -> Result<Phase> {
    let namespace = stand.ns.name().to_owned();
    let name = |number: usize| format!("{what}-{number}");
    stand.source(what).await?;
    let object = |number: usize| -> Value {
        let depends: Vec<Value> =
            above(number).map(|above| json!({ "name": name(above) })).into_iter().collect();
        let spec = json!({
            "sourceRef": { "kind": "GitRepository", "name": what }, "dependsOn": depends, "wait": true,
            "namePrefix": format!("{what}-{number}-"), "retryInterval": "5s", "timeout": "5m",
        });
        kustomization(sizes, &namespace, &name(number), spec)
    };
    stand.make((0..count).map(object).collect()).await?;
    stand.rest(Duration::from_secs(1)).await?;

    let meter = stand.begin()?;
    let revision = stand.publish(what, &apps::maps(1, |_| "1".to_owned())).await?;
    let published = Instant::now();
    let is_done = |name: &str, facts: &Facts| name.starts_with(what) && facts.is_at(&revision);
    let done = stand.observer.count(what, LIMIT, (KUSTOMIZATION, count), is_done).await?;
    let mut phase = Phase::new(what);
    let after: Vec<f64> = {
        let seen = stand.observer.seen();
        let first = seen.first(published, KUSTOMIZATION, is_done);
        first.values().map(|at| (*at - published).as_secs_f64() * 1_000.0).collect()
    };
    phase.sample("published to ready, of each", Unit::Milliseconds, after);
    stand.end(&meter, phase, done).await
}
