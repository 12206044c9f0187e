//! Admission that refuses, is down, or changes what is applied.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use testkit::wait::{Look, until};

use super::rig::{LIMIT, Rig, condition, config_map, config_maps, inventory};

const ADMISSION: &str = "admissionregistration.k8s.io/v1";

/// Objects of admission, which belong to the cluster: they go with the value.
struct Admission<'a> {
    rig: &'a Rig,
    kinds: Vec<&'static str>,
}

impl<'a> Admission<'a> {
    async fn apply(rig: &'a Rig, objects: Vec<(&'static str, Value)>) -> Result<Self> {
        let mut kinds = Vec::new();
        for (kind, mut object) in objects {
            object["apiVersion"] = json!(ADMISSION);
            object["kind"] = json!(kind);
            object["metadata"]["name"] = json!(rig.namespace());
            rig.ns.apply_value(object).await?;
            kinds.push(kind);
        }
        Ok(Self { rig, kinds })
    }

    async fn end(self) -> Result<()> {
        for kind in self.kinds.iter().rev() {
            self.rig.ns.delete(ADMISSION, kind, self.rig.namespace()).await?;
        }
        Ok(())
    }
}

fn here(rig: &Rig) -> Value {
    json!({"matchLabels": {"kubernetes.io/metadata.name": rig.namespace()}})
}

fn config_map_rules() -> Value {
    json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}])
}

/// Waits until somebody else's ConfigMap is refused (or, with `false`, taken): admission takes effect a moment after it
/// was stored.
async fn effective(rig: &Rig, refused: bool) -> Result<String> {
    let probe = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "probe", "namespace": rig.namespace()}, "data": {"key": "forbidden"},
    });
    until("admission is as it was asked for", LIMIT, || async {
        Ok(match rig.create_as("somebody", probe.clone()).await {
            Ok(()) => {
                rig.delete("v1", "ConfigMap", "probe").await?;
                if refused { Look::Not("taken".to_owned()) } else { Look::Found(String::new()) }
            }
            Err(error) if refused => Look::Found(format!("{error:#}")),
            Err(error) => Look::Not(format!("{error:#}")),
        })
    })
    .await
}

fn ready_message(state: &Value) -> &str {
    condition(state, "Ready")["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn an_object_that_is_refused_for_ever_is_named_and_asked_about_no_more_than_due() -> Result<()> {
    let rig = Rig::start("admission-deny").await?;
    let ns = rig.namespace();
    let first = rig.publish(&config_maps(ns, &["a", "b", "c"], "fine")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &first).await?;
    let policy = json!({"spec": {
        "matchConstraints": {"resourceRules": config_map_rules()},
        "validations": [{"expression": "!has(object.data) || object.data['key'] != 'forbidden'", "message": "no such value"}],
    }});
    let binding = json!({"spec": {
        "policyName": ns, "validationActions": ["Deny"], "matchResources": {"namespaceSelector": here(&rig)},
    }});
    let kinds = vec![("ValidatingAdmissionPolicy", policy), ("ValidatingAdmissionPolicyBinding", binding)];
    let admission = Admission::apply(&rig, kinds).await?;
    effective(&rig, true).await?;

    let files = format!(
        "{}-- b.yaml --\n{}",
        config_maps(ns, &["a", "c", "d"], "new"),
        config_map(ns, "b", "forbidden")
    );
    let second = rig.publish(&files).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    let message = ready_message(&state).to_owned();
    assert!(message.starts_with(&format!("ConfigMap/{ns}/b dry-run failed")), "{message}");
    assert!(message.contains("no such value") && message.contains(ns), "policy and words: {message}");
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["a", "b", "c"], "nothing of the stage is applied");
    assert_eq!(inventory(&state).len(), 3);
    // Not before the next run is due, or asked for.
    let mark = rig.mark()?;
    rig.patch_as("kubectl-edit", "v1", "ConfigMap", "a", json!({"data": {"key": "edited"}})).await?;
    rig.until_object(("v1", "ConfigMap", "a"), "is healed", |map| map["data"]["key"] == "fine").await?;
    let asked =
        rig.requests(&mark).await?.filter(|request| request.resource == "configmaps" && request.name == "b");
    assert!(asked.is_empty(), "{asked}");

    admission.end().await?;
    effective(&rig, false).await?;
    rig.run("app").await?;
    rig.ready("app", &second).await?;
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_is_down_is_named_and_recovered_from() -> Result<()> {
    let rig = Rig::start("admission-down").await?;
    let ns = rig.namespace();
    let first = rig.publish(&config_maps(ns, &["a"], "1")).await?;
    let spec = json!({"retryInterval": "2s"});
    rig.kustomization("app", spec).await?;
    rig.ready("app", &first).await?;
    let nobody = format!("https://127.0.0.1:{}/", testkit::ports::free()?);
    let webhook = json!({"webhooks": [{
        "name": "nobody.faults.flyball.dev", "clientConfig": {"url": nobody}, "rules": config_map_rules(),
        "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail", "timeoutSeconds": 1,
        "namespaceSelector": here(&rig),
    }]});
    let admission = Admission::apply(&rig, vec![("ValidatingWebhookConfiguration", webhook)]).await?;
    effective(&rig, true).await?;
    let second = rig.publish(&config_maps(ns, &["a", "b"], "2")).await?;
    let state = rig.failed("app", "ReconciliationFailed").await?;
    assert!(ready_message(&state).contains("nobody.faults.flyball.dev"), "{state}");
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["a"]);
    admission.end().await?;
    rig.ready("app", &second).await?;
    assert_eq!(rig.owned("v1", "ConfigMap").await?, ["a", "b"]);
    Ok(())
}

#[tokio::test]
async fn what_admission_changes_is_applied_once_and_not_fought_over() -> Result<()> {
    let rig = Rig::start("admission-mutate").await?;
    let ns = rig.namespace();
    let policy = json!({"spec": {
        "matchConstraints": {"resourceRules": config_map_rules()},
        "reinvocationPolicy": "Never", "failurePolicy": "Fail",
        "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {
            "expression": "Object{data: {\"key\": \"mutated\", \"added\": \"by admission\"}}",
        }}],
    }});
    let binding = json!({"spec": {"policyName": ns, "matchResources": {"namespaceSelector": here(&rig)}}});
    let kinds = vec![("MutatingAdmissionPolicy", policy), ("MutatingAdmissionPolicyBinding", binding)];
    let admission = Admission::apply(&rig, kinds).await?;
    let probe = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe", "namespace": ns}, "data": {"key": "1"},
    });
    until("the policy changes objects", LIMIT, || async {
        rig.create_as("somebody", probe.clone()).await?;
        let made = rig.get("v1", "ConfigMap", "probe").await?.unwrap_or_default();
        rig.delete("v1", "ConfigMap", "probe").await?;
        Ok(if made["data"]["added"] == "by admission" {
            Look::Found(())
        } else {
            Look::Not(made.to_string())
        })
    })
    .await?;

    let revision = rig.publish(&config_maps(ns, &["a", "b"], "declared")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    let versions = |rig: &Rig| {
        let client = rig.ns.objects_in(rig.namespace());
        async move {
            let mut versions = Vec::new();
            for name in ["a", "b"] {
                let map = client.get("v1", "ConfigMap", name).await?.unwrap_or_default();
                assert_eq!(map["data"]["key"], "mutated");
                versions.push(map["metadata"]["resourceVersion"].clone());
            }
            anyhow::Ok(versions)
        }
    };
    let before = versions(&rig).await?;
    for _ in 0..3 {
        rig.run("app").await?;
        rig.ready("app", &revision).await?;
    }
    let full = json!({"metadata": {"annotations": {"flyball.dev/fullPassAt": "now"}}});
    rig.patch_as("test", "kustomize.toolkit.fluxcd.io/v1", "Kustomization", "app", full).await?;
    rig.run("app").await?;
    rig.ready("app", &revision).await?;
    // A heal would have come by now: one of another object is awaited, which the same watch tells of later.
    rig.delete("v1", "ConfigMap", "b").await?;
    rig.until_object(("v1", "ConfigMap", "b"), "is back", |map| !map.is_null()).await?;
    let after = rig.get("v1", "ConfigMap", "a").await?.unwrap_or_default();
    assert_eq!(after["metadata"]["resourceVersion"], before[0], "written again and again");
    admission.end().await?;
    tokio::time::timeout(Duration::from_secs(60), effective(&rig, false)).await??;
    Ok(())
}
