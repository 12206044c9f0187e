//! Many Kustomizations of one repository: a commit that touches the files of one costs the others almost nothing.

use std::collections::BTreeMap;

use anyhow::Result;
use futures::future::try_join_all;
use serde_json::json;
use testkit::wait::{Look, until};

use super::rig::{LIMIT, Rig, config_map, is_ready_at};

const COUNT: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn the_other_ninety_nine_send_one_status_patch_and_one_event_each() -> Result<()> {
    let rig = Rig::start("fleet").await?;
    let ns = rig.namespace();
    let files = |changed: &str| -> String {
        (0..COUNT)
            .map(|n| {
                let value = if n == 42 { changed } else { "1" };
                format!("-- apps/{n}/map.yaml --\n{}", config_map(ns, &format!("m{n}"), value))
            })
            .collect()
    };
    let start = rig.mark()?;
    let first = rig.publish(&files("1")).await?;
    let names: Vec<String> = (0..COUNT).map(|n| format!("app-{n}")).collect();
    try_join_all(
        names
            .iter()
            .enumerate()
            .map(|(n, name)| rig.kustomization(name, json!({"path": format!("apps/{n}")}))),
    )
    .await?;
    all_ready(&rig, &names, &first).await?;
    // A run after which every baseline is known; then the last events have been sent, too.
    try_join_all(names.iter().map(|name| rig.run(name))).await?;
    rig.sent_events(&start, 3 * COUNT).await?;

    let mark = rig.mark()?;
    let cpu = rig.controller().process.cpu()?;
    let second = rig.publish(&files("2")).await?;
    all_ready(&rig, &names, &second).await?;
    rig.sent_events(&mark, COUNT).await?;
    let requests = rig.requests(&mark).await?;
    let cpu = rig.controller().process.cpu()? - cpu;

    let mut patches: BTreeMap<&str, usize> = BTreeMap::new();
    for request in requests.0.iter().filter(|request| request.resource == "kustomizations/status") {
        *patches.entry(request.name.as_str()).or_default() += 1;
    }
    for name in names.iter().filter(|name| *name != "app-42") {
        assert_eq!(patches.get(name.as_str()), Some(&1), "status patches of {name}");
    }
    let events = requests.filter(|request| request.is_event()).len();
    assert!((COUNT..=COUNT + 1).contains(&events), "{events} events: {requests}");
    let rest = requests.filter(|request| {
        request.resource != "kustomizations/status" && !request.is_event() && request.name != "m42"
    });
    assert!(rest.is_empty(), "{rest}");
    assert_eq!(rig.get("v1", "ConfigMap", "m42").await?.unwrap()["data"]["key"], "2");
    assert!(cpu.as_secs_f64() < 5.0, "{cpu:?} of CPU time");
    Ok(())
}

async fn all_ready(rig: &Rig, names: &[String], revision: &str) -> Result<()> {
    until(&format!("all at {revision}"), 3 * LIMIT, || async {
        let states = rig.states().await?;
        let late =
            names.iter().filter(|name| !states.get(*name).is_some_and(|state| is_ready_at(state, revision)));
        let late: Vec<&String> = late.collect();
        Ok(if late.is_empty() {
            Look::Found(())
        } else {
            Look::Not(format!("{} are not: {late:?}", late.len()))
        })
    })
    .await
}
