//! The control plane and the kit themselves: what all other tests stand on.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::cluster::{ControlPlane, TestNamespace};
use testkit::wait::{Look, until};

const SOON: Duration = Duration::from_secs(30);

async fn namespace() -> Result<TestNamespace> {
    ControlPlane::shared().await?.namespace("smoke").await
}

/// A Deployment, or a Job, of one container; `template` is merged into the Pod template.
fn workload(api_version: &str, kind: &str, name: &str, spec: &Value, template: &Value) -> Value {
    let mut pod = json!({
        "metadata": { "labels": { "app": name }, "annotations": template["annotations"] },
        "spec": { "containers": [{ "name": "main", "image": "example.com/app:1" }] },
    });
    if let Some(requests) = template.get("requests") {
        pod["spec"]["containers"][0]["resources"] = json!({ "requests": requests });
    }
    if kind == "Job" {
        pod["spec"]["restartPolicy"] = json!("Never");
    }
    let mut spec = spec.clone();
    if kind == "Deployment" {
        spec["selector"] = json!({ "matchLabels": { "app": name } });
    }
    spec["template"] = pod;
    json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": name }, "spec": spec })
}

fn deployment(name: &str, template: &Value) -> Value {
    workload("apps/v1", "Deployment", name, &json!({ "replicas": 1 }), template)
}

fn fate(fate: &str) -> Value {
    json!({ "annotations": { "test.flyball.dev/fate": fate } })
}

/// The first Pod of a workload that satisfies `wanted`.
async fn pod(ns: &TestNamespace, app: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    until(&format!("a Pod of {app}: {what}"), SOON, || async {
        let pods = ns.list("v1", "Pod", &format!("app={app}")).await?;
        let seen: Vec<&Value> = pods.iter().map(|pod| &pod["status"]).collect();
        let seen = format!("{seen:?}");
        Ok(pods.into_iter().find(|pod| wanted(pod)).map_or(Look::Not(seen), Look::Found))
    })
    .await
}

#[tokio::test]
async fn server_side_apply_of_an_object() -> Result<()> {
    let ns = namespace().await?;
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: value}\n";
    let applied = ns.apply(yaml).await?;
    assert_eq!(applied[0]["data"]["key"], "value");
    let manager = &applied[0]["metadata"]["managedFields"][0];
    assert_eq!((&manager["manager"], &manager["operation"]), (&json!("testkit"), &json!("Apply")));
    let again = ns.apply(yaml).await?;
    assert_eq!(again[0]["metadata"]["resourceVersion"], applied[0]["metadata"]["resourceVersion"]);
    Ok(())
}

#[tokio::test]
async fn a_deployment_becomes_available() -> Result<()> {
    let ns = namespace().await?;
    ns.apply_value(workload("apps/v1", "Deployment", "web", &json!({ "replicas": 2 }), &json!({}))).await?;
    let web = ns.wait_condition("apps/v1", "Deployment", "web", ("Available", "True"), SOON).await?;
    assert_eq!(web["spec"]["replicas"], 2);
    ns.wait_for("apps/v1", "Deployment", "web", SOON, |web| web["status"]["readyReplicas"] == 2).await?;
    ns.delete("apps/v1", "Deployment", "web").await?;
    until("the Pods are gone", SOON, || async {
        let pods = ns.list("v1", "Pod", "app=web").await?;
        Ok(if pods.is_empty() { Look::Found(()) } else { Look::Not(format!("{} Pods", pods.len())) })
    })
    .await
}

#[tokio::test]
async fn pods_meet_their_fates() -> Result<()> {
    let ns = namespace().await?;
    ns.apply_value(deployment("pull", &fate("ImagePullBackOff"))).await?;
    let mut crash = fate("CrashLoopBackOff");
    crash["annotations"]["test.flyball.dev/exit-code"] = json!("42");
    ns.apply_value(deployment("crash", &crash)).await?;
    ns.apply_value(deployment("unready", &fate("NeverReady"))).await?;
    ns.apply_value(deployment("evicted", &fate("Evicted"))).await?;

    let waiting = |pod: &Value| pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"].clone();
    pod(&ns, "pull", "waits for its image", |pod| waiting(pod) == "ImagePullBackOff").await?;
    let crash = pod(&ns, "crash", "crashes", |pod| waiting(pod) == "CrashLoopBackOff").await?;
    let status = &crash["status"]["containerStatuses"][0];
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 42);
    assert_eq!(status["restartCount"], 3);
    let ready = |pod: &Value| {
        let conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
        conditions.iter().find(|condition| condition["type"] == "Ready").map(|ready| ready["status"].clone())
    };
    pod(&ns, "unready", "runs and is not ready", |pod| {
        pod["status"]["phase"] == "Running" && ready(pod) == Some(json!("False"))
    })
    .await?;
    pod(&ns, "evicted", "is evicted", |pod| {
        pod["status"]["phase"] == "Failed" && pod["status"]["reason"] == "Evicted"
    })
    .await?;
    ns.delete("apps/v1", "Deployment", "evicted").await
}

#[tokio::test]
async fn the_scheduler_says_why() -> Result<()> {
    let ns = namespace().await?;
    ns.apply_value(deployment("huge", &json!({ "requests": { "cpu": "5000" } }))).await?;
    let huge = pod(&ns, "huge", "is unschedulable", |pod| {
        pod["status"]["conditions"][0]["reason"] == "Unschedulable"
    })
    .await?;
    let message = huge["status"]["conditions"][0]["message"].as_str().context("a message")?;
    assert!(message.contains("Insufficient cpu"), "{message}");
    Ok(())
}

#[tokio::test]
async fn jobs_succeed_or_fail() -> Result<()> {
    let ns = namespace().await?;
    ns.apply_value(workload("batch/v1", "Job", "good", &json!({}), &json!({}))).await?;
    ns.apply_value(workload("batch/v1", "Job", "bad", &json!({ "backoffLimit": 0 }), &fate("Failed")))
        .await?;
    ns.wait_condition("batch/v1", "Job", "good", ("Complete", "True"), SOON).await?;
    let bad = ns.wait_condition("batch/v1", "Job", "bad", ("Failed", "True"), SOON).await?;
    assert_eq!(bad["status"]["failed"], 1);
    Ok(())
}

#[tokio::test]
async fn admission_policies_deny() -> Result<()> {
    let ns = namespace().await?;
    let name = ns.name();
    ns.apply(&format!(
        r#"
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  matchConstraints:
    resourceRules:
    - {{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}}
  validations:
  - {{expression: "!has(object.data) || !('forbidden' in object.data)", message: "no forbidden keys"}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {name}}}
spec:
  policyName: {name}
  validationActions: [Deny]
  matchResources: {{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}}}
"#
    ))
    .await?;
    // The policy takes effect a moment after it was stored.
    let refusal = until("the policy denies", SOON, || async {
        let bad = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndata: {forbidden: x}\n";
        Ok(match ns.apply(bad).await {
            Ok(_) => Look::Not("accepted".to_owned()),
            Err(error) => Look::Found(format!("{error:#}")),
        })
    })
    .await?;
    assert!(refusal.contains("no forbidden keys"), "{refusal}");
    ns.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\ndata: {allowed: x}\n").await?;
    ns.delete("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", name).await?;
    ns.delete("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", name).await
}

#[tokio::test]
async fn requests_are_counted_by_identity() -> Result<()> {
    use futures::StreamExt as _;
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::api::{Api, ListParams, PostParams, WatchParams};

    let ns = namespace().await?;
    let log = ns.plane().requests()?;
    let mark = log.mark()?;
    let identity = ns.service_account("kustomize-controller").await?;
    let client = identity.client().await?;
    let maps: Api<ConfigMap> = Api::namespaced(client, ns.name());
    let made = serde_json::from_value(json!({ "metadata": { "name": "a" } }))?;
    maps.create(&PostParams { dry_run: true, ..PostParams::default() }, &made).await?;
    maps.create(&PostParams::default(), &made).await?;
    maps.list(&ListParams::default()).await?;
    let watch = maps.watch(&WatchParams::default().timeout(60), "0").await?;
    let mut watch = std::pin::pin!(watch);
    watch.next().await.context("the watch's first event")??;
    assert!(maps.get("absent").await.is_err());

    let sent = log.since(&mark, identity.user()).await?;
    assert_eq!(sent.counted().len(), 5, "the open watch counts, once:\n{sent}");
    assert_eq!(sent.without_watches().len(), 4, "{sent}");
    assert_eq!(sent.count("create", "configmaps"), 2, "{sent}");
    assert_eq!(sent.filter(|request| request.is_dry_run()).len(), 1, "{sent}");
    assert_eq!(sent.filter(|request| request.code == 404).len(), 1, "{sent}");
    let admin = log.since(&mark, "admin").await?;
    assert_eq!(admin.filter(|request| request.namespace == ns.name()).count("create", "configmaps"), 0);
    Ok(())
}

#[tokio::test]
async fn rights_are_those_of_the_chart() -> Result<()> {
    use k8s_openapi::api::core::v1::{ConfigMap, Secret};
    use kube::api::{Api, ListParams, PostParams};

    let ns = namespace().await?;
    let health = ns.service_account("health-controller").await?.client().await?;
    let secrets: Api<Secret> = Api::namespaced(health.clone(), ns.name());
    let refused = secrets.list(&ListParams::default()).await.err().context("Secrets are not its to read")?;
    assert!(refused.to_string().contains("secrets is forbidden"), "{refused}");
    let maps: Api<ConfigMap> = Api::namespaced(health, ns.name());
    // The binding takes effect a moment after it was stored.
    until("health-controller reads ConfigMaps", SOON, || async {
        Ok(match maps.list(&ListParams::default()).await {
            Ok(_) => Look::Found(()),
            Err(error) => Look::Not(error.to_string()),
        })
    })
    .await?;
    let made = serde_json::from_value(json!({ "metadata": { "name": "a" } }))?;
    assert!(maps.create(&PostParams::default(), &made).await.is_err(), "it writes nothing but reports");

    let nobody = ns.service_account("nobody").await?.client().await?;
    let maps: Api<ConfigMap> = Api::namespaced(nobody, ns.name());
    assert!(maps.list(&ListParams::default()).await.is_err());
    Ok(())
}

#[tokio::test]
async fn processes_end_with_their_handle() -> Result<()> {
    use testkit::process::Launch;

    let ns = namespace().await?;
    let log = ns.folder().join("sleep.log");
    let launch = Launch::new("sleep", "/bin/sh".as_ref(), &log).args(["-c", "echo started; exec sleep 600"]);
    let process = launch.start().await?;
    let pid = process.pid();
    until("its output is there", SOON, || async {
        let log = process.log()?;
        Ok(if log.contains("started") { Look::Found(()) } else { Look::Not(log) })
    })
    .await?;
    assert!(process.rss()? > 0);
    assert_eq!(process.kill().await?.signal, "killed");

    let process = launch.start().await?;
    assert_ne!(process.pid(), pid);
    let pid = process.pid();
    drop(process);
    until("it is gone", SOON, || async {
        let exists = std::path::Path::new(&format!("/proc/{pid}")).exists();
        Ok(if exists { Look::Not("still there".to_owned()) } else { Look::Found(()) })
    })
    .await
}
