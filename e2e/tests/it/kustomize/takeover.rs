//! What other field managers left behind (contracts/kustomize-controller.md 12.2.3, 12.2.5, 12.2.8).

use anyhow::Result;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde_json::{Value, json};

use super::rig::{Rig, condition, config_map};

/// `manager/operation` of an object's entries, with the subresource where there is one.
fn managers(object: &Value) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = |entry: &Value| {
        let name = format!("{}/{}", text(&entry["manager"]), text(&entry["operation"]));
        match entry["subresource"].as_str() {
            Some(subresource) => format!("{name}/{subresource}"),
            None => name,
        }
    };
    let mut names: Vec<String> = entries.iter().map(name).collect();
    names.sort();
    names
}

async fn apply_as(rig: &Rig, who: &str, object: &Value) -> Result<()> {
    let api: Api<DynamicObject> = Api::namespaced_with(
        rig.client.clone(),
        rig.namespace(),
        &ApiResource::from_gvk(&GroupVersionKind::gvk("", "v1", "ConfigMap")),
    );
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    api.patch(name, &PatchParams::apply(who), &Patch::Apply(object)).await?;
    Ok(())
}

#[tokio::test]
async fn some_managers_fields_fall_to_us_and_the_others_keep_theirs() -> Result<()> {
    const OURS: &str = "kustomize-controller/Apply";
    // Manager, by an apply, and what is left of its entry and of its field.
    let cases: [(&str, &str, bool, bool); 8] = [
        ("a", "kubectl", true, false),
        ("b", "kubectl-edit", false, false),
        ("c", "before-first-apply", false, false),
        ("d", "kustomize-controller", false, false),
        ("e", "argocd-controller", true, false),
        ("f", "argocd-controller", false, false),
        ("g", "helm", false, true),
        ("h", "flux-client-side-apply", true, true),
    ];
    let rig = Rig::start_with("takeover-managers", &["--override-manager=argocd-controller"]).await?;
    let ns = rig.namespace();
    let mut files = String::new();
    for (name, manager, applies, _) in cases {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": ns},
            "data": {"key": "theirs", "more": "theirs"}});
        if applies {
            apply_as(&rig, manager, &object).await?;
        } else {
            rig.create_as(manager, object).await?;
        }
        files.push_str(&["-- ", name, ".yaml --\n", &config_map(ns, name, "ours")].concat());
    }
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    for (name, manager, applies, kept) in cases {
        let map = rig.get("v1", "ConfigMap", name).await?.unwrap();
        let operation = if applies { "Apply" } else { "Update" };
        let mut wanted = vec![OURS.to_owned()];
        if kept {
            wanted.push(format!("{manager}/{operation}"));
            wanted.sort();
        }
        assert_eq!(managers(&map), wanted, "{map}");
        let more = if kept { json!("theirs") } else { Value::Null };
        assert_eq!((&map["data"]["key"], &map["data"]["more"]), (&json!("ours"), &more), "{manager}");
    }
    Ok(())
}

#[tokio::test]
async fn an_object_that_is_merged_keeps_what_kubectl_set() -> Result<()> {
    let rig = Rig::start("takeover-merge").await?;
    let ns = rig.namespace();
    let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": ns,
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}, "data": {"key": "theirs", "more": "theirs"}});
    rig.create_as("kubectl-client-side-apply", live).await?;
    let merged = config_map(ns, "a", "ours")
        .replace("metadata:\n", "metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/ssa: Merge}\n");
    let revision = rig.publish(&format!("-- a.yaml --\n{merged}")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let map = rig.get("v1", "ConfigMap", "a").await?.unwrap();
    assert_eq!(map["data"], json!({"key": "ours", "more": "theirs"}));
    assert_eq!(managers(&map), ["kubectl-client-side-apply/Update", "kustomize-controller/Apply"]);
    assert!(map["metadata"]["annotations"].get("kubectl.kubernetes.io/last-applied-configuration").is_some());
    // Ours are taken back.
    rig.patch_as("kubectl-edit", "v1", "ConfigMap", "a", json!({"data": {"key": "edited"}})).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is healed", |map| map["data"]["key"] == "ours").await?;
    Ok(())
}

#[tokio::test]
async fn an_entry_of_a_subresource_is_never_renamed() -> Result<()> {
    let rig = Rig::start("takeover-status").await?;
    let ns = rig.namespace();
    let web = |replicas: &str| {
        format!(
            "-- web.yaml --\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {ns}}}\nspec:\n{replicas}  \
             selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    spec:\n      \
             containers: [{{name: main, image: 'example.com/web:1'}}]\n"
        )
    };
    let first = rig.publish(&web("")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    let deployments: Api<DynamicObject> = Api::namespaced_with(
        rig.client.clone(),
        ns,
        &ApiResource::from_gvk(&GroupVersionKind::gvk("apps", "v1", "Deployment")),
    );
    let params = PatchParams { field_manager: Some("kubectl".to_owned()), ..PatchParams::default() };
    let condition = json!([{"type": "Probed", "status": "True"}]);
    deployments
        .patch_status("web", &params, &Patch::Merge(json!({"status": {"conditions": condition}})))
        .await?;
    let entry = "kubectl/Update/status".to_owned();
    let probed = rig.get("apps/v1", "Deployment", "web").await?.unwrap();
    assert!(managers(&probed).contains(&entry), "{probed}");
    let second = rig.publish(&web("  replicas: 2\n")).await?;
    rig.ready("app", &second).await?;
    let kept = rig.get("apps/v1", "Deployment", "web").await?.unwrap();
    assert!(kept["spec"]["replicas"] == 2, "{kept}");
    assert!(!managers(&kept).contains(&"kubectl/Apply".to_owned()), "{kept}");
    let ours = managers(&kept).iter().filter(|name| name.starts_with("kustomize-controller/")).count();
    assert_eq!(ours, 1, "{kept}");
    let statuses = managers(&kept).into_iter().filter(|name| name.ends_with("/status")).count();
    assert!(statuses > 0, "{kept}");
    Ok(())
}

/// A definition whose older version does not know a field of the newer one.
fn definition(group: &str) -> Value {
    let version = |name: &str, storage: bool, fields: Value| {
        json!({"name": name, "served": true, "storage": storage, "schema": {"openAPIV3Schema": {"type": "object",
            "properties": {"spec": {"type": "object", "properties": fields}}}}})
    };
    let text = json!({"type": "string"});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": format!("gadgets.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Gadget", "plural": "gadgets"}, "versions": [
            version("v1alpha1", false, json!({"a": text})), version("v1", true, json!({"a": text, "b": text}))]},
    })
}

async fn with_old_entry(name: &str, flags: &[&str]) -> Result<(Rig, String)> {
    let rig = Rig::start_with(name, flags).await?;
    let group = format!("{}.example.com", rig.namespace());
    rig.apply(definition(&group)).await?;
    let established = |definition: &Value| condition(definition, "Established")["status"] == "True";
    let name = format!("gadgets.{group}");
    rig.until_object(
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", name.as_str()),
        "is established",
        established,
    )
    .await?;
    rig.apply(json!({"apiVersion": format!("{group}/v1alpha1"), "kind": "Gadget",
        "metadata": {"name": "g", "namespace": rig.namespace()}, "spec": {"a": "old"}}))
        .await?;
    rig.patch_as("somebody", &format!("{group}/v1"), "Gadget", "g", json!({"spec": {"b": "there"}})).await?;
    let gadget = format!(
        "-- g.yaml --\napiVersion: {group}/v1\nkind: Gadget\nmetadata: {{name: g, namespace: {}}}\nspec: {{a: new, b: new}}\n",
        rig.namespace()
    );
    rig.publish(&gadget).await?;
    rig.kustomization("app", json!({})).await?;
    Ok((rig, group))
}

#[tokio::test]
async fn an_entry_of_an_older_version_is_in_the_way_unless_it_may_be_lifted() -> Result<()> {
    let (rig, group) = with_old_entry("versions-kept", &[]).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let message = condition(&state, "Ready")["message"].as_str().unwrap().to_owned();
    assert!(message.contains("field not declared in schema"), "{message}");
    rig.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", &format!("gadgets.{group}")).await?;

    let (rig, group) = with_old_entry("versions-lifted", &["--feature-gates=MigrateAPIVersion=true"]).await?;
    let api = format!("{group}/v1");
    let gadget = rig
        .until_object((api.as_str(), "Gadget", "g"), "is applied", |gadget| gadget["spec"]["b"] == "new")
        .await?;
    assert_eq!(gadget["spec"], json!({"a": "new", "b": "new"}));
    let entries = gadget["metadata"]["managedFields"].as_array().unwrap();
    assert!(entries.iter().all(|entry| entry["apiVersion"] == api.as_str()), "{entries:?}");
    rig.until("app", "is ready", |state| condition(state, "Ready")["status"] == "True").await?;
    rig.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", &format!("gadgets.{group}")).await
}

/// What discovery knew is out of date: the plural is another one.
#[tokio::test]
async fn a_kind_whose_definition_was_made_again_is_found_again() -> Result<()> {
    let rig = Rig::start("versions-plural").await?;
    let group = format!("{}.example.com", rig.namespace());
    let api = format!("{group}/v1");
    let mut definition = definition(&group);
    let crd = |plural: &str| format!("{plural}.{group}");
    let served = async |plural: &str| {
        let name = crd(plural);
        let target = ("apiextensions.k8s.io/v1", "CustomResourceDefinition", name.as_str());
        rig.until_object(target, "is served", |definition| {
            condition(definition, "Established")["status"] == "True"
        })
        .await
    };
    let gadget = |value: &str| {
        format!(
            "-- g.yaml --\napiVersion: {api}\nkind: Gadget\nmetadata: {{name: g, namespace: {}}}\nspec: {{a: {value}}}\n",
            rig.namespace()
        )
    };
    rig.apply(definition.clone()).await?;
    served("gadgets").await?;
    let first = rig.publish(&gadget("one")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    rig.kustomization("app", json!({"suspend": true})).await?;
    rig.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", &crd("gadgets")).await?;
    let name = crd("gadgets");
    rig.until_object(
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", name.as_str()),
        "is gone",
        Value::is_null,
    )
    .await?;
    definition["metadata"]["name"] = json!(crd("gadgetry"));
    definition["spec"]["names"]["plural"] = json!("gadgetry");
    rig.apply(definition).await?;
    served("gadgetry").await?;
    let second = rig.publish(&gadget("two")).await?;
    rig.kustomization("app", json!({"suspend": false})).await?;
    rig.ready("app", &second).await?;
    rig.finalized("app").await?;
    rig.delete("apiextensions.k8s.io/v1", "CustomResourceDefinition", &crd("gadgetry")).await
}
