//! Answers that are lost, cut, late or refusals, for each kind of request about an object: whatever the server did,
//! nothing is forgotten, and the next run finishes it.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use testkit::proxy::{Fault, Proxy};

use super::super::rig::{Rig, condition, config_maps, inventory};
use super::{all_recorded, value};

/// What can become of a request.
const FAULTS: [Fault; 4] =
    [Fault::LoseAnswer, Fault::Truncate, Fault::Break, Fault::refuse(500, "InternalError", "out of order")];

#[tokio::test]
async fn a_write_without_answer_is_recorded_and_finished_or_taken_back() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-apply", &[]).await?;
    let ns = rig.namespace();
    let base = rig.publish(&config_maps(ns, &["kept"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &base).await?;
    let (_, uid) = value(&rig, "kept").await?;
    for (number, fault) in FAULTS.into_iter().enumerate() {
        let names = ["a", "b", "c"].map(|name| format!("{name}-{number}"));
        let all: Vec<&str> = ["kept"].into_iter().chain(names.iter().map(String::as_str)).collect();
        let hurt = names[1].clone();
        let hurts = hurt.clone();
        let rule = proxy.next(2, fault.clone(), move |asked| {
            asked.method == "PATCH" && asked.is_write() && asked.is_about("configmaps", &hurts)
        });
        let told = format!("{fault:?}");

        // Failed, and then taken back: nothing of it stays.
        let files = config_maps(ns, &all, "1");
        rig.publish(&files).await?;
        let state = rig.failed("app", "ReconciliationFailed").await.context(told.clone())?;
        let message = condition(&state, "Ready")["message"].as_str().unwrap_or_default();
        assert!(message.starts_with(&format!("ConfigMap/{ns}/{hurt} ")), "{told}: {message}");
        let made = all_recorded(&rig).await.context(told.clone())?;
        assert!(made.contains(&names[0]) && made.contains(&names[2]), "{told}: the others go on: {made:?}");
        let carried_out = matches!(fault, Fault::LoseAnswer | Fault::Truncate);
        assert_eq!(made.contains(&hurt), carried_out, "{told}: what the server did");
        rig.publish(&config_maps(ns, &["kept"], "1")).await?;
        let state = rig.ready("app", &base).await.context(told.clone())?;
        assert_eq!(inventory(&state), [format!("{ns}_kept__ConfigMap")], "{told}");
        assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "{told}");

        // Failed, and then finished by the next run.
        let revision = rig.publish(&files).await?;
        rig.failed("app", "ReconciliationFailed").await.context(told.clone())?;
        assert_eq!(rule.hits(), 2);
        let before = value(&rig, &hurt).await?;
        rig.run("app").await?;
        rig.ready("app", &revision).await.context(told.clone())?;
        let after = value(&rig, &hurt).await?;
        assert_eq!(after.0, "1");
        assert!(!carried_out || before.1 == after.1, "{told}: made twice");
        rig.publish(&config_maps(ns, &["kept"], "1")).await?;
        rig.ready("app", &base).await?;
        assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "{told}");
    }
    assert_eq!(value(&rig, "kept").await?, ("1".to_owned(), uid), "never deleted");
    Ok(())
}

#[tokio::test]
async fn a_change_without_answer_is_not_called_applied() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-change", &[]).await?;
    changes_back_and_forth(&rig, &proxy).await
}

/// The watch that could tell of the change is late: it must not be what a run relies on.
#[tokio::test]
async fn a_change_without_answer_is_not_called_applied_before_the_watch_tells_of_it() -> Result<()> {
    let mut rig = Rig::without_controller("fault-unseen", &[]).await?;
    let proxy = rig.proxy().await?;
    proxy.every(Fault::Hold, |asked| asked.is_watch() && asked.is_of("configmaps"));
    rig.go_through(&proxy);
    rig.start_controller().await?;
    changes_back_and_forth(&rig, &proxy).await
}

async fn changes_back_and_forth(rig: &Rig, proxy: &Proxy) -> Result<()> {
    let ns = rig.namespace();
    let first = rig.publish(&config_maps(ns, &["a", "b"], "0")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    for (number, fault) in FAULTS.into_iter().enumerate() {
        let told = format!("{fault:?}");
        let wanted = format!("{}", number + 1);
        proxy.next(1, fault, |asked| asked.is_write() && asked.is_about("configmaps", "b"));
        let revision = rig.publish(&config_maps(ns, &["a", "b"], &wanted)).await?;
        rig.failed("app", "ReconciliationFailed").await.context(told.clone())?;
        // The old content comes back while nobody knows what the server has.
        let old = rig.publish(&config_maps(ns, &["a", "b"], "0")).await?;
        rig.ready("app", &old).await.context(told.clone())?;
        assert_eq!(value(rig, "b").await?.0, "0", "{told}: called applied");
        rig.publish(&config_maps(ns, &["a", "b"], &wanted)).await?;
        rig.ready("app", &revision).await.context(told.clone())?;
        assert_eq!(value(rig, "b").await?.0, wanted, "{told}: called applied");
    }
    Ok(())
}

#[tokio::test]
async fn a_question_without_answer_writes_nothing() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-ask", &[]).await?;
    let ns = rig.namespace();
    let base = rig.publish(&config_maps(ns, &["kept"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &base).await?;
    for (number, fault) in FAULTS.into_iter().enumerate() {
        let told = format!("{fault:?}");
        let (name, other) = (format!("b-{number}"), format!("a-{number}"));
        let asked_about = name.clone();
        proxy.next(1, fault, move |asked| asked.is_dry_run() && asked.is_about("configmaps", &asked_about));
        let revision = rig.publish(&config_maps(ns, &["kept", &name, &other], "1")).await?;
        let state = rig.failed("app", "ReconciliationFailed").await.context(told.clone())?;
        let message = condition(&state, "Ready")["message"].as_str().unwrap_or_default();
        assert!(message.starts_with(&format!("ConfigMap/{ns}/{name} dry-run failed")), "{told}: {message}");
        assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "{told}: nothing of the stage is applied");
        rig.run("app").await?;
        rig.ready("app", &revision).await.context(told.clone())?;
        rig.publish(&config_maps(ns, &["kept"], "1")).await?;
        rig.ready("app", &base).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_deletion_without_answer_is_finished_and_hits_nobody_elses_object() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-prune", &[]).await?;
    let ns = rig.namespace();
    rig.kustomization("app", json!({})).await?;
    for fault in FAULTS {
        let told = format!("{fault:?}");
        let carried_out = matches!(fault, Fault::LoseAnswer | Fault::Truncate);
        let full = rig.publish(&config_maps(ns, &["a", "b", "kept"], "1")).await?;
        rig.ready("app", &full).await.context(told.clone())?;
        let rule =
            proxy.next(1, fault, |asked| asked.method == "DELETE" && asked.is_about("configmaps", "b"));
        let base = rig.publish(&config_maps(ns, &["kept"], "1")).await?;
        let state = rig.failed("app", "PruneFailed").await.context(told.clone())?;
        assert_eq!(rule.hits(), 1);
        assert!(
            inventory(&state).contains(&format!("{ns}_b__ConfigMap")),
            "{told}: its deletion is not known"
        );
        if carried_out {
            // Somebody else takes the name: it is not ours to delete.
            let theirs = json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b", "namespace": ns},
                "data": {"key": "theirs"},
            });
            rig.create_as("somebody", theirs).await?;
        }
        rig.run("app").await?;
        let state = rig.ready("app", &base).await.context(told.clone())?;
        assert_eq!(inventory(&state), [format!("{ns}_kept__ConfigMap")], "{told}");
        assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "{told}");
        if carried_out {
            assert_eq!(value(&rig, "b").await?.0, "theirs", "{told}");
            rig.delete("v1", "ConfigMap", "b").await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_overloaded_server_is_waited_for() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-429", &[]).await?;
    let ns = rig.namespace();
    let busy = Fault::Refuse {
        code: 429,
        reason: "TooManyRequests",
        message: "too many requests, please try again later",
        retry_after: Some(1),
    };
    let rules = [
        proxy.next(2, busy.clone(), |asked| asked.is_dry_run() && asked.is_of("configmaps")),
        proxy.next(2, busy.clone(), |asked| asked.is_write() && asked.is_of("configmaps")),
        proxy.next(2, busy, |asked| asked.is_status_of("kustomizations", "app")),
    ];
    let revision = rig.publish(&config_maps(ns, &["a", "b", "c"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    let state = rig.ready("app", &revision).await?;
    assert_eq!(rules.map(|rule| rule.hits()), [2, 2, 2]);
    assert_eq!(state["status"]["history"].as_array().map(Vec::len), Some(1));
    let events = rig.events("app").await?;
    assert!(events.iter().all(|(_, _, kind)| kind == "Normal"), "nothing has failed: {events:?}");
    Ok(())
}

#[tokio::test]
async fn slow_answers_are_waited_for() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-slow", &[]).await?;
    let ns = rig.namespace();
    let moment = Duration::from_millis(300);
    let slow = proxy.next(4, Fault::Slow(5, moment), |asked| asked.is_of("configmaps") && !asked.is_watch());
    let late = proxy.next(4, Fault::Delay(moment), |asked| asked.is_of("configmaps") && !asked.is_watch());
    let revision = rig.publish(&config_maps(ns, &["a", "b", "c", "d"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    assert_eq!([slow.hits(), late.hits()], [4, 4]);
    let events = rig.events("app").await?;
    assert!(events.iter().all(|(_, _, kind)| kind == "Normal"), "nothing has failed: {events:?}");
    Ok(())
}
