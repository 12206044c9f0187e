//! Variables of `spec.postBuild`: from the spec, from ConfigMaps and Secrets, and what is done when those change.

use anyhow::Result;
use serde_json::{Value, json};

use super::rig::{Rig, condition, config_map};

fn app(data: &str) -> String {
    format!("-- app.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app}}\ndata: {data}\n")
}

fn secret(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})
}

fn map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

#[tokio::test]
async fn later_sources_override_earlier_ones_and_the_spec_all() -> Result<()> {
    let rig = Rig::start("variables").await?;
    rig.apply(map("first", &json!({"a": "first", "b": "first", "c": "first"}))).await?;
    rig.apply(secret("second", &json!({"b": "second", "c": "second"}))).await?;
    let data = "{a: '${a}', b: '${b}', c: '${c}', d: '${d:-none}', e: '$${a}'}";
    let revision = rig.publish(&app(data)).await?;
    let spec = json!({"targetNamespace": rig.namespace(), "postBuild": {
        "substitute": {"c": "spec"},
        "substituteFrom": [{"kind": "ConfigMap", "name": "first"}, {"kind": "Secret", "name": "second"},
            {"kind": "ConfigMap", "name": "absent", "optional": true}],
    }});
    rig.kustomization("app", spec).await?;
    rig.ready("app", &revision).await?;
    let applied = rig.get("v1", "ConfigMap", "app").await?.unwrap();
    assert_eq!(applied["data"], json!({"a": "first", "b": "second", "c": "spec", "d": "none", "e": "${a}"}));
    Ok(())
}

#[tokio::test]
async fn a_changed_source_starts_a_run_at_once() -> Result<()> {
    let rig = Rig::start("variables-change").await?;
    rig.apply(map("vars", &json!({"a": "1st"}))).await?;
    let revision = rig.publish(&app("{a: '${a}', s: '${s:=unset}'}")).await?;
    let spec = json!({"targetNamespace": rig.namespace(), "interval": "1h", "postBuild": {"substituteFrom": [
        {"kind": "ConfigMap", "name": "vars"}, {"kind": "Secret", "name": "later", "optional": true},
    ]}});
    rig.kustomization("app", spec).await?;
    rig.ready("app", &revision).await?;
    let becomes = async |key: &'static str, value: &'static str| {
        rig.until_object(("v1", "ConfigMap", "app"), "changes", |object| object["data"][key] == value).await
    };
    rig.apply(map("vars", &json!({"a": "2nd"}))).await?;
    becomes("a", "2nd").await?;
    rig.apply(secret("later", &json!({"s": "canary"}))).await?;
    becomes("s", "canary").await?;
    rig.delete("v1", "Secret", "later").await?;
    becomes("s", "unset").await?;
    Ok(())
}

#[tokio::test]
async fn what_is_missing_is_named_and_waited_for() -> Result<()> {
    let rig = Rig::start("variables-missing").await?;
    let revision = rig.publish(&app("{a: '${a}', b: 'x-${b}'}")).await?;
    let spec = json!({"targetNamespace": rig.namespace(), "interval": "1h",
        "postBuild": {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}});
    rig.kustomization("app", spec).await?;
    let state = rig.failed("app", "BuildFailed").await?;
    let message = "post build failed for 'ConfigMap.v1.[noGrp]/app': substitute from 'ConfigMap/vars' error: configmaps \"vars\" not found";
    assert_eq!(condition(&state, "Ready")["message"], message);
    rig.apply(map("vars", &json!({"other": "1"}))).await?;
    let message = "post build failed for 'ConfigMap.v1.[noGrp]/app': envsubst error: variable substitution failed: \
                   variable not set (strict mode): \"a\"; not set either: \"b\" (data.b of 'ConfigMap.v1.[noGrp]/app')";
    rig.until("app", "it names both", |state| condition(state, "Ready")["message"] == message).await?;
    rig.apply(map("vars", &json!({"a": "1st", "b": "2nd"}))).await?;
    rig.ready("app", &revision).await?;
    assert_eq!(rig.get("v1", "ConfigMap", "app").await?.unwrap()["data"], json!({"a": "1st", "b": "x-2nd"}));
    Ok(())
}

#[tokio::test]
async fn an_object_may_be_left_as_it_is() -> Result<()> {
    let rig = Rig::start("variables-disabled").await?;
    let ns = rig.namespace();
    let plain = config_map(ns, "plain", "${a}").replace(
        "metadata:\n",
        "metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}\n",
    );
    let revision = rig.publish(&format!("-- plain.yaml --\n{plain}{}", app("{a: '${a}'}"))).await?;
    let spec = json!({"targetNamespace": ns, "postBuild": {"substitute": {"a": "value"}}});
    rig.kustomization("app", spec).await?;
    rig.ready("app", &revision).await?;
    assert_eq!(rig.get("v1", "ConfigMap", "plain").await?.unwrap()["data"]["key"], "${a}");
    assert_eq!(rig.get("v1", "ConfigMap", "app").await?.unwrap()["data"]["a"], "value");
    Ok(())
}

/// What comes out of a variable is read as YAML again.
#[tokio::test]
async fn a_string_that_comes_out_as_a_number_is_refused_where_it_may_not_be_one() -> Result<()> {
    let rig = Rig::start("variables-types").await?;
    let ns = rig.namespace();
    let post_build = |n: &str| json!({"targetNamespace": ns, "postBuild": {"substitute": {"n": n}}});
    rig.publish(&app("{a: '${n}'}")).await?;
    rig.kustomization("app", post_build("3")).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let said = condition(&state, "Ready")["message"].as_str().unwrap().to_owned();
    let wanted = format!(
        "ConfigMap/{ns}/app dry-run failed: failed to create typed patch object ({ns}/app; /v1, Kind=ConfigMap): .data.a: expected string, got "
    );
    assert!(said.starts_with(&wanted) && said.ends_with('\n'), "{said}");
    // A date is none, and null is no text.
    let revision = rig.publish(&app("{a: '${n}', b: '${m:=~}'}")).await?;
    rig.kustomization("app", post_build("2026-01-02")).await?;
    rig.ready("app", &revision).await?;
    let applied = rig.get("v1", "ConfigMap", "app").await?.unwrap();
    assert_eq!(applied["data"], json!({"a": "2026-01-02", "b": ""}));
    Ok(())
}

/// Flux takes all labels of such an object away; here they become what they would have been in quotes.
#[tokio::test]
async fn a_label_that_comes_out_as_a_number_is_a_label() -> Result<()> {
    let rig = Rig::start("variables-labels").await?;
    let revision = rig
        .publish("-- app.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app, labels: {n: '${n}', other: x}}\n")
        .await?;
    rig.kustomization(
        "app",
        json!({"targetNamespace": rig.namespace(), "postBuild": {"substitute": {"n": "3"}}}),
    )
    .await?;
    rig.ready("app", &revision).await?;
    let labels = rig.get("v1", "ConfigMap", "app").await?.unwrap()["metadata"]["labels"].clone();
    assert_eq!((&labels["n"], &labels["other"]), (&json!("3"), &json!("x")), "{labels}");
    Ok(())
}
