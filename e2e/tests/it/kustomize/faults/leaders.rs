//! Two kustomize-controllers that compete for the lease: one that was stopped while it applied, one that ends, and what
//! the other makes of it. The lease's own rules are shown in `core::leases`.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use testkit::proxy::{Asked, Fault};

use super::super::rig::{Rig, config_maps, inventory};
use super::value;

const SOON: Duration = Duration::from_secs(40);

const FLAGS: [&str; 4] = [
    "--enable-leader-election=true",
    "--leader-election-lease-duration=4s",
    "--leader-election-renew-deadline=3s",
    "--leader-election-retry-period=500ms",
];

/// What changes the cluster or the Kustomization.
fn is_work(asked: &Asked<'_>) -> bool {
    asked.is_write() && !asked.is_of("leases") && !asked.is_of("events")
}

#[tokio::test]
async fn a_leader_that_was_stopped_while_it_applied_writes_nothing_any_more() -> Result<()> {
    let mut rig = Rig::without_controller("fault-leaders", &FLAGS).await?;
    let ns = rig.namespace().to_owned();
    let (one, two) = (rig.proxy().await?, rig.proxy().await?);
    rig.go_through(&one);
    rig.start_controller().await?;
    let base = rig.publish(&config_maps(&ns, &["kept"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &base).await?;
    let (_, uid) = value(&rig, "kept").await?;
    rig.go_through(&two);
    let second = rig.another_controller().await?;

    // One object after the other, slowly; stopped among them.
    let slow = one.every(Fault::Delay(Duration::from_millis(100)), is_work);
    let names: Vec<String> = (0..30).map(|number| format!("n{number:02}")).collect();
    let all: Vec<&str> = ["kept"].into_iter().chain(names.iter().map(String::as_str)).collect();
    rig.publish(&config_maps(&ns, &all, "1")).await?;
    slow.hit(8).await?;
    rig.controller().process.freeze()?;
    // A commit that takes most of it back, for whoever comes next.
    let next = rig.publish(&config_maps(&ns, &["kept", "n00", "other"], "2")).await?;
    let state = rig.ready("app", &next).await.context("the successor")?;
    assert_eq!(inventory(&state).len(), 3);
    let before = slow.hits();
    rig.controller().process.thaw()?;
    let exit = rig.controller().process.wait(SOON).await?;
    assert_eq!(exit.code, 1, "a leader that has lost its lease ends with an error");
    assert_eq!(slow.hits(), before, "written after another had led");
    assert!(before < 31, "it was stopped too late: {before}");
    rig.run("app").await?;
    let state = rig.ready("app", &next).await?;
    let id = |name: &str| format!("{ns}_{name}__ConfigMap");
    assert_eq!(inventory(&state), ["kept", "n00", "other"].map(id));
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept", "n00", "other"]);
    assert_eq!(value(&rig, "kept").await?, ("2".to_owned(), uid));

    // One that ends in order leaves the lease behind; one that is killed does when its time is over.
    rig.start_controller().await?;
    let exit = second.process.terminate(SOON).await?;
    assert_eq!(exit.code, 0, "{}", second.process.log_tail());
    let third = rig.publish(&config_maps(&ns, &["kept"], "3")).await?;
    rig.ready("app", &third).await.context("after SIGTERM")?;
    let fourth = rig.another_controller().await?;
    rig.kill_controller().await?;
    let last = rig.publish(&config_maps(&ns, &["kept"], "4")).await?;
    rig.ready("app", &last).await.context("after kill -9")?;
    assert!(fourth.process.exited().is_none());
    Ok(())
}
