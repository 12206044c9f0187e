//! One Kustomization with many objects: applied first, again, with one change, with all changed. The same far away from the
//! API server.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use super::super::apps::{Files, deployments, kustomization, maps};
use super::super::figures::{Phase, Unit};
use super::super::sizes::Sizes;
use super::super::stand::{CONFIG_MAP, KUSTOMIZATION, LIMIT, Needs, Stand};
use super::super::workload::{Workload, nothing};

pub(super) const HERE: Workload = Workload {
    name: "apply",
    id: "w2",
    about: "one Kustomization with many objects: first, again, one changed, all changed",
    title: |sizes| {
        format!(
            "One Kustomization of {} ConfigMaps, then of {} Deployments",
            sizes.objects, sizes.deployments
        )
    },
    needs: nothing,
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

pub(super) const FAR_AWAY: Workload = Workload {
    name: "distance",
    id: "w10",
    about: "the same, with an API server that is some milliseconds away",
    title: |sizes| {
        format!("The same, with {} ms more for each request (HTTP/1.1 through a proxy)", sizes.round_trip)
    },
    needs: |sizes| {
        let delay = Duration::from_millis(sizes.round_trip.try_into().unwrap_or(u64::MAX));
        Needs { delay: Some(delay), ..Needs::default() }
    },
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

async fn play(sizes: &Sizes, stand: &Stand) -> Result<Vec<Phase>> {
    let (count, last) = (sizes.objects, sizes.objects - 1);
    stand.source("app").await?;
    let mut again = maps(count, |_| "1".to_owned());
    again.values_mut().for_each(|text| text.push_str("# Only a comment.\n"));
    let one = maps(count, |n| if n == last { "one" } else { "1" }.to_owned());
    let mut phases = Vec::new();
    for (what, files, changed) in [
        ("first apply", maps(count, |_| "1".to_owned()), Some("1")),
        ("nothing changed", again, None),
        ("one object changed", one, Some("one")),
        ("all objects changed", maps(count, |_| "2".to_owned()), Some("2")),
    ] {
        phases.push(apply(sizes, stand, what, &files, changed).await?);
    }
    let files = deployments(sizes.deployments);
    phases.push(apply(sizes, stand, "Deployments in their place", &files, None).await?);
    Ok(phases)
}

/// Publishes files and waits until they are applied; `changed` is what ConfigMaps say then that did not before.
async fn apply(
    sizes: &Sizes,
    stand: &Stand,
    what: &str,
    files: &Files,
    changed: Option<&str>,
) -> Result<Phase> {
    let namespace = stand.ns.name();
    stand.rest(Duration::from_secs(1)).await?;
    let meter = stand.begin()?;
    let revision = stand.publish("app", files).await?;
    stand.make(vec![kustomization(sizes, namespace, "app", json!({ "timeout": "20m" }))]).await?;
    let ready = stand.observer.count(what, LIMIT, (KUSTOMIZATION, 1), |_, facts| facts.is_at(&revision));
    let done = ready.await?;
    let mut phase = Phase::new(what);
    if let Some(value) = changed {
        let seen = stand.observer.seen();
        let applied = seen.first(meter.begun, CONFIG_MAP, |_, facts| facts.value == value);
        let after = applied.values().map(|at| (*at - meter.begun).as_secs_f64() * 1_000.0);
        phase.sample("published to applied, of each object", Unit::Milliseconds, after.collect());
    }
    stand.end(&meter, phase, done).await
}
