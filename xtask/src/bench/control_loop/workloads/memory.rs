//! How memory grows with the number of Kustomizations.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::super::apps::{self, of_set};
use super::super::figures::{MEMORY_OVER_COUNT, Phase, Unit};
use super::super::sizes::Sizes;
use super::super::stand::{KUSTOMIZATION, LIMIT, Stand};
use super::super::workload::{Workload, nothing};

pub(super) const WORKLOAD: Workload = Workload {
    name: "memory",
    id: "",
    about: "memory with more and more Kustomizations",
    title: |sizes| {
        format!("Memory of the kustomize-controller with up to {} Kustomizations of four objects", sizes.many)
    },
    needs: nothing,
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

const STEPS: usize = 5;

async fn play(sizes: &Sizes, stand: &Stand) -> Result<Vec<Phase>> {
    let namespace = stand.ns.name().to_owned();
    stand.source("app").await?;
    let revision = stand.publish("app", &apps::set(sizes.many, |_| "1".to_owned())).await?;
    let mut curve = vec![(0.0, stand.memory()?)];
    let meter = stand.begin()?;
    let mut done = Instant::now();
    let mut made = 0;
    for step in 1..=STEPS {
        let next = sizes.many * step / STEPS;
        stand.make((made..next).map(|number| of_set(sizes, &namespace, number, "1h")).collect()).await?;
        made = next;
        let all = stand
            .observer
            .count("all Kustomizations", LIMIT, (KUSTOMIZATION, made), |_, facts| facts.is_at(&revision));
        done = all.await?;
        // What a run needed is given back a moment later.
        stand.rest(Duration::from_secs(2)).await?;
        curve.push((made as f64, stand.memory()?));
    }
    let mut phase = Phase::new("more and more");
    phase.add("memory when idle", Unit::Mib, curve.first().map_or(0.0, |(_, memory)| *memory));
    phase.curve(MEMORY_OVER_COUNT, curve);
    Ok(vec![stand.end(&meter, phase, done).await?])
}
