//! What the API server refuses: kinds, fields, rights, quotas, policies, webhooks, other clusters.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use testkit::wait::{Look, until};

use super::bench::Bench;
use super::fault::{Fault, config_map, deployment};

/// A ConfigMap with a label, by which a policy or webhook knows it.
fn labelled(name: &str, label: &str) -> Value {
    let mut map = config_map(name);
    map["metadata"]["labels"] = json!({ "fault": label });
    map
}

/// A policy that refuses the ConfigMaps of a label.
fn policy(name: &str, label: &str, operations: &[&str], object: &str) -> [Value; 2] {
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": { "name": name },
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": { "resourceRules": [{ "apiGroups": [""], "apiVersions": ["v1"], "operations": operations,
                "resources": ["configmaps"] }] },
            "matchConditions": [{ "name": "label", "expression":
                format!("has({object}.metadata.labels) && 'fault' in {object}.metadata.labels && {object}.metadata.labels['fault'] == '{label}'") }],
            "validations": [{ "expression": "false", "message": "only the platform team may do that" }],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": { "name": name },
        "spec": { "policyName": name, "validationActions": ["Deny"], "matchResources": { "namespaceSelector": {
            "matchLabels": { "kubernetes.io/metadata.name": "NS" } } } },
    });
    [policy, binding]
}

fn by_policy() -> Fault {
    let [policy, binding] = policy("NS-tiers", "denied", &["CREATE", "UPDATE"], "object");
    Fault::new("denied").object_of(&labelled("denied", "denied")).beside(policy).beside(binding).says(
        &["ConfigMap/NS/denied"],
        &["NS-tiers", "only the platform team may do that"],
        &["policy"],
    )
}

fn by_webhook() -> Fault {
    let webhook = json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
        "metadata": { "name": "NS-guard" },
        "webhooks": [{ "name": "guard.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 2, "failurePolicy": "Fail",
            "clientConfig": { "service": { "namespace": "NS", "name": "guard", "path": "/" } },
            "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "NS" } },
            "objectSelector": { "matchLabels": { "fault": "guarded" } },
            "rules": [{ "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"] }] }],
    });
    Fault::new("guarded").object_of(&labelled("guarded", "guarded")).beside(webhook).says(
        &["ConfigMap/NS/guarded", "guard.example.com"],
        &["webhook"],
        &["Service", "endpoints"],
    )
}

fn quota() -> Fault {
    let limits = json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "few", "namespace": "Q" },
        "spec": { "hard": { "count/configmaps": "0" } } });
    Fault::new("too-many")
        .object_of(&config_map("one-more"))
        .with(json!({ "targetNamespace": "Q" }))
        .beside(limits)
        .says(&["ConfigMap/Q/one-more"], &["quota", "few"], &["quota"])
}

/// A Deployment that is there with another selector, which cannot be changed.
fn immutable() -> Fault {
    let mut there = deployment("fixed", &json!({}));
    there["spec"]["selector"]["matchLabels"]["app"] = "before".into();
    there["spec"]["template"]["metadata"]["labels"]["app"] = "before".into();
    Fault::new("fixed").object_of(&deployment("fixed", &json!({}))).beside(there).says(
        &["Deployment/NS/fixed"],
        &["immutable", "spec.selector"],
        &["force", "recreate"],
    )
}

fn unschematic() -> Fault {
    let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "loud" },
        "spec": { "selector": { "app": "loud" }, "ports": [{ "port": 99999 }] } });
    Fault::new("loud").object_of(&service).says(&["Service/NS/loud"], &["port", "65535"], &["correct"])
}

fn unknown_field() -> Fault {
    let source = json!({ "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": { "name": "odd" },
        "spec": { "url": "GIT/app", "interval": "1h", "color": "red" } });
    Fault::new("odd").object_of(&source).says(
        &["GitRepository/NS/odd"],
        &["spec.color"],
        &["remove", "correct"],
    )
}

fn unreachable() -> Fault {
    let kubeconfig = json!({ "apiVersion": "v1", "kind": "Config", "current-context": "far",
        "contexts": [{ "name": "far", "context": { "cluster": "far", "user": "far" } }],
        "clusters": [{ "name": "far", "cluster": { "server": "https://CLOSED" } }],
        "users": [{ "name": "far", "user": { "token": "t0ken-of-nobody" } }] });
    let secret = json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "far" },
        "stringData": { "value": kubeconfig.to_string() } });
    Fault::new("far")
        .object_of(&config_map("far"))
        .with(json!({ "kubeConfig": { "secretRef": { "name": "far" } } }))
        .beside(secret)
        .says(&["CLOSED"], &["refused"], &["kubeConfig", "cluster"])
}

/// Waits until a policy refuses: it is in force a moment after it is there.
async fn in_force<R>(bench: &Bench, refuses: impl Fn() -> R) -> Result<()>
where
    R: Future<Output = Result<bool>>,
{
    let what = format!("the policy of {}", bench.ns.name());
    until(&what, Duration::from_secs(30), || async {
        Ok(if refuses().await? { Look::Found(()) } else { Look::Not("it is not in force".to_owned()) })
    })
    .await
}

fn faults() -> Vec<Fault> {
    let mut homeless = config_map("homeless");
    homeless["metadata"]["namespace"] = "NS-nowhere".into();
    let gadget =
        json!({ "apiVersion": "gadgets.example.com/v1", "kind": "Gadget", "metadata": { "name": "one" } });
    vec![
        Fault::new("homeless").object_of(&homeless).with(json!({ "targetNamespace": null })).says(
            &["ConfigMap/NS-nowhere/homeless"],
            &["namespace", "not found"],
            &["create", "add the Namespace"],
        ),
        Fault::new("gadgets").object_of(&gadget).says(
            &["Gadget", "one"],
            &["no matches for kind"],
            &["CRD", "CustomResourceDefinition"],
        ),
        immutable(),
        quota(),
        by_policy(),
        by_webhook(),
        Fault::new("powerless")
            .object_of(&config_map("powerless"))
            .with(json!({ "serviceAccountName": "powerless" }))
            .beside(
                json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "powerless" } }),
            )
            .says(&["powerless", "configmaps"], &["forbidden"], &["Role"]),
        unschematic(),
        unknown_field(),
        Fault::new("no-kubeconfig")
            .object_of(&config_map("none"))
            .with(json!({ "kubeConfig": { "secretRef": { "name": "nowhere" } } }))
            .says(&["nowhere"], &["not found"], &["create", "spec.kubeConfig"]),
        unreachable(),
    ]
}

#[tokio::test]
async fn what_the_api_server_refuses() -> Result<()> {
    let bench = Bench::start("explain-refused").await?;
    let faults = faults();
    for object in faults.iter().filter(|fault| fault.name == "denied").flat_map(|fault| &fault.beside) {
        bench.apply(object).await?;
    }
    in_force(&bench, || async {
        let maps = bench.ns.api("v1", "ConfigMap").await?;
        let dry_run = kube::api::PatchParams { dry_run: true, ..kube::api::PatchParams::apply("probe") };
        Ok(maps
            .patch("probe", &dry_run, &kube::api::Patch::Apply(labelled("probe", "denied")))
            .await
            .is_err())
    })
    .await?;
    bench.inject(&faults).await?;
    let told = bench.told(&faults).await;
    for (kind, name) in [
        ("ValidatingAdmissionPolicyBinding", "NS-tiers"),
        ("ValidatingAdmissionPolicy", "NS-tiers"),
        ("ValidatingWebhookConfiguration", "NS-guard"),
    ] {
        bench.ns.delete("admissionregistration.k8s.io/v1", kind, &bench.fill(name)).await?;
    }
    told
}

#[tokio::test]
async fn a_deletion_that_a_policy_refuses() -> Result<()> {
    let bench = Bench::start("explain-kept").await?;
    let fault = Fault::new("kept")
        .object_of(&labelled("kept", "kept"))
        .file("b.yaml", config_map("stays").to_string())
        .says(&["ConfigMap/NS/kept"], &["only the platform team may do that"], &["policy"]);
    bench.inject(std::slice::from_ref(&fault)).await?;
    bench.ns.wait_ready(super::bench::KUSTOMIZATIONS, "Kustomization", "kept", "True").await?;
    let objects = policy("NS-kept", "kept", &["DELETE"], "oldObject");
    for object in &objects {
        bench.apply(object).await?;
    }
    in_force(&bench, || async {
        let probe = kube::api::DeleteParams { dry_run: true, ..kube::api::DeleteParams::default() };
        Ok(bench.ns.api("v1", "ConfigMap").await?.delete("kept", &probe).await.is_err())
    })
    .await?;
    bench.repository.remove("main", "without", &["kept/object.yaml"])?;
    bench.push(vec![("kept/more.yaml".to_owned(), config_map("more").to_string())]).await?;
    let told = bench.told(std::slice::from_ref(&fault)).await;
    for object in objects.iter().rev() {
        let kind = object["kind"].as_str().unwrap_or_default();
        bench.ns.delete("admissionregistration.k8s.io/v1", kind, &bench.fill("NS-kept")).await?;
    }
    told
}
