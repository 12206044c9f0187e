//! Many Kustomizations on one source: new ones, a commit that touches one of them, one that touches all.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::super::apps::{self, Files, of_set};
use super::super::figures::{Phase, Unit};
use super::super::meter::Meter;
use super::super::sighting::Facts;
use super::super::sizes::Sizes;
use super::super::stand::{CONFIG_MAP, KUSTOMIZATION, LIMIT, Stand};
use super::super::workload::{Workload, nothing};

pub(super) const WORKLOAD: Workload = Workload {
    name: "fleet",
    id: "",
    about: "many Kustomizations on one source: new, one touched, all touched",
    title: |sizes| format!("{} Kustomizations of four objects on one source", sizes.kustomizations),
    needs: nothing,
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

async fn play(sizes: &Sizes, stand: &Stand) -> Result<Vec<Phase>> {
    let (count, namespace) = (sizes.kustomizations, stand.ns.name().to_owned());
    stand.source("app").await?;
    let revision = stand.publish("app", &apps::set(count, |_| "1".to_owned())).await?;
    let meter = stand.begin()?;
    stand.make((0..count).map(|number| of_set(sizes, &namespace, number, "1h")).collect()).await?;
    let first =
        all_ready(sizes, stand, &revision, meter.begun, &meter, Phase::new("new applications")).await?;

    let touched = count / 2;
    let one = apps::set(count, |number| if number == touched { "2" } else { "1" }.to_owned());
    let one = commit(sizes, stand, "commit that touches one", &one, "2", Some(touched)).await?;
    let all = apps::set(count, |_| "3".to_owned());
    let all = commit(sizes, stand, "commit that touches all", &all, "3", None).await?;
    Ok(vec![first, one, all])
}

/// A commit after which ConfigMaps have a new value: that of one application, or all.
async fn commit(
    sizes: &Sizes,
    stand: &Stand,
    what: &str,
    files: &Files,
    value: &str,
    touched: Option<usize>,
) -> Result<Phase> {
    stand.rest(Duration::from_secs(2)).await?;
    let meter = stand.begin()?;
    let published = Instant::now();
    let revision = stand.publish("app", files).await?;
    let number = touched.map_or(sizes.kustomizations, |_| 1);
    let is_applied = |_: &str, facts: &Facts| facts.value == value;
    stand.observer.count(what, LIMIT, (CONFIG_MAP, number), is_applied).await?;
    let mut phase = Phase::new(what);
    {
        let seen = stand.observer.seen();
        let applied = seen.first(published, CONFIG_MAP, is_applied);
        let last = applied.values().max().context("an object that was applied")?;
        phase.add("published to applied", Unit::Milliseconds, (*last - published).as_secs_f64() * 1_000.0);
    }
    if let Some(touched) = touched {
        let name = apps::name(touched);
        let ready = |found: &str, facts: &Facts| found == name && facts.is_at(&revision);
        let ready = stand.observer.count(what, LIMIT, (KUSTOMIZATION, 1), ready).await?;
        phase.add(
            "published to ready, of the touched one",
            Unit::Milliseconds,
            (ready - published).as_secs_f64() * 1_000.0,
        );
    }
    all_ready(sizes, stand, &revision, published, &meter, phase).await
}

/// Ends a phase when all Kustomizations are ready at a revision.
async fn all_ready(
    sizes: &Sizes,
    stand: &Stand,
    revision: &str,
    since: Instant,
    meter: &Meter,
    mut phase: Phase,
) -> Result<Phase> {
    let is_ready = |_: &str, facts: &Facts| facts.is_at(revision);
    let what = phase.name.clone();
    let done = stand.observer.count(&what, LIMIT, (KUSTOMIZATION, sizes.kustomizations), is_ready).await?;
    let after: Vec<f64> = {
        let seen = stand.observer.seen();
        let first = seen.first(since, KUSTOMIZATION, is_ready);
        first.values().map(|at| (*at - since).as_secs_f64() * 1_000.0).collect()
    };
    phase.sample("begin to ready, of each", Unit::Milliseconds, after);
    stand.end(meter, phase, done).await
}
