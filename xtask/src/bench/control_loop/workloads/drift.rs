//! Drift: one random object after the other is edited, deleted or relabelled, and the independent watch sees how long that
//! lives.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;

use super::super::apps::{kustomization, maps};
use super::super::figures::{Phase, Unit};
use super::super::sighting::{Edit, Facts, lives};
use super::super::sizes::Sizes;
use super::super::stand::{CONFIG_MAP, KUSTOMIZATION, LIMIT, Stand};
use super::super::workload::{Workload, nothing};

pub(super) const WORKLOAD: Workload = Workload {
    name: "drift",
    id: "w6",
    about: "objects are edited, deleted and relabelled: how long that lives",
    title: |sizes| {
        let Sizes { edits, every, objects, drift_interval, .. } = sizes;
        format!(
            "{edits} edits, deletions and relabellings of {objects} objects, one every {every} ms (interval {drift_interval} s)"
        )
    },
    needs: nothing,
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

const OWNER: &str = "kustomize.toolkit.fluxcd.io/name";

/// What it is declared to be.
fn is_declared(facts: &Facts) -> bool {
    !facts.is_gone && facts.value == "1" && facts.owner == "app"
}

async fn play(sizes: &Sizes, stand: &Stand) -> Result<Vec<Phase>> {
    let namespace = stand.ns.name().to_owned();
    stand.source("app").await?;
    let revision = stand.publish("app", &maps(sizes.objects, |_| "1".to_owned())).await?;
    let interval = format!("{}s", sizes.drift_interval);
    stand
        .make(vec![kustomization(
            sizes,
            &namespace,
            "app",
            json!({ "interval": interval, "timeout": "20m" }),
        )])
        .await?;
    stand.observer.count("all objects", LIMIT, (KUSTOMIZATION, 1), |_, facts| facts.is_at(&revision)).await?;

    let meter = stand.begin()?;
    let mut edits = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(sizes.every.try_into().unwrap_or(u64::MAX)));
    for (number, object) in chosen(sizes.objects).take(sizes.edits).enumerate() {
        ticks.tick().await;
        let name = format!("map-{object}");
        edits.push(Edit { at: Instant::now(), key: (CONFIG_MAP, name.clone()) });
        disturb(stand, number, &name).await?;
    }
    let all =
        stand.observer.count("all heals", LIMIT, (CONFIG_MAP, sizes.objects), |_, facts| is_declared(facts));
    let done = all.await?;
    let mut phase = Phase::new("drift");
    // What was deleted and not put back yet is deleted once.
    let healed: Vec<f64> = {
        let seen = stand.observer.seen();
        let lives = lives(&edits, &seen.all, is_declared);
        lives.into_iter().flatten().map(|life| life.as_secs_f64() * 1_000.0).collect()
    };
    phase.count("disturbances", edits.len());
    phase.count("heals seen", healed.len());
    phase.sample("life of drift", Unit::Milliseconds, healed);
    Ok(vec![stand.end(&meter, phase, done).await?])
}

/// Edits, deletes or relabels, in turn. What is not there at the moment cannot be edited.
async fn disturb(stand: &Stand, number: usize, name: &str) -> Result<()> {
    let change = match number % 3 {
        0 => json!({ "data": { "key": "edited" } }),
        1 => return stand.ns.delete("v1", CONFIG_MAP, name).await,
        _ => json!({ "metadata": { "labels": { OWNER: "relabelled" } } }),
    };
    match stand.ns.patch("v1", CONFIG_MAP, name, change).await {
        Err(error) if is_absent(&error) => Ok(()),
        other => other.map(drop),
    }
}

fn is_absent(error: &anyhow::Error) -> bool {
    let status = error.chain().find_map(|cause| cause.downcast_ref::<kube::Error>());
    matches!(status, Some(kube::Error::Api(status)) if status.is_not_found())
}

/// Objects in an order that looks random and is the same in every run.
fn chosen(objects: usize) -> impl Iterator<Item = usize> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let count = u64::try_from(objects).unwrap_or(u64::MAX).max(1);
    std::iter::repeat_with(move || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % count).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_has_its_turn() {
        let first: Vec<usize> = chosen(10).take(200).collect();
        assert_eq!(first, chosen(10).take(200).collect::<Vec<_>>());
        assert!((0..10).all(|object| first.contains(&object)));
    }

    #[test]
    fn declared_is_value_and_owner() {
        let facts =
            |value: &str, owner: &str| Facts { value: value.into(), owner: owner.into(), ..Facts::default() };
        assert!(is_declared(&facts("1", "app")));
        assert!(!is_declared(&facts("edited", "app")) && !is_declared(&facts("1", "relabelled")));
        assert!(!is_declared(&Facts { is_gone: true, ..facts("1", "app") }));
    }
}
