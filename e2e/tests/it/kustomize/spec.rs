//! What the spec changes on the way: the build's overrides, metadata, suspension, and the version of the spec itself.

use anyhow::Result;
use serde_json::json;

use super::rig::{Rig, condition, config_map, inventory};

#[tokio::test]
async fn overrides_reach_the_cluster() -> Result<()> {
    let rig = Rig::start("overrides").await?;
    let ns = rig.namespace();
    let files = "-- app/kustomization.yaml --\nresources: [../base]\nconfigMapGenerator: [{name: generated, literals: [a=b]}]\n\
                 -- base/kustomization.yaml --\nresources: [pod.yaml]\nlabels: [{pairs: {team: one}}]\n\
                 -- base/pod.yaml --\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: app:1\n    \
                 envFrom: [{configMapRef: {name: generated}}]\n";
    let revision = rig.publish(files).await?;
    let spec = json!({
        "path": "app", "targetNamespace": ns, "namePrefix": "pre-", "nameSuffix": "-suf",
        "images": [{"name": "app", "newName": "example.com/app", "newTag": "2"}],
        "patches": [{"target": {"kind": "Pod"}, "patch": "- op: add\n  path: /metadata/annotations\n  value: {patched: 'yes'}\n"}],
        "commonMetadata": {"labels": {"common": "label"}, "annotations": {"common": "annotation"}},
    });
    rig.kustomization("app", spec).await?;
    let state = rig.ready("app", &revision).await?;
    let pod = rig.get("v1", "Pod", "pre-p-suf").await?.unwrap();
    assert_eq!(pod["spec"]["containers"][0]["image"], "example.com/app:2");
    assert_eq!(pod["metadata"]["annotations"]["patched"], "yes");
    assert_eq!(pod["metadata"]["annotations"]["common"], "annotation");
    assert_eq!(pod["metadata"]["labels"]["common"], "label");
    assert_eq!(pod["metadata"]["labels"]["team"], "one");
    let map = pod["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"].as_str().unwrap();
    assert!(map.starts_with("pre-generated-suf-") && map.len() == "pre-generated-suf-".len() + 10, "{map}");
    assert_eq!(rig.get("v1", "ConfigMap", map).await?.unwrap()["data"], json!({"a": "b"}));
    assert_eq!(inventory(&state), [format!("{ns}_{map}__ConfigMap"), format!("{ns}_pre-p-suf__Pod")]);
    Ok(())
}

#[tokio::test]
async fn a_namespace_comes_before_what_is_in_it() -> Result<()> {
    let rig = Rig::start("namespaces").await?;
    let inner = format!("{}-inner", rig.namespace());
    let files = format!(
        "-- a.yaml --\n{}-- z.yaml --\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {inner}}}\n",
        config_map(&inner, "a", "1")
    );
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    let state = rig.ready("app", &revision).await?;
    assert_eq!(inventory(&state), [format!("_{inner}__Namespace"), format!("{inner}_a__ConfigMap")]);
    rig.finalized("app").await
}

#[tokio::test]
async fn a_suspended_one_does_nothing_and_says_so_nowhere() -> Result<()> {
    let rig = Rig::start("suspend").await?;
    let ns = rig.namespace();
    let first = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    rig.kustomization("app", json!({"suspend": true})).await?;
    let second = rig.publish(&format!("-- a.yaml --\n{}", config_map(ns, "a", "2"))).await?;
    let state = rig.run("app").await?;
    assert_eq!(rig.get("v1", "ConfigMap", "a").await?.unwrap()["data"]["key"], "1");
    assert_eq!(state["status"]["lastAppliedRevision"], first.as_str());
    assert_eq!(condition(&state, "Ready")["status"], "True");
    rig.kustomization("app", json!({"suspend": false})).await?;
    rig.ready("app", &second).await?;
    assert_eq!(rig.get("v1", "ConfigMap", "a").await?.unwrap()["data"]["key"], "2");
    Ok(())
}

#[tokio::test]
async fn the_request_annotation_is_told_back() -> Result<()> {
    let rig = Rig::start("requested").await?;
    let revision = rig.publish(&format!("-- a.yaml --\n{}", config_map(rig.namespace(), "a", "1"))).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let state = rig.run("app").await?;
    assert_eq!(state["status"]["history"].as_array().unwrap().len(), 1);
    assert_eq!(state["status"]["history"][0]["totalReconciliations"], 2);
    assert_eq!(condition(&state, "Ready")["status"], "True");
    Ok(())
}
