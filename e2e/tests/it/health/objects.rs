//! Objects that are missing, changed, out of sight, secret, or many.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::wait::{Look, until};

use super::rig::{Rig, config_map, report};

#[tokio::test]
async fn a_missing_object_is_missing_until_it_is_there() -> Result<()> {
    let rig = Rig::start("health-missing").await?;
    rig.kustomization("app", &[("", "ConfigMap", "absent")]).await?;
    let found = rig.converged("app", "False", "Missing").await?;
    assert_eq!(report(&found, "absent")["health"], "Missing");
    assert_eq!(found["status"]["counts"]["missing"], 1);
    rig.apply_for("app", config_map("absent")).await?;
    rig.converged("app", "True", "Converged").await?;
    rig.ns.delete("v1", "ConfigMap", "absent").await?;
    rig.converged("app", "False", "Missing").await?;
    Ok(())
}

#[tokio::test]
async fn drift_is_seen_and_its_end_too() -> Result<()> {
    let rig = Rig::start("health-drift").await?;
    rig.apply_for("app", config_map("a")).await?;
    rig.kustomization("app", &[("", "ConfigMap", "a")]).await?;
    rig.converged("app", "True", "Converged").await?;
    rig.ns.patch("v1", "ConfigMap", "a", json!({"data": {"key": "other"}})).await?;
    let found = rig.converged("app", "False", "Drifted").await?;
    assert_eq!(report(&found, "a")["sync"], "Drifted");
    assert_eq!(found["status"]["counts"]["drifted"], 1);
    rig.apply_for("app", config_map("a")).await?;
    rig.converged("app", "True", "Converged").await?;
    // Somebody who adds a field of his own changes nothing that was applied.
    rig.ns.patch("v1", "ConfigMap", "a", json!({"data": {"mine": "x"}})).await?;
    rig.apply_for("app", config_map("b")).await?;
    rig.kustomization("app", &[("", "ConfigMap", "a"), ("", "ConfigMap", "b")]).await?;
    let found = rig.convergence("app", |found| found["status"]["counts"]["total"] == 2).await?;
    assert_eq!(report(&found, "a")["sync"], "Applied");
    Ok(())
}

#[tokio::test]
async fn an_object_without_its_labels_has_drifted_and_is_not_missing() -> Result<()> {
    let rig = Rig::start("health-labels").await?;
    rig.apply_for("app", config_map("a")).await?;
    rig.kustomization("app", &[("", "ConfigMap", "a")]).await?;
    rig.converged("app", "True", "Converged").await?;
    rig.ns
        .patch(
            "v1",
            "ConfigMap",
            "a",
            json!({"metadata": {"labels": {"kustomize.toolkit.fluxcd.io/name": null}}}),
        )
        .await?;
    let found = rig.converged("app", "False", "Drifted").await?;
    assert_eq!(report(&found, "a")["health"], "Healthy");
    Ok(())
}

#[tokio::test]
async fn a_kind_without_a_role_is_not_observed_and_with_one_it_is() -> Result<()> {
    let rig = Rig::start("health-kind").await?;
    let group = format!("{}.example.com", rig.ns.name());
    rig.ns
        .apply_value(json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("widgets.{group}")},
            "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
                "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                    "type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}}))
        .await?;
    let crd = format!("widgets.{group}");
    rig.ns
        .wait_condition(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            &crd,
            ("Established", "True"),
            super::rig::SOON,
        )
        .await?;
    let widget = json!({"apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": {"name": "w"}});
    until("the kind is served", super::rig::SOON, || async {
        Ok(match rig.apply_for("app", widget.clone()).await {
            Ok(_) => Look::Found(()),
            Err(error) => Look::Not(format!("{error:#}")),
        })
    })
    .await?;
    rig.kustomization("app", &[(&group, "Widget", "w")]).await?;
    let found = rig.converged("app", "Unknown", "NotObserved").await?;
    let widget = report(&found, "w");
    assert_eq!((&widget["sync"], &widget["health"]), (&json!("NotObserved"), &json!("NotObserved")));
    assert_eq!(found["status"]["counts"]["missing"], 0);
    assert!(
        found["status"]["blockers"][0]["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("aggregate-to-health"))
    );

    rig.ns
        .apply_value(json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": group, "labels": {"flyball.dev/aggregate-to-health": "true"}},
            "rules": [{"apiGroups": [group], "resources": ["*"], "verbs": ["get", "list", "watch"]}]}))
        .await?;
    rig.converged("app", "True", "Converged").await?;
    rig.ns.delete("rbac.authorization.k8s.io/v1", "ClusterRole", &group).await?;
    rig.ns.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", &crd).await
}

#[tokio::test]
async fn a_kind_that_is_not_served_blocks() -> Result<()> {
    let rig = Rig::start("health-unknown").await?;
    rig.kustomization("app", &[("nowhere.example.com", "Gadget", "g")]).await?;
    let found = rig.converged("app", "False", "KindUnknown").await?;
    assert_eq!(report(&found, "g")["health"], "Missing");
    Ok(())
}

#[tokio::test]
async fn secrets_are_neither_asked_for_nor_told() -> Result<()> {
    let rig = Rig::start("health-secret").await?;
    let mark = rig.ns.plane().requests()?.mark()?;
    let canary = "c4n4ry-of-the-secret";
    rig.apply_for(
        "app",
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "annotations": {"note": canary}}, "stringData": {"password": canary}}),
    )
    .await?;
    rig.apply_for("app", config_map("a")).await?;
    rig.kustomization("app", &[("", "Secret", "db"), ("", "ConfigMap", "a")]).await?;
    let found = rig.converged("app", "True", "Converged").await?;
    assert_eq!(report(&found, "db")["sync"], "NotObserved");
    assert_eq!(found["status"]["counts"]["notObserved"], 1);
    let refusal = format!(
        "Secret/{}/db dry-run failed (Invalid): data[password]: Invalid value: \"{canary}\": must be base64",
        rig.ns.name()
    );
    rig.fail("app", "ReconciliationFailed", &refusal).await?;
    let found = rig.converged("app", "False", "SchemaInvalid").await?;
    let everything = format!("{found}{}", rig.controller.process.log()?);
    assert!(everything.contains("dry-run failed") && !everything.contains(canary), "{everything}");
    let asked = rig.ns.plane().requests()?.since(&mark, &rig.user()).await?;
    assert_eq!(asked.filter(|request| request.resource == "secrets").len(), 0, "{asked}");
    // What the test said in kustomize-controller's stead is not a leak of ours: the namespace is searched at its end.
    rig.fail("app", "ReconciliationFailed", "said and done").await
}

#[tokio::test]
async fn many_objects_are_listed_in_part_and_counted_in_full() -> Result<()> {
    let rig = Rig::start("health-many").await?;
    let names: Vec<String> = (0..150).map(|n| format!("cm-{n:03}")).collect();
    for name in &names[..149] {
        rig.apply_for("app", config_map(name)).await?;
    }
    let objects: Vec<(&str, &str, &str)> =
        names.iter().map(|name| ("", "ConfigMap", name.as_str())).collect();
    rig.kustomization("app", &objects).await?;
    let found = rig.converged("app", "False", "Missing").await?;
    let status = &found["status"];
    assert_eq!(status["objects"].as_array().map(Vec::len), Some(100));
    assert_eq!((&status["omitted"], &status["counts"]["total"]), (&json!(50), &json!(150)));
    assert!(
        status["objects"][0]["id"].as_str().is_some_and(|id| id.contains("cm-149")),
        "what needs attention comes first"
    );
    assert!(serde_json::to_string::<Value>(&found)?.len() < 40_000);
    Ok(())
}
