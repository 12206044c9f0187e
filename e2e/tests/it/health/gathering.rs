//! What is not in any inventory and yet explains one: what was pruned and is not gone, other inventories, reports of
//! drift, rules of the cluster's own, and what lies beside objects.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use testkit::wait::{Look, until};

use super::rig::{Rig, SOON, config_map, report};

const FINALIZER: &str = "example.com/hold";
const FLYBALL: &str = "flyball.dev/v1alpha1";
const CRD: (&str, &str) = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");

/// The blocker of this code.
fn blocker<'a>(found: &'a Value, code: &str) -> Option<&'a Value> {
    found["status"]["blockers"].as_array()?.iter().find(|blocker| blocker["code"] == code)
}

#[tokio::test]
async fn what_was_pruned_and_is_not_gone_blocks_until_it_is_also_after_a_restart() -> Result<()> {
    let mut rig = Rig::start("health-leaving").await?;
    let mut held = config_map("held");
    held["metadata"]["finalizers"] = json!([FINALIZER]);
    rig.apply_for("app", held).await?;
    rig.kustomization("app", &[("", "ConfigMap", "held")]).await?;
    rig.converged("app", "True", "Converged").await?;
    // As kustomize-controller prunes: deleted, and out of the inventory.
    rig.ns.delete("v1", "ConfigMap", "held").await?;
    rig.kustomization("app", &[]).await?;
    let found = rig
        .ns
        .wait_for(FLYBALL, "Convergence", "app", 2 * SOON, |found| blocker(found, "FinalizerStuck").is_some())
        .await?;
    let stuck = blocker(&found, "FinalizerStuck").cloned().unwrap_or_default();
    assert!(stuck.to_string().contains("held") && stuck.to_string().contains(FINALIZER), "{stuck}");

    let mark = rig.ns.plane().requests()?.mark()?;
    rig.restart().await?;
    rig.kustomization("marker", &[]).await?;
    rig.converged("marker", "True", "Converged").await?;
    let again = rig.convergence("app", |found| blocker(found, "FinalizerStuck").is_some()).await?;
    assert_eq!(again["status"], found["status"], "a restart takes nothing back");
    let asked = rig.ns.plane().requests()?.since(&mark, &rig.user()).await?;
    let written =
        asked.filter(|request| request.resource.starts_with("convergences") && request.name == "app");
    assert_eq!(written.len(), 0, "{written}");

    rig.ns.patch("v1", "ConfigMap", "held", json!({"metadata": {"finalizers": null}})).await?;
    rig.converged("app", "True", "Converged").await?;
    Ok(())
}

#[tokio::test]
async fn two_that_apply_the_same_object_both_say_so_until_one_lets_go() -> Result<()> {
    let rig = Rig::start("health-rivals").await?;
    rig.apply_for("one", config_map("shared")).await?;
    for name in ["one", "two"] {
        rig.kustomization(name, &[("", "ConfigMap", "shared")]).await?;
    }
    for (name, other) in [("one", "two"), ("two", "one")] {
        let found = rig.convergence(name, |found| blocker(found, "OwnershipConflict").is_some()).await?;
        let text = blocker(&found, "OwnershipConflict").cloned().unwrap_or_default().to_string();
        assert!(text.contains("shared") && text.contains(other), "{text}");
    }
    rig.kustomization("two", &[]).await?;
    for name in ["one", "two"] {
        rig.converged(name, "True", "Converged").await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_object_that_is_handed_over_is_no_conflict() -> Result<()> {
    let rig = Rig::start("health-handover").await?;
    rig.apply_for("old", config_map("moved")).await?;
    rig.kustomization("old", &[("", "ConfigMap", "moved")]).await?;
    rig.converged("old", "True", "Converged").await?;
    // The commit that moves it: the new one has run, the old one has not.
    let next = "main@sha1:ffffffffffffffffffffffffffffffffffffffff";
    rig.source(next).await?;
    rig.apply_for("new", config_map("moved")).await?;
    rig.kustomization("new", &[("", "ConfigMap", "moved")]).await?;
    rig.set("new", json!({"lastAppliedRevision": next, "lastAttemptedRevision": next})).await?;
    let found = rig.converged("new", "True", "Converged").await?;
    assert_eq!(blocker(&found, "OwnershipConflict"), None, "{found}");
    rig.kustomization("old", &[]).await?;
    rig.set("old", json!({"lastAppliedRevision": next, "lastAttemptedRevision": next})).await?;
    rig.converged("old", "True", "Converged").await?;
    Ok(())
}

#[tokio::test]
async fn a_fight_that_is_reported_stays_a_blocker() -> Result<()> {
    let rig = Rig::start("health-fight").await?;
    rig.apply_for("app", config_map("a")).await?;
    rig.kustomization("app", &[("", "ConfigMap", "a")]).await?;
    rig.converged("app", "True", "Converged").await?;
    let owner = rig.ns.api("kustomize.toolkit.fluxcd.io/v1", "Kustomization").await?.get("app").await?;
    rig.ns
        .apply_value(json!({"apiVersion": FLYBALL, "kind": "DriftReport", "metadata": {"name": "app",
            "ownerReferences": [{"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
                "name": "app", "uid": owner.metadata.uid}]}}))
        .await?;
    let id = format!("{}_a__ConfigMap", rig.ns.name());
    let fight = json!({"id": id, "path": "/data/key", "manager": "somebody", "corrections": 4,
        "since": "2026-11-25T10:00:00Z"});
    rig.status(FLYBALL, "DriftReport", "app", json!({"mode": "Heal", "fights": [fight]})).await?;
    let found = rig.convergence("app", |found| blocker(found, "DriftFight").is_some()).await?;
    let text = blocker(&found, "DriftFight").cloned().unwrap_or_default().to_string();
    assert!(text.contains("/data/key") && text.contains("somebody"), "{text}");
    rig.ns.delete(FLYBALL, "DriftReport", "app").await?;
    rig.converged("app", "True", "Converged").await?;
    Ok(())
}

#[tokio::test]
async fn a_service_that_selects_nothing_is_no_healthy_one() -> Result<()> {
    let rig = Rig::start("health-selects").await?;
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"selector": {"app": "nobody"}, "ports": [{"port": 80}]}});
    rig.apply_for("app", service).await?;
    rig.kustomization("app", &[("", "Service", "web")]).await?;
    let found = rig
        .ns
        .wait_for(FLYBALL, "Convergence", "app", 2 * SOON, |found| blocker(found, "HealthFailed").is_some())
        .await?;
    let text = blocker(&found, "HealthFailed").cloned().unwrap_or_default().to_string();
    assert!(text.contains("web") && text.contains("app=nobody"), "{text}");
    rig.ns.patch("v1", "Service", "web", json!({"spec": {"selector": null}})).await?;
    rig.convergence("app", |found| blocker(found, "HealthFailed").is_none()).await?;
    Ok(())
}

/// A kind of this test's own, served.
async fn widgets(rig: &Rig, group: &str) -> Result<String> {
    let name = format!("widgets.{group}");
    rig.ns
        .apply_value(json!({"apiVersion": CRD.0, "kind": CRD.1, "metadata": {"name": name},
            "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
                "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}))
        .await?;
    rig.ns.wait_condition(CRD.0, CRD.1, &name, ("Established", "True"), SOON).await?;
    rig.ns
        .apply_value(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": group, "labels": {"flyball.dev/aggregate-to-health": "true"}},
            "rules": [{"apiGroups": [group], "resources": ["*"], "verbs": ["get", "list", "watch"]}]}))
        .await?;
    let widget = json!({"apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": {"name": "w"},
        "spec": {"size": 3}});
    until("the kind is served", SOON, || async {
        Ok(match rig.apply_for("app", widget.clone()).await {
            Ok(_) => Look::Found(()),
            Err(error) => Look::Not(format!("{error:#}")),
        })
    })
    .await?;
    Ok(name)
}

fn rule(name: &str, group: &str, when: &str) -> Value {
    json!({"apiVersion": FLYBALL, "kind": "HealthRule", "metadata": {"name": name},
        "spec": {"group": group, "kinds": ["Widget"], "otherwise": "Healthy",
            "states": [{"state": "Degraded", "when": when, "reason": "TooBig", "message": "'its size is ' + string(spec.size)",
                "hint": "make it smaller"}]}})
}

#[tokio::test]
async fn a_health_rule_is_in_force_without_a_restart_and_a_broken_one_changes_nothing() -> Result<()> {
    let rig = Rig::start("health-rule").await?;
    let group = format!("{}.example.com", rig.ns.name());
    let crd = widgets(&rig, &group).await?;
    rig.kustomization("app", &[(&group, "Widget", "w")]).await?;
    rig.converged("app", "True", "Converged").await?;

    // The object was well and nothing of it was kept; spec.size is read by nobody yet.
    rig.ns.apply_value(rule(&group, &group, "spec.size > 2")).await?;
    let degraded = |found: &Value| report(found, "w")["health"] == "Degraded";
    let found = rig.ns.wait_for(FLYBALL, "Convergence", "app", 2 * SOON, degraded).await?;
    let widget = report(&found, "w");
    assert_eq!(widget["reason"], "TooBig", "{widget}");
    assert!(widget["message"].as_str().is_some_and(|message| message.contains("its size is 3")), "{widget}");
    let ready =
        |status: &'static str| move |rule: &Value| rule["status"]["conditions"][0]["status"] == status;
    rig.ns.wait_for(FLYBALL, "HealthRule", &group, SOON, ready("True")).await?;

    rig.ns.apply_value(rule(&group, &group, "spec.size >")).await?;
    let broken = rig.ns.wait_for(FLYBALL, "HealthRule", &group, SOON, ready("False")).await?;
    let condition = &broken["status"]["conditions"][0];
    assert_eq!(condition["reason"], "InvalidExpression");
    assert!(
        condition["message"].as_str().is_some_and(|message| message.contains("states[0]")),
        "{condition}"
    );
    rig.kustomization("marker", &[]).await?;
    rig.converged("marker", "True", "Converged").await?;
    rig.convergence("app", degraded).await?;

    rig.ns.delete(FLYBALL, "HealthRule", &group).await?;
    rig.ns
        .wait_for(FLYBALL, "Convergence", "app", 2 * SOON, |found| report(found, "w")["health"] == "Healthy")
        .await?;
    rig.ns.delete("rbac.authorization.k8s.io/v1", "ClusterRole", &group).await?;
    rig.ns.delete(CRD.0, CRD.1, &crd).await
}

#[tokio::test]
async fn what_a_kustomization_says_of_health_holds_for_its_objects() -> Result<()> {
    let rig = Rig::start("health-exprs").await?;
    let group = format!("{}.example.com", rig.ns.name());
    let crd = widgets(&rig, &group).await?;
    rig.kustomization("app", &[(&group, "Widget", "w")]).await?;
    rig.converged("app", "True", "Converged").await?;
    let exprs = json!([{"apiVersion": format!("{group}/v1"), "kind": "Widget",
        "current": "spec.size <= 2", "failed": "spec.size > 2"}]);
    rig.ns
        .patch(
            "kustomize.toolkit.fluxcd.io/v1",
            "Kustomization",
            "app",
            json!({"spec": {"healthCheckExprs": exprs}}),
        )
        .await?;
    rig.set("app", json!({"observedGeneration": 2})).await?;
    let degraded = |found: &Value| report(found, "w")["health"] == "Degraded";
    rig.ns.wait_for(FLYBALL, "Convergence", "app", 2 * SOON, degraded).await?;
    rig.ns.delete("rbac.authorization.k8s.io/v1", "ClusterRole", &group).await?;
    rig.ns.delete(CRD.0, CRD.1, &crd).await
}

#[tokio::test]
async fn rules_that_change_all_the_time_have_a_kind_listed_once_in_a_while() -> Result<()> {
    let rig = Rig::start("health-restless").await?;
    let group = format!("{}.example.com", rig.ns.name());
    let crd = widgets(&rig, &group).await?;
    rig.kustomization("app", &[(&group, "Widget", "w")]).await?;
    rig.converged("app", "True", "Converged").await?;
    let mark = rig.ns.plane().requests()?.mark()?;
    for number in 0..20 {
        let current = format!("has(spec.size) && spec.size == 3 && !has(spec.field{number})");
        let exprs = json!([{"apiVersion": format!("{group}/v1"), "kind": "Widget", "current": current}]);
        let spec = json!({"spec": {"healthCheckExprs": exprs}});
        rig.ns.patch("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", spec).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let asked = rig.ns.plane().requests()?.since(&mark, &rig.user()).await?;
    let lists = asked.filter(|request| request.resource.starts_with("widgets"));
    assert!((1..=2).contains(&lists.len()), "{lists}");
    // The last ones hold in the end.
    let exprs = json!([{"apiVersion": format!("{group}/v1"), "kind": "Widget",
        "current": "spec.size <= 2", "failed": "spec.size > 2"}]);
    let spec = json!({"spec": {"healthCheckExprs": exprs}});
    let object = rig.ns.patch("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", spec).await?;
    rig.set("app", json!({"observedGeneration": object["metadata"]["generation"]})).await?;
    let degraded = |found: &Value| report(found, "w")["health"] == "Degraded";
    rig.ns.wait_for(FLYBALL, "Convergence", "app", 3 * SOON, degraded).await?;
    rig.ns.delete("rbac.authorization.k8s.io/v1", "ClusterRole", &group).await?;
    rig.ns.delete(CRD.0, CRD.1, &crd).await
}

#[tokio::test]
async fn what_no_controller_looks_at_is_on_its_way_for_two_minutes_and_then_unknown() -> Result<()> {
    let rig = Rig::start("health-nobody").await?;
    let group = format!("{}.example.com", rig.ns.name());
    let crd = widgets(&rig, &group).await?;
    // As the library has it of kinds whose controllers always write a status: here there is none.
    let mut rule = rule(&group, &group, "spec.size > 5");
    rule["spec"]["needsStatus"] = json!(true);
    rig.ns.apply_value(rule).await?;
    rig.kustomization("app", &[(&group, "Widget", "w")]).await?;
    let is = |state: &'static str| {
        move |found: &Value| {
            let widget = report(found, "w");
            widget["health"] == state && widget["reason"] == "NoStatus"
        }
    };
    rig.convergence("app", is("Progressing")).await?;
    let minutes = Duration::from_secs(120) + SOON;
    let found = rig.ns.wait_for(FLYBALL, "Convergence", "app", minutes, is("Unknown")).await?;
    assert_eq!(found["status"]["health"]["state"], "Unknown");
    assert_eq!(found["status"]["conditions"][0]["status"], "Unknown", "{}", found["status"]);
    rig.ns.delete(FLYBALL, "HealthRule", &group).await?;
    rig.ns.delete("rbac.authorization.k8s.io/v1", "ClusterRole", &group).await?;
    rig.ns.delete(CRD.0, CRD.1, &crd).await
}
