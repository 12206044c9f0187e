//! Everything is deleted at once: Kustomizations, and by them what they applied.

use std::time::Duration;

use anyhow::Result;
use kube::api::{DeleteParams, ListParams};

use super::super::apps::{self, of_set};
use super::super::figures::{Phase, Unit};
use super::super::sizes::Sizes;
use super::super::stand::{CONFIG_MAP, KUSTOMIZATION, KUSTOMIZE, LIMIT, Stand};
use super::super::workload::{Workload, nothing};

pub(super) const WORKLOAD: Workload = Workload {
    name: "delete",
    id: "w11",
    about: "everything is deleted at once",
    title: |sizes| format!("{} Kustomizations of four objects are deleted at once", sizes.kustomizations),
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
    stand.rest(Duration::from_secs(1)).await?;
    stand.remember("everything").await?;

    let meter = stand.begin()?;
    let all = stand.ns.api(KUSTOMIZE, KUSTOMIZATION).await?;
    all.delete_collection(&DeleteParams::default(), &ListParams::default()).await?;
    let gone = stand.observer.count("their end", LIMIT, (KUSTOMIZATION, count), |_, facts| facts.is_gone);
    let done = gone.await?;
    let mut phase = Phase::new("deletion");
    {
        let seen = stand.observer.seen();
        for (what, kind) in [
            ("begin to gone, of each Kustomization", KUSTOMIZATION),
            ("begin to gone, of each ConfigMap", CONFIG_MAP),
        ] {
            let first =
                seen.first(meter.begun, kind, |name, facts| facts.is_gone && name.starts_with("app-"));
            let after = first.values().map(|at| (*at - meter.begun).as_secs_f64() * 1_000.0);
            phase.sample(what, Unit::Milliseconds, after.collect());
        }
    }
    Ok(vec![stand.end(&meter, phase, done).await?])
}
