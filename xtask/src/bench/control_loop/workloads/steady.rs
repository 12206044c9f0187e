//! Nothing happens: what that costs each minute. The same among objects and kinds of others.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::super::apps::{self, of_set};
use super::super::figures::{Phase, Unit};
use super::super::sizes::Sizes;
use super::super::stand::{KUSTOMIZATION, LIMIT, Stand};
use super::super::workload::{Workload, nothing};

pub(super) const ALONE: Workload = Workload {
    name: "steady",
    id: "w4",
    about: "nothing changes: requests, CPU and memory",
    title: |sizes| {
        let Sizes { kustomizations, interval, steady, .. } = sizes;
        format!(
            "{kustomizations} Kustomizations of four objects at an interval of {interval} s, for {steady} s without news"
        )
    },
    needs: nothing,
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

pub(super) const AMONG_OTHERS: Workload = Workload {
    name: "foreign",
    id: "w9",
    about: "the same among objects and kinds of others",
    title: |sizes| {
        let Sizes { foreign_objects, foreign_definitions, .. } = sizes;
        format!(
            "The same among {foreign_objects} ConfigMaps and {foreign_definitions} CustomResourceDefinitions of others"
        )
    },
    needs: nothing,
    play: |sizes, stand| Box::pin(among_others(sizes, stand)),
};

async fn play(sizes: &Sizes, stand: &Stand) -> Result<Vec<Phase>> {
    let (count, namespace) = (sizes.kustomizations, stand.ns.name().to_owned());
    let interval = format!("{}s", sizes.interval);
    stand.source("app").await?;
    let revision = stand.publish("app", &apps::set(count, |_| "1".to_owned())).await?;
    stand.make((0..count).map(|number| of_set(sizes, &namespace, number, &interval)).collect()).await?;
    stand
        .observer
        .count("all Kustomizations", LIMIT, (KUSTOMIZATION, count), |_, facts| facts.is_at(&revision))
        .await?;
    // The second run is the first that has nothing to learn.
    let seconds = |seconds: usize| Duration::from_secs(seconds.try_into().unwrap_or(u64::MAX));
    tokio::time::sleep(seconds(sizes.interval) * 3 / 2).await;

    let meter = stand.begin()?;
    tokio::time::sleep(seconds(sizes.steady)).await;
    let mut phase = stand.close(&meter, Phase::new("nothing changes")).await?;
    let minutes = sizes.steady as f64 / 60.0;
    let runs = (sizes.steady * count) as f64 / sizes.interval as f64;
    for (what, unit, of) in [
        ("requests a minute", Unit::Count, "requests"),
        ("CPU a minute of kustomize-controller", Unit::CpuSeconds, "CPU of kustomize-controller"),
        ("CPU a minute of kube-apiserver", Unit::CpuSeconds, "CPU of kube-apiserver"),
    ] {
        let all = phase.figure(of).unwrap_or_default();
        phase.add(what, unit, all / minutes);
    }
    let requests = phase.figure("requests").unwrap_or_default();
    phase.add("requests of each run", Unit::Count, requests / runs);
    Ok(vec![phase])
}

async fn among_others(sizes: &Sizes, stand: &mut Stand) -> Result<Vec<Phase>> {
    let namespace = "foreign";
    let own = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
    stand.make(vec![own]).await?;
    stand.make((0..sizes.foreign_definitions).map(definition).collect()).await?;
    stand.make((0..sizes.foreign_objects).map(|number| foreign(namespace, number)).collect()).await?;
    let meter = stand.begin()?;
    stand.stop(false).await?;
    stand.start().await?;
    let mut phase = Phase::new("start among others");
    phase.add("start to ready", Unit::Milliseconds, stand.ready_after()?.as_secs_f64() * 1_000.0);
    let started = stand.close(&meter, phase).await?;
    let steady = play(sizes, stand).await?;
    Ok(std::iter::once(started).chain(steady).collect())
}

fn foreign(namespace: &str, number: usize) -> Value {
    let text = "a value of somebody else ".repeat(40);
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": format!("map-{number}"), "namespace": namespace },
        "data": { "text": text },
    })
}

fn definition(number: usize) -> Value {
    let (singular, group) = (format!("thing{number}"), format!("group{}.example.com", number / 10));
    let (plural, kind) = (format!("{singular}s"), format!("Thing{number}"));
    let schema = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": format!("{plural}.{group}") },
        "spec": {
            "group": group, "scope": "Namespaced", "names": { "plural": plural, "singular": singular, "kind": kind },
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": schema } }],
        },
    })
}
