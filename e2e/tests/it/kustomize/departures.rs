//! Objects that Kubernetes' own controllers remove as they are meant to: no drift, made again by the next run that is
//! due.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::cluster::Mark;

use super::rig::{Rig, config_map};

const WITNESS: (&str, &str, &str) = ("v1", "ConfigMap", "witness");

fn job(ns: &str, spec: &str) -> String {
    format!(
        "-- job.yaml --\napiVersion: batch/v1\nkind: Job\nmetadata: {{name: migrate, namespace: {ns}}}\nspec:\n  {spec}\n  template:\n    \
         spec:\n      restartPolicy: Never\n      containers:\n      - {{name: c, image: 'example.com/c:1'}}\n-- witness.yaml --\n{}",
        config_map(ns, "witness", "declared")
    )
}

/// How often the controller has really applied an object since.
async fn applies(rig: &Rig, mark: &Mark, resource: &str, name: &str) -> Result<usize> {
    let requests = rig.requests(mark).await?;
    Ok(requests
        .filter(|r| r.resource == resource && r.name == name && r.verb == "patch" && !r.is_dry_run())
        .len())
}

/// Another object is healed twice: by then word of what happened before has been acted on, as far as the heal lane goes.
async fn heal_the_witness(rig: &Rig) -> Result<()> {
    for round in ["one", "two"] {
        rig.patch_as("kubectl-edit", "v1", "ConfigMap", "witness", json!({"data": {"key": round}})).await?;
        rig.until_object(WITNESS, "is healed", |map| map["data"]["key"] == "declared").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_finished_job_that_its_ttl_removed_runs_again_at_the_next_run_only() -> Result<()> {
    let rig = Rig::start("job-ttl").await?;
    let mark = rig.mark()?;
    let revision = rig.publish(&job(rig.namespace(), "ttlSecondsAfterFinished: 1")).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    rig.until_object(("batch/v1", "Job", "migrate"), "is gone", Value::is_null).await?;
    heal_the_witness(&rig).await?;
    assert!(rig.get("batch/v1", "Job", "migrate").await?.is_none(), "the heal lane made it again");
    assert_eq!(applies(&rig, &mark, "jobs", "migrate").await?, 1);
    let events = rig.events("app").await?;
    assert!(!events.iter().any(|(reason, _, _)| reason == "DriftFight"), "{events:?}");

    rig.run("app").await?;
    rig.ready("app", &revision).await?;
    assert_eq!(applies(&rig, &mark, "jobs", "migrate").await?, 2, "as Flux does at the interval");
    Ok(())
}

#[tokio::test]
async fn an_unfinished_job_that_somebody_deletes_is_drift() -> Result<()> {
    let rig = Rig::start("job-deleted").await?;
    let spec = "suspend: true\n  ttlSecondsAfterFinished: 1";
    let revision = rig.publish(&job(rig.namespace(), spec)).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    // The watch is up: it tells of the Job as not finished.
    heal_the_witness(&rig).await?;
    let before = rig.get("batch/v1", "Job", "migrate").await?.unwrap();
    rig.delete("batch/v1", "Job", "migrate").await?;
    rig.until_object(("batch/v1", "Job", "migrate"), "is back", |job| {
        !job.is_null() && job["metadata"]["uid"] != before["metadata"]["uid"]
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_completed_bare_pod_that_was_cleaned_up_stays_away_until_the_next_run() -> Result<()> {
    let rig = Rig::start("pod-ended").await?;
    let ns = rig.namespace();
    let files = format!(
        "-- pod.yaml --\napiVersion: v1\nkind: Pod\nmetadata:\n  name: once\n  namespace: {ns}\n  annotations: {{test.flyball.dev/fate: Succeeded}}\nspec:\n  \
         restartPolicy: Never\n  containers:\n  - {{name: c, image: 'example.com/c:1'}}\n-- witness.yaml --\n{}",
        config_map(ns, "witness", "declared")
    );
    let mark = rig.mark()?;
    let revision = rig.publish(&files).await?;
    rig.kustomization("app", json!({})).await?;
    rig.ready("app", &revision).await?;
    rig.until_object(("v1", "Pod", "once"), "ends", |pod| pod["status"]["phase"] == "Succeeded").await?;
    heal_the_witness(&rig).await?;
    // As the Pod garbage collector does.
    rig.delete("v1", "Pod", "once").await?;
    rig.until_object(("v1", "Pod", "once"), "is gone", Value::is_null).await?;
    heal_the_witness(&rig).await?;
    assert_eq!(applies(&rig, &mark, "pods", "once").await?, 1);
    rig.run("app").await?;
    assert_eq!(applies(&rig, &mark, "pods", "once").await?, 2);
    Ok(())
}
