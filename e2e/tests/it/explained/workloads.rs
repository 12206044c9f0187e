//! What is applied and does not work: images, crashes, probes, scheduling, claims, Jobs, children, Services.

use anyhow::Result;
use serde_json::{Value, json};

use super::bench::{Bench, SOURCES};
use super::fault::{Fault, config_map, deployment};

fn fate(name: &str) -> Value {
    json!({ "test.flyball.dev/fate": name })
}

/// A Deployment that only a node with a label that none has would take.
fn homeless() -> Value {
    let mut object = deployment("homeless", &json!({}));
    object["spec"]["template"]["spec"]["nodeSelector"] = json!({ "disk": "nvme" });
    object
}

fn without_account() -> Value {
    let mut object = deployment("anonymous", &json!({}));
    object["spec"]["template"]["spec"]["serviceAccountName"] = "web-account".into();
    object
}

fn job() -> Value {
    json!({ "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": "migrate" }, "spec": { "backoffLimit": 0,
        "template": { "metadata": { "annotations": { "test.flyball.dev/fate": "Failed", "test.flyball.dev/exit-code": "3" } },
            "spec": { "restartPolicy": "Never", "containers": [{ "name": "migrate", "image": "example.com/migrate:1" }] } } } })
}

fn claim() -> Value {
    json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "storage" }, "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "gold", "resources": { "requests": { "storage": "1Gi" } } } })
}

fn faults() -> Vec<Fault> {
    let crash = json!({ "test.flyball.dev/fate": "CrashLoopBackOff", "test.flyball.dev/exit-code": "42" });
    let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "front" },
        "spec": { "selector": { "app": "frontend" }, "ports": [{ "port": 80 }] } });
    let child = json!({ "apiVersion": SOURCES, "kind": "GitRepository", "metadata": { "name": "child" },
        "spec": { "url": "http://CLOSED/child.git", "interval": "1h", "timeout": "20s" } });
    let quota = json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "no-pods", "namespace": "Q" },
        "spec": { "hard": { "pods": "0" } } });
    vec![
        Fault::new("bad-image").object_of(&deployment("pulls", &fate("ImagePullBackOff"))).says(
            &["Deployment/NS/pulls", "registry.example.com/shop/web:1.2.3"],
            &["pull"],
            &["image"],
        ),
        Fault::new("crash").object_of(&deployment("crashes", &crash)).says(
            &["Deployment/NS/crashes"],
            &["crash", "exit code 42"],
            &["logs", "log of"],
        ),
        Fault::new("unready").object_of(&deployment("unready", &fate("NeverReady"))).says(
            &["Deployment/NS/unready"],
            &["not ready"],
            &["probe"],
        ),
        Fault::new("homeless").object_of(&homeless()).says(
            &["Deployment/NS/homeless"],
            &["scheduled", "node"],
            &["node selector", "nodeSelector"],
        ),
        Fault::new("anonymous").object_of(&without_account()).says(
            &["Deployment/NS/anonymous", "web-account"],
            &["not found"],
            &["ServiceAccount"],
        ),
        Fault::new("no-room")
            .object_of(&deployment("crowded", &json!({})))
            .with(json!({ "targetNamespace": "Q" }))
            .beside(quota)
            .says(&["Deployment/Q/crowded", "no-pods"], &["quota"], &["quota"]),
        Fault::new("migration").object_of(&job()).with(json!({ "wait": true })).says(
            &["Job/NS/migrate"],
            &["exit code 3"],
            &["log"],
        ),
        Fault::new("claim").object_of(&claim()).says(
            &["PersistentVolumeClaim/NS/storage", "gold"],
            &["does not exist"],
            &["StorageClass"],
        ),
        Fault::new("selects-nothing").object_of(&service).says(
            &["Service/NS/front"],
            &["app=frontend"],
            &["selector"],
        ),
        Fault::new("child").object_of(&child).says(
            &["GitRepository/NS/child"],
            &["refused"],
            &["explain", "spec.url"],
        ),
        Fault::new("too-late")
            .object_of(&deployment("slow", &fate("NeverReady")))
            .file("b.yaml", config_map("fast").to_string())
            .with(json!({ "wait": true, "timeout": "5s" }))
            .says(&["Deployment/NS/slow"], &["not ready"], &["probe"]),
    ]
}

#[tokio::test]
async fn what_is_applied_and_does_not_work() -> Result<()> {
    let bench = Bench::start("explain-works").await?;
    let faults = faults();
    bench.inject(&faults).await?;
    bench.told(&faults).await
}
