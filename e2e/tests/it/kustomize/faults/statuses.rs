//! The Kustomization's own writes: the inventory that goes ahead, the result, the finalizer. Nothing is written to the
//! cluster before the inventory that names it is known to be stored.

use anyhow::{Context as _, Result};
use serde_json::json;
use testkit::proxy::{Asked, Fault};

use super::super::rig::{Rig, condition, config_maps, inventory};
use super::all_recorded;

/// The write before the first apply.
fn is_ahead(asked: &Asked<'_>) -> bool {
    asked.is_status_of("kustomizations", "app") && asked.says("Reconciliation in progress")
}

/// The write that says how a run has ended.
fn is_result(asked: &Asked<'_>) -> bool {
    asked.is_status_of("kustomizations", "app") && asked.says("Applied revision: ")
}

#[tokio::test]
async fn nothing_is_written_before_its_record_is_stored() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-ahead", &[]).await?;
    let ns = rig.namespace();
    let base = rig.publish(&config_maps(ns, &["kept"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &base).await?;
    let faults = [
        Fault::Break,
        Fault::refuse(500, "InternalError", "etcdserver: request timed out"),
        Fault::refuse(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728"),
        Fault::refuse(422, "Invalid", "etcdserver: request is too large"),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        let told = format!("{fault:?}");
        let names = [format!("a-{number}"), format!("b-{number}")];
        let rule = proxy.every(fault, is_ahead);
        let mark = rig.mark()?;
        let revision = rig.publish(&config_maps(ns, &["kept", &names[0], &names[1]], "1")).await?;
        // It is tried again, and again nothing is applied.
        rule.hit(2).await.context(told.clone())?;
        assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "{told}");
        let user = rig.ns.user("kustomize-controller");
        let writes = rig.plane.requests()?.now(&mark, &user)?.filter(|request| {
            request.resource == "configmaps" && !request.is_dry_run() && request.verb == "patch"
        });
        assert!(writes.is_empty(), "{told}: {writes}");
        rule.lift();
        taken_back(&rig, &base, &revision).await.context(told)?;
    }
    // Stored, and not known to be: the watch tells of it.
    for (number, fault) in [Fault::LoseAnswer, Fault::Truncate].into_iter().enumerate() {
        let told = format!("{fault:?}");
        let rule = proxy.next(1, fault, is_ahead);
        let names = [format!("c-{number}"), format!("d-{number}")];
        let revision = rig.publish(&config_maps(ns, &["kept", &names[0], &names[1]], "1")).await?;
        rule.hit(1).await?;
        taken_back(&rig, &base, &revision).await.context(told)?;
    }
    Ok(())
}

/// The revision gets applied and recorded; then only `kept` is declared, and nothing else stays.
async fn taken_back(rig: &Rig, base: &str, revision: &str) -> Result<()> {
    let ns = rig.namespace();
    rig.ready("app", revision).await?;
    assert_eq!(all_recorded(rig).await?.len(), 3);
    rig.publish(&config_maps(ns, &["kept"], "1")).await?;
    let state = rig.ready("app", base).await?;
    assert_eq!(inventory(&state), [format!("{ns}_kept__ConfigMap")]);
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"]);
    Ok(())
}

#[tokio::test]
async fn an_inventory_that_is_too_large_is_told_and_nothing_is_applied() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-large", &[]).await?;
    let ns = rig.namespace();
    let base = rig.publish(&config_maps(ns, &["kept"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &base).await?;
    let limit = "Request entity too large: limit is 3145728";
    let names: Vec<String> = (0..60).map(|number| format!("n{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let large = proxy.every(Fault::refuse(413, "RequestEntityTooLarge", limit), |asked| {
        asked.is_status_of("kustomizations", "app") && asked.says("n59__ConfigMap")
    });
    let revision = rig.publish(&config_maps(ns, &names, "1")).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap_or_default();
    assert!(message.contains("Request entity too large"), "{message}");
    assert_eq!(inventory(&state), [format!("{ns}_kept__ConfigMap")]);
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "nothing is applied, and nothing pruned");
    large.lift();
    rig.ready("app", &revision).await?;
    Ok(())
}

#[tokio::test]
async fn a_result_that_is_not_known_to_be_stored_is_stored_again() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-result", &[]).await?;
    let ns = rig.namespace();
    let base = rig.publish(&config_maps(ns, &["kept"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &base).await?;
    let faults = [
        Fault::LoseAnswer,
        Fault::Truncate,
        Fault::Break,
        Fault::refuse(500, "InternalError", "etcdserver: request timed out"),
        Fault::refuse(409, "Conflict", "the object has been modified"),
    ];
    for fault in faults {
        let told = format!("{fault:?}");
        let rule = proxy.next(1, fault, is_result);
        let full = rig.publish(&config_maps(ns, &["a", "b", "kept"], "1")).await?;
        rig.ready("app", &full).await.context(told.clone())?;
        assert_eq!(rule.hits(), 1);
        assert_eq!(all_recorded(&rig).await?, ["a", "b", "kept"], "{told}");
        // What was pruned has to leave the inventory, too.
        let applied = format!("Applied revision: {base}");
        let again = move |asked: &Asked<'_>| is_result(asked) && asked.says(&applied);
        let rule = proxy.next(1, rule_again(&told), again);
        rig.publish(&config_maps(ns, &["kept"], "1")).await?;
        let state = rig.ready("app", &base).await.context(told.clone())?;
        rule.hit(1).await?;
        assert_eq!(inventory(&state), [format!("{ns}_kept__ConfigMap")], "{told}");
        assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "{told}");
    }
    Ok(())
}

/// The same fault for the second half of a round; a connection that breaks stands for all others.
fn rule_again(told: &str) -> Fault {
    if told.starts_with("LoseAnswer") { Fault::LoseAnswer } else { Fault::Break }
}

#[tokio::test]
async fn a_death_between_pruning_and_its_record_is_made_good() -> Result<()> {
    let (mut rig, proxy) = Rig::behind_proxy("fault-between", &[]).await?;
    let ns = rig.namespace().to_owned();
    let full = rig.publish(&config_maps(&ns, &["a", "b", "kept"], "1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &full).await?;
    let held = proxy.every(Fault::Hold, is_result);
    let base = rig.publish(&config_maps(&ns, &["kept"], "1")).await?;
    held.hit(1).await?;
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["kept"], "the pruning is done");
    rig.kill_controller().await?;
    held.lift();
    assert_eq!(inventory(&rig.state("app").await?).len(), 3, "and not recorded");
    // Meanwhile somebody else has taken one of the names.
    let theirs = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": ns}, "data": {"key": "theirs"},
    });
    rig.create_as("somebody", theirs).await?;
    rig.start_controller().await?;
    let state = rig.ready("app", &base).await?;
    assert_eq!(inventory(&state), [format!("{ns}_kept__ConfigMap")]);
    assert_eq!(super::value(&rig, "a").await?.0, "theirs", "it is not ours to delete");
    Ok(())
}

#[tokio::test]
async fn finalizers_are_set_before_anything_is_made_and_leave_in_the_end() -> Result<()> {
    let (rig, proxy) = Rig::behind_proxy("fault-finalizer", &[]).await?;
    let ns = rig.namespace();
    let sets = |asked: &Asked<'_>| {
        asked.method == "PATCH" && asked.is_about("kustomizations", "app") && asked.says("finalizers")
    };
    for fault in [Fault::LoseAnswer, Fault::Truncate, Fault::Break, Fault::refuse(500, "InternalError", "no")]
    {
        let told = format!("{fault:?}");
        let rule = proxy.next(2, fault, sets);
        let revision = rig.publish(&config_maps(ns, &["a", "b"], "1")).await?;
        rig.kustomization("app", json!({})).await?;
        let state = rig.ready("app", &revision).await.context(told.clone())?;
        let finalizers = state["metadata"]["finalizers"].to_string();
        assert!(finalizers.contains("finalizers.fluxcd.io"), "{told}: {finalizers}");
        rig.finalized("app").await.context(told.clone())?;
        assert!(rig.owned("v1", "ConfigMap").await?.is_empty(), "{told}");
        assert!(rule.hits() >= 1, "{told}: no such request");
        rule.lift();
    }
    Ok(())
}
