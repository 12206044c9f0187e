//! Restarts with everything applied: asked to end, killed, and killed after drift was healed. Requests are counted in a window
//! of fixed length, for nothing tells when a controller has recovered from nothing.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use super::super::apps::{self, of_set};
use super::super::figures::{Phase, Unit};
use super::super::sighting::Sightings;
use super::super::sizes::Sizes;
use super::super::stand::{CONFIG_MAP, KUSTOMIZATION, KUSTOMIZE, LIMIT, Stand};
use super::super::workload::{Workload, nothing};

pub(super) const WORKLOAD: Workload = Workload {
    name: "restart",
    id: "w8",
    about: "restarts with everything applied: requests, and start to ready",
    title: |sizes| {
        format!(
            "Restarts with {} Kustomizations of four objects, {} s each",
            sizes.kustomizations, sizes.window
        )
    },
    needs: nothing,
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

async fn play(sizes: &Sizes, stand: &mut Stand) -> Result<Vec<Phase>> {
    let (count, namespace) = (sizes.kustomizations, stand.ns.name().to_owned());
    stand.source("app").await?;
    let revision = stand.publish("app", &apps::set(count, |_| "1".to_owned())).await?;
    stand.make((0..count).map(|number| of_set(sizes, &namespace, number, "1h")).collect()).await?;
    stand
        .observer
        .count("all Kustomizations", LIMIT, (KUSTOMIZATION, count), |_, facts| facts.is_at(&revision))
        .await?;
    // What a controller learns of its first runs is stored by the second.
    run_all(stand, count, "once").await?;
    let quiet = Duration::from_secs(2);
    stand.rest(quiet).await?;
    let mut phases = vec![restart(sizes, stand, "restart", false).await?];
    stand.rest(quiet).await?;
    phases.push(restart(sizes, stand, "kill -9", true).await?);
    stand.rest(quiet).await?;
    drift(stand).await?;
    stand.rest(quiet).await?;
    phases.push(restart(sizes, stand, "kill -9 after drift was healed", true).await?);
    Ok(phases)
}

/// One restart, and what is asked in the window after it.
async fn restart(sizes: &Sizes, stand: &mut Stand, what: &str, at_once: bool) -> Result<Phase> {
    let meter = stand.begin()?;
    stand.stop(at_once).await?;
    stand.start().await?;
    let begun = Instant::now();
    let mut phase = Phase::new(what);
    phase.add("start to ready", Unit::Milliseconds, stand.ready_after()?.as_secs_f64() * 1_000.0);
    let window = Duration::from_secs(sizes.window.try_into().unwrap_or(u64::MAX));
    tokio::time::sleep_until((begun + window).into()).await;
    stand.close(&meter, phase).await
}

/// A run of every Kustomization.
async fn run_all(stand: &Stand, count: usize, token: &str) -> Result<()> {
    for number in 0..count {
        stand.request((KUSTOMIZE, KUSTOMIZATION), &apps::name(number), token).await?;
    }
    let handled = stand.observer.count("a run of each", LIMIT, (KUSTOMIZATION, count), |_, facts| {
        facts.is_ready && facts.handled == token
    });
    handled.await.map(drop)
}

/// Edits one object, and sees it put back, after a run where nothing else does it.
async fn drift(stand: &Stand) -> Result<()> {
    let name = apps::name(0);
    stand.ns.patch("v1", CONFIG_MAP, &name, json!({ "data": { "key": "edited" } })).await?;
    stand.request((KUSTOMIZE, KUSTOMIZATION), &name, "heal").await?;
    let handled = |seen: &Sightings| {
        let is_handled =
            seen.of(KUSTOMIZATION, &name).is_some_and(|facts| facts.is_ready && facts.handled == "heal");
        let is_healed = seen.of(CONFIG_MAP, &name).is_some_and(|facts| facts.value == "1");
        (!is_handled || !is_healed).then(|| format!("handled: {is_handled}, healed: {is_healed}"))
    };
    stand.observer.until("the heal", LIMIT, handled).await.map(drop)
}
