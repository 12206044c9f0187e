//! Definitions and namespaces that go while their objects are in the inventory, and versions that are given up.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::wait::{Look, until};

use super::rig::{LIMIT, Rig, condition, config_map, inventory, is_ready_at};

/// What takes the namespace controller, or a stage that is awaited, a while.
const MINUTES: Duration = Duration::from_secs(180);

const CRD: (&str, &str) = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");

/// A definition of the kind `Thing` with these versions; the last one is stored.
fn definition(group: &str, versions: &[&str]) -> Value {
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    let last = versions.last().copied().unwrap_or_default();
    let versions: Vec<Value> = versions
        .iter()
        .map(|name| json!({"name": name, "served": true, "storage": *name == last, "schema": schema}))
        .collect();
    json!({
        "apiVersion": CRD.0, "kind": CRD.1, "metadata": {"name": format!("things.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"kind": "Thing", "plural": "things"}, "versions": versions,
        },
    })
}

fn thing(group: &str, version: &str, ns: &str, value: &str) -> String {
    format!(
        "apiVersion: {group}/{version}\nkind: Thing\nmetadata: {{name: t, namespace: {ns}}}\nspec: {{key: \"{value}\"}}\n"
    )
}

/// Waits until nobody knows the kind any more.
async fn gone(rig: &Rig, group: &str) -> Result<()> {
    let name = format!("things.{group}");
    until("the definition is gone", LIMIT, || async {
        let found = rig.get(CRD.0, CRD.1, &name).await?;
        Ok(if found.is_none() { Look::Found(()) } else { Look::Not("it is there".to_owned()) })
    })
    .await
}

#[tokio::test]
async fn objects_whose_definition_is_deleted_are_gone_and_hold_up_no_pruning() -> Result<()> {
    let rig = Rig::start("def-gone").await?;
    let ns = rig.namespace();
    let group = format!("{ns}.faults.dev");
    rig.ns.apply_value(definition(&group, &["v1"])).await?;
    let map = config_map(ns, "a", "1");
    let files = format!("-- a.yaml --\n{map}-- t.yaml --\n{}", thing(&group, "v1", ns, "1"));
    let first = rig.publish(&files).await?;
    rig.kustomization("app", json!({"retryInterval": "1s"})).await?;
    rig.ready("app", &first).await?;
    rig.delete(CRD.0, CRD.1, &format!("things.{group}")).await?;
    gone(&rig, &group).await?;
    let second = rig.publish(&format!("-- a.yaml --\n{map}")).await?;
    let state = rig.ready("app", &second).await?;
    assert_eq!(inventory(&state), [format!("{ns}_a__ConfigMap")]);
    // The same when the Kustomization goes.
    rig.ns.apply_value(definition(&group, &["v1"])).await?;
    rig.publish(&files).await?;
    rig.ready("app", &first).await?;
    rig.delete(CRD.0, CRD.1, &format!("things.{group}")).await?;
    gone(&rig, &group).await?;
    rig.finalized("app").await?;
    assert!(rig.owned("v1", "ConfigMap").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_definition_that_somebody_deletes_comes_back_with_its_objects() -> Result<()> {
    let rig = Rig::start("def-heal").await?;
    let ns = rig.namespace();
    let group = format!("{ns}.faults.dev");
    let files = format!(
        "-- d.yaml --\n{}\n-- t.yaml --\n{}",
        definition(&group, &["v1"]),
        thing(&group, "v1", ns, "1")
    );
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({"retryInterval": "1s"})).await?;
    rig.ready("app", &revision).await?;
    let (api, name) = (format!("{group}/v1"), format!("things.{group}"));
    let uid = |object: Option<Value>| object.unwrap_or_default()["metadata"]["uid"].clone();
    let before = uid(rig.get(CRD.0, CRD.1, &name).await?);
    rig.delete(CRD.0, CRD.1, &name).await?;
    rig.until_object((CRD.0, CRD.1, &name), "is back", |found| {
        !found.is_null() && found["metadata"]["uid"] != before
    })
    .await?;
    until("the object is back", LIMIT, || async {
        // Drift of an object whose kind had gone is the next run's.
        rig.run("app").await?;
        let found = rig.get(&api, "Thing", "t").await;
        Ok(match found {
            Ok(Some(found)) if found["spec"]["key"] == "1" => Look::Found(()),
            other => Look::Not(format!("{other:?}")),
        })
    })
    .await?;
    let state = rig.ready("app", &revision).await?;
    assert_eq!(inventory(&state).len(), 2);
    rig.finalized("app").await?;
    gone(&rig, &group).await
}

#[tokio::test]
async fn a_version_that_is_given_up_holds_up_no_apply() -> Result<()> {
    let rig = Rig::start("def-version").await?;
    let ns = rig.namespace();
    let group = format!("{ns}.faults.dev");
    rig.ns.apply_value(definition(&group, &["v1alpha1"])).await?;
    let first = rig.publish(&format!("-- t.yaml --\n{}", thing(&group, "v1alpha1", ns, "1"))).await?;
    rig.kustomization("app", json!({"retryInterval": "1s"})).await?;
    rig.ready("app", &first).await?;
    // Both versions for a while, then the new one alone, as its authors would tell people to do it.
    let name = format!("things.{group}");
    rig.ns.apply_value(definition(&group, &["v1alpha1", "v1"])).await?;
    let second = rig.publish(&format!("-- t.yaml --\n{}", thing(&group, "v1", ns, "2"))).await?;
    let state = rig.ready("app", &second).await?;
    assert_eq!(state["status"]["inventory"]["entries"][0]["v"], "v1");
    let crds = rig.ns.api(CRD.0, CRD.1).await?;
    let stored = kube::api::Patch::Merge(json!({"status": {"storedVersions": ["v1"]}}));
    crds.patch_status(&name, &kube::api::PatchParams::default(), &stored).await?;
    rig.ns.apply_value(definition(&group, &["v1"])).await?;
    let third = rig.publish(&format!("-- t.yaml --\n{}", thing(&group, "v1", ns, "3"))).await?;
    rig.ready("app", &third).await?;
    let api = format!("{group}/v1");
    let live = rig.get(&api, "Thing", "t").await?.context("the object")?;
    assert_eq!(live["spec"]["key"], "3");
    // The owner of the old entry is us: it must not keep what is not declared any more.
    rig.patch_as("kubectl-edit", &api, "Thing", "t", json!({"spec": {"key": "edited"}})).await?;
    rig.until_object((&api, "Thing", "t"), "is healed", |live| live["spec"]["key"] == "3").await?;
    rig.finalized("app").await?;
    assert!(rig.get(&api, "Thing", "t").await?.is_none());
    rig.delete(CRD.0, CRD.1, &name).await
}

/// A namespace with two objects of ours, of which one holds it up while it is being deleted.
struct Ending<'a> {
    rig: &'a Rig,
    name: String,
}

impl Ending<'_> {
    /// Files of objects in it, and of the namespace itself if it is ours.
    fn files(&self, ours: bool, value: &str) -> String {
        let name = &self.name;
        let namespace = match ours {
            true => format!("-- n.yaml --\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"),
            false => String::new(),
        };
        let new = config_map(name, &format!("new-{value}"), value);
        format!("{namespace}-- m.yaml --\n{}-- new.yaml --\n{new}", config_map(name, "held", value))
    }

    async fn set_finalizers(&self, finalizers: Value) -> Result<()> {
        let patch = json!({"metadata": {"finalizers": finalizers}});
        self.rig.ns.objects_in(&self.name).patch("v1", "ConfigMap", "held", patch).await.map(drop)
    }

    async fn begin(&self) -> Result<()> {
        self.set_finalizers(json!(["faults.flyball.dev/held"])).await?;
        self.rig.delete("v1", "Namespace", &self.name).await?;
        let ends = |found: &Value| !found["metadata"]["deletionTimestamp"].is_null();
        self.rig.until_object(("v1", "Namespace", &self.name), "ends", ends).await.map(drop)
    }

    /// Waits until Ready is False and names it.
    async fn is_told(&self) -> Result<Value> {
        until("it is told", MINUTES, || async {
            let state = self.rig.state("app").await?;
            let ready = condition(&state, "Ready");
            let told = ready["message"].as_str().is_some_and(|text| text.contains(&self.name));
            Ok(match ready["status"] == "False" && told {
                true => Look::Found(state),
                false => Look::Not(ready.to_string()),
            })
        })
        .await
    }

    async fn is_applied(&self, revision: &str) -> Result<Value> {
        until("the revision is applied", MINUTES, || async {
            let state = self.rig.state("app").await?;
            Ok(match is_ready_at(&state, revision) {
                true => Look::Found(state),
                false => Look::Not(condition(&state, "Ready").to_string()),
            })
        })
        .await
    }
}

#[tokio::test]
async fn a_namespace_that_is_being_deleted_is_named_and_waited_for() -> Result<()> {
    let rig = Rig::start("ns-ends").await?;
    let namespace = Ending { rig: &rig, name: format!("{}-other", rig.namespace()) };
    let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace.name}});
    rig.ns.apply_value(object.clone()).await?;
    let first = rig.publish(&namespace.files(false, "1")).await?;
    rig.kustomization("app", json!({"retryInterval": "1s"})).await?;
    rig.ready("app", &first).await?;
    namespace.begin().await?;
    let second = rig.publish(&namespace.files(false, "2")).await?;
    let state = namespace.is_told().await?;
    assert!(inventory(&state).contains(&format!("{}_held__ConfigMap", namespace.name)), "{state}");
    namespace.set_finalizers(json!(null)).await?;
    rig.until_object(("v1", "Namespace", &namespace.name), "is gone", Value::is_null).await?;
    rig.ns.apply_value(object).await?;
    let state = namespace.is_applied(&second).await?;
    assert_eq!(inventory(&state).len(), 2);
    rig.finalized("app").await
}

#[tokio::test]
#[ignore = "takes minutes: a namespace of ours is awaited for 60 s before the failure is told"]
async fn a_namespace_of_ours_that_is_being_deleted_is_made_again() -> Result<()> {
    let rig = Rig::start("ns-again").await?;
    let namespace = Ending { rig: &rig, name: format!("{}-other", rig.namespace()) };
    let first = rig.publish(&namespace.files(true, "1")).await?;
    rig.kustomization("app", json!({"retryInterval": "1s"})).await?;
    rig.ready("app", &first).await?;
    namespace.begin().await?;
    let second = rig.publish(&namespace.files(true, "2")).await?;
    let state = namespace.is_told().await?;
    assert!(inventory(&state).contains(&format!("_{}__Namespace", namespace.name)), "{state}");
    namespace.set_finalizers(json!(null)).await?;
    let state = namespace.is_applied(&second).await?;
    assert_eq!(inventory(&state).len(), 3);
    let live = rig.ns.objects_in(&namespace.name).get("v1", "ConfigMap", "new-2").await?;
    assert!(live.is_some());
    rig.finalized("app").await
}
