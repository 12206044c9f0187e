//! A false alarm counts as much as a miss: what is well, and what is on its way, is no blocker.

use anyhow::Result;
use serde_json::json;

use super::bench::{Bench, KUSTOMIZATIONS};
use super::fault::{Fault, config_map, deployment};

#[tokio::test]
async fn what_is_well_has_no_blocker_however_often_it_is_rolled_out() -> Result<()> {
    let bench = Bench::start("explain-well").await?;
    let service = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" },
        "spec": { "selector": { "app": "web" }, "ports": [{ "port": 80 }] } });
    let external = json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "outside" },
        "spec": { "type": "ExternalName", "externalName": "example.com" } });
    let asleep = {
        let mut object = deployment("asleep", &json!({}));
        object["spec"]["replicas"] = 0.into();
        object
    };
    let cron = json!({ "apiVersion": "batch/v1", "kind": "CronJob", "metadata": { "name": "nightly" }, "spec": {
        "schedule": "0 3 * * *", "suspend": true, "jobTemplate": { "spec": { "template": { "spec": {
            "restartPolicy": "Never", "containers": [{ "name": "job", "image": "example.com/job:1" }] } } } } } });
    let web = |version: u8| deployment("web", &json!({ "version": version.to_string() })).to_string();
    let fleet = Fault::new("fleet")
        .file("web.yaml", web(0))
        .file("service.yaml", service.to_string())
        .file("outside.yaml", external.to_string())
        .file("asleep.yaml", asleep.to_string())
        .file("cron.yaml", cron.to_string())
        .file("map.yaml", config_map("settings").to_string());
    bench.inject(&[fleet]).await?;
    for version in 1..=3 {
        bench.ns.wait_ready(KUSTOMIZATIONS, "Kustomization", "fleet", "True").await?;
        bench.push(vec![("fleet/web.yaml".to_owned(), web(version))]).await?;
        let revision = bench.repository.resolve("main")?;
        let wanted = format!("main@sha1:{revision}");
        let applied = |found: &serde_json::Value| found["status"]["lastAppliedRevision"] == wanted.as_str();
        bench
            .ns
            .wait_for(KUSTOMIZATIONS, "Kustomization", "fleet", std::time::Duration::from_secs(40), applied)
            .await?;
    }
    testkit::wait::until("all is said to be well", std::time::Duration::from_secs(90), || async {
        let (code, text) = bench.explain("kustomization/fleet")?;
        Ok(if code == 0 { testkit::wait::Look::Found(()) } else { testkit::wait::Look::Not(text) })
    })
    .await
}
