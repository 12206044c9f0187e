//! A first apply, field by field, and what an object's own labels and annotations ask for.

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, condition, config_map, inventory};

fn deployment(ns: &str, name: &str, replicas: u32) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  namespace: {ns}\nspec:\n  replicas: {replicas}\n  \
         selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n      \
         containers:\n      - name: main\n        image: example.com/{name}:1\n        ports:\n        - containerPort: 80\n"
    )
}

#[tokio::test]
async fn a_revision_is_applied_and_told() -> Result<()> {
    let rig = Rig::start("apply").await?;
    let ns = rig.namespace();
    let files = format!(
        "-- app/settings.yaml --\n{}-- app/web.yaml --\n{}",
        config_map(ns, "settings", "one"),
        deployment(ns, "web", 1)
    );
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({"path": "./app"})).await?;
    let state = rig.ready("app", &revision).await?;

    let status = &state["status"];
    assert_eq!(condition(&state, "Ready")["reason"], "ReconciliationSucceeded");
    assert!(condition(&state, "Reconciling").is_null(), "{status}");
    assert!(condition(&state, "Stalled").is_null(), "{status}");
    assert!(condition(&state, "Healthy").is_null(), "{status}");
    assert_eq!(status["lastAppliedRevision"], revision.as_str());
    assert_eq!(status["lastAttemptedRevision"], revision.as_str());
    assert_eq!(state["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]));
    assert_eq!(
        status["inventory"]["entries"],
        json!([
            {"id": format!("{ns}_settings__ConfigMap"), "v": "v1"},
            {"id": format!("{ns}_web_apps_Deployment"), "v": "v1"},
        ])
    );
    let history = status["history"].as_array().unwrap();
    assert_eq!(history.len(), 1, "{status}");
    assert_eq!(history[0]["lastReconciledStatus"], "ReconciliationSucceeded");
    assert_eq!(history[0]["totalReconciliations"], 1);
    assert_eq!(history[0]["metadata"]["revision"], revision.as_str());
    assert!(history[0]["digest"].as_str().unwrap().starts_with("sha256:"));

    let web = rig.get("apps/v1", "Deployment", "web").await?.unwrap();
    assert_eq!(
        web["metadata"]["labels"],
        json!({"kustomize.toolkit.fluxcd.io/name": "app", "kustomize.toolkit.fluxcd.io/namespace": ns})
    );
    let ours: Vec<&Value> = web["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["manager"] == "kustomize-controller")
        .collect();
    assert_eq!(ours.len(), 1, "{web}");
    assert_eq!(ours[0]["operation"], "Apply");
    let message = rig.event("app", "applied", |_, message| message.contains("ConfigMap/")).await?;
    assert_eq!(message, format!("ConfigMap/{ns}/settings created\nDeployment/{ns}/web created"));
    Ok(())
}

#[tokio::test]
async fn a_new_revision_changes_only_what_differs() -> Result<()> {
    let rig = Rig::start("change").await?;
    let ns = rig.namespace();
    let files = |value: &str| {
        format!("-- a.yaml --\n{}-- b.yaml --\n{}", config_map(ns, "a", "same"), config_map(ns, "b", value))
    };
    let first = rig.publish(&files("one")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    let a = rig.get("v1", "ConfigMap", "a").await?.unwrap();
    let second = rig.publish(&files("two")).await?;
    let state = rig.ready("app", &second).await?;
    assert_eq!(rig.get("v1", "ConfigMap", "b").await?.unwrap()["data"]["key"], "two");
    assert_eq!(
        rig.get("v1", "ConfigMap", "a").await?.unwrap()["metadata"]["resourceVersion"],
        a["metadata"]["resourceVersion"],
        "an unchanged object is not written"
    );
    assert_eq!(state["status"]["history"].as_array().unwrap().len(), 2);
    rig.event("app", "one changed", |_, message| message == format!("ConfigMap/{ns}/b configured")).await?;
    Ok(())
}

#[tokio::test]
async fn definitions_come_before_what_they_define() -> Result<()> {
    let rig = Rig::start("stages").await?;
    let ns = rig.namespace();
    let group = format!("{ns}.example.com");
    let files = format!(
        "-- a.yaml --\napiVersion: {group}/v1\nkind: Widget\nmetadata:\n  name: one\n  namespace: {ns}\nspec:\n  size: 1\n\
         -- z.yaml --\napiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.{group}\n\
         spec:\n  group: {group}\n  names: {{kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}}\n  scope: Namespaced\n  \
         versions:\n  - name: v1\n    served: true\n    storage: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        \
         properties:\n          spec:\n            type: object\n            properties:\n              size: {{type: integer}}\n"
    );
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    let state = rig.ready("app", &revision).await?;
    assert_eq!(
        inventory(&state),
        [
            format!("_widgets.{group}_apiextensions.k8s.io_CustomResourceDefinition"),
            format!("{ns}_one_{group}_Widget")
        ]
    );
    rig.finalized("app").await
}

#[tokio::test]
async fn secrets_are_applied_from_string_data_and_stay_secret() -> Result<()> {
    let rig = Rig::start("secret").await?;
    let ns = rig.namespace();
    let files = format!(
        "-- s.yaml --\napiVersion: v1\nkind: Secret\nmetadata: {{name: s, namespace: {ns}}}\nstringData: {{password: hunter2hunter2}}\n"
    );
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    let state = rig.ready("app", &revision).await?;
    let secret = rig.get("v1", "Secret", "s").await?.unwrap();
    assert_eq!(secret["data"], json!({"password": "aHVudGVyMmh1bnRlcjI="}));
    rig.patch_as("kubectl-edit", "v1", "Secret", "s", json!({"data": {"password": "bm8="}})).await?;
    rig.until_object(("v1", "Secret", "s"), "is healed", |s| s["data"]["password"] == "aHVudGVyMmh1bnRlcjI=")
        .await?;
    let told = format!("{state}{:?}{}", rig.events("app").await?, rig.controller().process.log()?);
    assert!(!told.contains("hunter2") && !told.contains("aHVudGVyMmh1bnRlcjI"), "{told}");
    Ok(())
}

#[tokio::test]
async fn objects_may_ask_to_be_left_alone() -> Result<()> {
    let rig = Rig::start("skips").await?;
    let ns = rig.namespace();
    let with = |name: &str, key: &str, value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {ns}\n  annotations:\n    \
             kustomize.toolkit.fluxcd.io/{key}: {value}\ndata: {{key: declared}}\n---\n"
        )
    };
    for name in ["once", "disabled"] {
        rig.apply(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": ns},
            "data": {"key": "there before"}}),
        )
        .await?;
    }
    let files = format!(
        "-- a.yaml --\n{}{}{}{}",
        with("once", "ssa", "IfNotPresent"),
        with("new-once", "ssa", "ifnotpresent"),
        with("disabled", "reconcile", "Disabled"),
        with("ignored", "ssa", "Ignore")
    );
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    let state = rig.ready("app", &revision).await?;
    let value = async |name: &str| -> Result<Value> {
        Ok(rig.get("v1", "ConfigMap", name).await?.map_or(Value::Null, |map| map["data"]["key"].clone()))
    };
    assert_eq!(value("once").await?, "there before");
    assert_eq!(value("new-once").await?, "declared");
    assert_eq!(value("disabled").await?, "there before");
    assert_eq!(value("ignored").await?, Value::Null);
    let names = ["disabled", "ignored", "new-once", "once"];
    assert_eq!(
        inventory(&state),
        names.map(|name| format!("{ns}_{name}__ConfigMap")),
        "skipped ones are listed too"
    );
    Ok(())
}

#[tokio::test]
async fn what_kubectl_applied_is_taken_over() -> Result<()> {
    let rig = Rig::start("takeover").await?;
    let ns = rig.namespace();
    let live = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": ns,
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "keep": "yes"}},
        "data": {"key": "old", "extra": "from kubectl"},
    });
    rig.create_as("kubectl-client-side-apply", live).await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "new"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let map = rig.get("v1", "ConfigMap", "a").await?.unwrap();
    assert_eq!(map["data"], json!({"key": "new"}), "fields of kubectl that Git does not have go");
    assert!(
        map["metadata"]["annotations"].get("kubectl.kubernetes.io/last-applied-configuration").is_none(),
        "{map}"
    );
    let managers: Vec<&str> = map["metadata"]["managedFields"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["manager"].as_str())
        .collect();
    assert_eq!(managers, ["kustomize-controller"]);
    Ok(())
}

#[tokio::test]
async fn an_immutable_object_is_recreated_only_with_force() -> Result<()> {
    let rig = Rig::start("force").await?;
    let ns = rig.namespace();
    let job = |image: &str| {
        format!(
            "-- job.yaml --\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: j, namespace: {ns}}}\nspec:\n  template:\n    spec:\n      \
             restartPolicy: Never\n      containers:\n      - {{name: c, image: 'example.com/{image}'}}\n"
        )
    };
    let first = rig.publish(&job("a:1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    let before = rig.get("batch/v1", "Job", "j").await?.unwrap();
    let second = rig.publish(&job("a:2")).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("Job/{ns}/j dry-run failed (Invalid): ")), "{message}");
    assert_eq!(rig.get("batch/v1", "Job", "j").await?.unwrap()["metadata"]["uid"], before["metadata"]["uid"]);
    rig.kustomization("app", json!({"force": true})).await?;
    rig.ready("app", &second).await?;
    let after = rig.get("batch/v1", "Job", "j").await?.unwrap();
    assert_ne!(after["metadata"]["uid"], before["metadata"]["uid"]);
    rig.event("app", "created again", |_, message| message == format!("Job/{ns}/j created")).await?;
    Ok(())
}
