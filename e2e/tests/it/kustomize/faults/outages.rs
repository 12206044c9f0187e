//! An API server that is gone for a while, watches that break or fall silent, and nobody who takes events: what happened
//! meanwhile is made good, and nothing is called a failure that was none.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use testkit::proxy::{Fault, Proxy};
use testkit::wait::{Look, until};

use super::super::rig::{Rig, condition, config_map, config_maps, inventory, is_ready_at};
use super::{all_recorded, value};

/// kube's watcher gives a silent watch up after 290 s and a margin.
const SILENCE: Duration = Duration::from_secs(360);

async fn settled(name: &str) -> Result<(Rig, Proxy, String)> {
    let (rig, proxy) = Rig::behind_proxy(name, &[]).await?;
    let revision = rig.publish(&config_maps(rig.namespace(), &["a", "b", "c"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    Ok((rig, proxy, revision))
}

/// An edit and a deletion by somebody else, which are to be undone.
async fn meddle(rig: &Rig) -> Result<()> {
    rig.patch_as("kubectl-edit", "v1", "ConfigMap", "a", json!({"data": {"key": "edited"}})).await?;
    rig.delete("v1", "ConfigMap", "b").await
}

async fn undone(rig: &Rig) -> Result<()> {
    for name in ["a", "b"] {
        rig.until_object(("v1", "ConfigMap", name), "is healed", |map| map["data"]["key"] == "1").await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_happens_while_the_server_is_gone_is_made_good() -> Result<()> {
    let (rig, proxy, revision) = settled("fault-down").await?;
    proxy.down();
    meddle(&rig).await?;
    proxy.turned_away(3).await?;
    proxy.up();
    undone(&rig).await?;
    assert!(is_ready_at(&rig.state("app").await?, &revision));

    proxy.down();
    let next = rig.publish(&config_maps(rig.namespace(), &["a", "b", "d"], "1")).await?;
    proxy.turned_away(3).await?;
    proxy.up();
    let state = rig.ready("app", &next).await?;
    assert_eq!(inventory(&state).len(), 3);
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["a", "b", "d"]);
    let events = rig.events("app").await?;
    assert!(events.iter().all(|(_, _, kind)| kind == "Normal"), "nothing has failed: {events:?}");
    assert!(rig.controller().process.exited().is_none(), "it has not been restarted");
    Ok(())
}

#[tokio::test]
async fn a_run_that_the_server_leaves_in_the_middle_is_finished() -> Result<()> {
    let (rig, proxy, _) = settled("fault-leaves").await?;
    let ns = rig.namespace();
    for round in 0..4 {
        let names: Vec<String> = (0..8).map(|number| format!("r{round}-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let third = names[2 + round].to_owned();
        let held =
            proxy.next(1, Fault::Hold, move |asked| asked.is_write() && asked.is_about("configmaps", &third));
        let revision = rig.publish(&config_maps(ns, &names, "1")).await?;
        held.hit(1).await?;
        all_recorded(&rig).await?;
        proxy.down();
        proxy.turned_away(2).await?;
        proxy.up();
        all_recorded(&rig).await?;
        // The failure itself may not have been told. Whatever is due next, this asks for it now.
        until("the revision is applied", Duration::from_secs(60), || async {
            let state = rig.run("app").await?;
            Ok(if is_ready_at(&state, &revision) {
                Look::Found(())
            } else {
                Look::Not(condition(&state, "Ready").to_string())
            })
        })
        .await?;
        assert_eq!(rig.owned("v1", "ConfigMap").await?, names);
    }
    Ok(())
}

#[tokio::test]
async fn broken_and_expired_watches_miss_nothing() -> Result<()> {
    let (rig, proxy, revision) = settled("fault-watch").await?;
    for expired in [false, true] {
        let rule = expired.then(|| {
            let gone = Fault::refuse(410, "Expired", "too old resource version: 1 (2)");
            let resumes = |asked: &testkit::proxy::Asked<'_>| {
                asked.is_watch() && !asked.query.contains("sendInitialEvents=true")
            };
            proxy.next(20, gone, resumes)
        });
        // No new watch before all has happened.
        proxy.down();
        meddle(&rig).await?;
        proxy.up();
        undone(&rig).await?;
        assert!(rule.is_none_or(|rule| rule.hits() > 0), "no watch was told that it is too late");
        assert!(is_ready_at(&rig.state("app").await?, &revision));
    }
    let next = rig.publish(&config_maps(rig.namespace(), &["a", "b"], "2")).await?;
    rig.ready("app", &next).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "takes six minutes: a silent watch is given up after 290 s and a margin"]
async fn silent_watches_are_given_up_in_the_end() -> Result<()> {
    let (rig, proxy, _) = settled("fault-silent").await?;
    proxy.silence_watches();
    meddle(&rig).await?;
    until("the drift is healed", SILENCE, || async {
        let healed = value(&rig, "a").await?.0 == "1" && value(&rig, "b").await?.0 == "1";
        Ok(if healed { Look::Found(()) } else { Look::Not("it is not".to_owned()) })
    })
    .await
}

#[tokio::test]
async fn events_that_nobody_takes_hold_nothing_up() -> Result<()> {
    // A receiver that takes connections and never answers.
    let receiver = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("--events-addr=http://{}/", receiver.local_addr()?);
    let mut rig = Rig::without_controller("fault-events", &[&address]).await?;
    let proxy = rig.proxy().await?;
    rig.go_through(&proxy);
    rig.start_controller().await?;
    let held = proxy.every(Fault::Hold, |asked| asked.is_write() && asked.is_of("events"));
    let ns = rig.namespace();
    rig.kustomization("app", json!({})).await?;
    for round in 0..10 {
        let revision = rig.publish(&config_maps(ns, &["a", "b"], &format!("{round}"))).await?;
        rig.ready("app", &revision).await?;
    }
    ensure!(held.hits() > 0, "no event was sent");
    assert!(rig.events("app").await?.is_empty());
    // Drift is healed all the same.
    rig.delete("v1", "ConfigMap", "a").await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is back", |map| map["data"]["key"] == "9").await?;
    Ok(())
}

#[tokio::test]
async fn one_kind_that_cannot_be_watched_holds_up_no_other() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-kind", &[]).await?;
    let ns = rig.namespace();
    let silent = proxy.every(Fault::Hold, |asked| {
        asked.is_of("serviceaccounts") && !asked.is_write() && asked.method == "GET"
    });
    let account = format!("apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: web, namespace: {ns}}}\n");
    let files = |value: &str| format!("-- a.yaml --\n{}-- b.yaml --\n{account}", config_map(ns, "a", value));
    let first = rig.publish(&files("1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await.context("the first run")?;
    silent.hit(1).await?;
    let second = rig.publish(&files("2")).await?;
    rig.ready("app", &second).await.context("the second run")?;
    rig.patch_as("kubectl-edit", "v1", "ConfigMap", "a", json!({"data": {"key": "edited"}})).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is healed", |map| map["data"]["key"] == "2").await?;
    let account: Value = rig.get("v1", "ServiceAccount", "web").await?.context("the account")?;
    assert!(account["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] == "app");
    Ok(())
}
