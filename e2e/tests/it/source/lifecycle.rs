//! Suspension, deletion, lost and altered files, restarts, and conditions of others.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::StreamExt as _;
use kube::api::{WatchEvent, WatchParams};
use serde_json::{Value, json};
use testkit::stack::Controller;
use testkit::wait::{Look, until};

use super::{API, Bench, KIND, SOON, condition, conditions, status_of, unpacked};

async fn one(bench: &Bench) -> Result<(testkit::git::Repository, Value)> {
    let repo = bench.git.repository("app")?;
    repo.commit("main", "one", [("a", "1")])?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let object = bench.ready("app").await?;
    Ok((repo, object))
}

#[tokio::test]
async fn a_suspended_source_only_acknowledges() -> Result<()> {
    let bench = Bench::start("source-suspend").await?;
    let (repo, before) = one(&bench).await?;
    bench.ns.patch(API, KIND, "app", json!({ "spec": { "suspend": true } })).await?;
    let generation = |object: &Value| object["status"]["observedGeneration"] == 2;
    let object = bench.wait("app", generation).await?;
    assert_eq!(condition(&object, "Ready").context("Ready")?["observedGeneration"], 2);
    assert_eq!(condition(&object, "ArtifactInStorage").context("stored")?["observedGeneration"], 1);
    repo.commit("main", "two", [("a", "2")])?;
    let asked = bench.git.accesses().len();
    let object = bench.request("app", "while suspended").await?;
    assert_eq!(object["status"]["artifact"], before["status"]["artifact"]);
    assert_eq!(bench.git.accesses().len(), asked, "nothing is fetched");

    bench.ns.patch(API, KIND, "app", json!({ "spec": { "suspend": false } })).await?;
    let second = repo.resolve("main")?;
    bench.at_revision("app", &format!("main@sha1:{second}")).await?;
    Ok(())
}

#[tokio::test]
async fn a_deleted_source_leaves_nothing() -> Result<()> {
    let bench = Bench::start("source-delete").await?;
    one(&bench).await?;
    let folder = bench.storage()?.join("gitrepository").join(bench.ns.name()).join("app");
    let clones = bench.storage()?.join(".clones");
    let kept = || -> Result<bool> { Ok(std::fs::read_dir(&clones)?.next().is_some()) };
    assert!(folder.exists() && kept()?);
    assert!(bench.controller.metrics().await?.contains("gotk_reconcile_duration_seconds_count"));
    bench.ns.delete(API, KIND, "app").await?;
    bench.ns.wait_gone(API, KIND, "app", SOON).await?;
    assert!(!folder.exists() && !kept()?, "gone before the finalizer went");
    bench
        .event("app", "GarbageCollectionSucceeded", "garbage collected artifacts for deleted resource")
        .await?;
    let series = format!("name=\"app\",namespace=\"{}\"", bench.ns.name());
    until("its series are removed", SOON, || async {
        let text = bench.controller.metrics().await?;
        Ok(if text.contains(&series) { Look::Not(series.clone()) } else { Look::Found(()) })
    })
    .await
}

#[tokio::test]
async fn lost_and_altered_files_are_rebuilt() -> Result<()> {
    let bench = Bench::start("source-tamper").await?;
    let (_repo, object) = one(&bench).await?;
    let artifact = object["status"]["artifact"].clone();
    let url = artifact["url"].as_str().context("url")?.to_owned();
    let file = bench.storage()?.join(artifact["path"].as_str().context("path")?);

    // Altered: the server refuses it and has it rebuilt, without waiting for the interval.
    let mut bytes = std::fs::read(&file)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, &bytes)?;
    let answer = reqwest::get(&url).await?.status();
    assert_eq!(answer, reqwest::StatusCode::NOT_FOUND);
    let verification = |event: &Value| event["reason"] == "ArtifactVerificationFailed";
    until("the rebuilt file is served", SOON, || async {
        let answer = reqwest::get(&url).await?.status();
        Ok(if answer.is_success() { Look::Found(()) } else { Look::Not(answer.to_string()) })
    })
    .await?;
    let object = bench.ready("app").await?;
    assert_eq!(object["status"]["artifact"]["digest"], artifact["digest"]);
    unpacked(&object).await?;
    until("the event", SOON, || async {
        let events = bench.events("app").await?;
        let found = events.iter().find(|event| verification(event)).cloned();
        Ok(found.map_or_else(|| Look::Not(format!("{events:?}")), Look::Found))
    })
    .await?;

    // Lost, with the clone: rebuilt at the next run.
    std::fs::remove_dir_all(bench.storage()?.join("gitrepository"))?;
    std::fs::remove_dir_all(bench.storage()?.join(".clones"))?;
    let object = bench.request("app", "lost").await?;
    assert_eq!(object["status"]["artifact"]["digest"], artifact["digest"]);
    unpacked(&object).await?;

    // A broken clone is made anew when it is needed.
    let clone =
        std::fs::read_dir(bench.storage()?.join(".clones"))?.flatten().next().context("clone")?.path();
    for pack in std::fs::read_dir(clone.join("objects/pack"))?.flatten() {
        std::fs::write(pack.path(), b"broken")?;
    }
    std::fs::remove_file(&file)?;
    let object = bench.request("app", "broken").await?;
    assert_eq!(object["status"]["artifact"]["digest"], artifact["digest"]);
    unpacked(&object).await?;
    Ok(())
}

#[tokio::test]
async fn conditions_of_others_survive_and_reconciles_are_told() -> Result<()> {
    let bench = Bench::start("source-foreign").await?;
    let (_repo, mut object) = one(&bench).await?;
    let foreign = json!({
        "type": "Example", "status": "True", "reason": "Theirs", "message": "kept",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    });
    let mut all = object["status"]["conditions"].as_array().cloned().context("conditions")?;
    all.push(foreign);
    let api = bench.ns.api(API, KIND).await?;
    let patch = json!({ "status": { "conditions": all } });
    api.patch_status("app", &kube::api::PatchParams::default(), &kube::api::Patch::Merge(patch)).await?;

    bench.ns.patch(API, KIND, "app", json!({ "spec": { "interval": "11m" } })).await?;
    object = bench.wait("app", |object| object["status"]["observedGeneration"] == 2).await?;
    let text = conditions(&object);
    assert!(text.contains(&"Example=True Theirs kept".to_owned()), "{text:?}");
    let stored = condition(&object, "ArtifactInStorage").context("stored")?;
    assert_eq!(stored["observedGeneration"], 2);
    let revision = object["status"]["artifact"]["revision"].as_str().context("revision")?.to_owned();
    let message = format!("no changes since last reconciliation: observed revision '{revision}'");
    bench.event("app", "GitOperationSucceeded", &message).await?;
    Ok(())
}

#[tokio::test]
async fn a_restart_finds_everything_as_it_was() -> Result<()> {
    let bench = Bench::start("source-restart").await?;
    let (repo, before) = one(&bench).await?;
    let asked = bench.git.accesses().len();
    bench.controller.process.kill().await?;
    let again = Controller::new("source-controller").start(&bench.ns).await?;
    // The port is another one: the address in status follows.
    let address = again.storage().context("storage")?.1.to_owned();
    let object = bench
        .wait("app", |object| {
            object["status"]["artifact"]["url"].as_str().is_some_and(|url| url.contains(&address))
        })
        .await?;
    assert_eq!(object["status"]["artifact"]["digest"], before["status"]["artifact"]["digest"]);
    assert_eq!(
        object["status"]["artifact"]["lastUpdateTime"], before["status"]["artifact"]["lastUpdateTime"],
        "not built again"
    );
    unpacked(&object).await?;
    let fetched = bench.git.accesses();
    let posts = fetched[asked..].iter().filter(|access| access.request.starts_with("POST")).count();
    assert_eq!(posts, 1, "one ls-refs: {fetched:?}");
    let ended = again.process.terminate(Duration::from_secs(10)).await?;
    assert_eq!(ended.code, 0, "{ended:?}");
    drop(repo);
    Ok(())
}

/// The new process has both made anew at the same time, and the chart's source may come later.
#[tokio::test]
async fn a_chart_does_not_fail_when_a_process_starts_with_an_empty_folder() -> Result<()> {
    let bench = Bench::start("source-empty").await?;
    let repo = bench.git.repository("app")?;
    let chart = "apiVersion: v2\nname: web\nversion: 0.1.0\n";
    repo.commit("main", "one", [("charts/web/Chart.yaml", chart)])?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    bench.ready("app").await?;
    let source = json!({ "kind": KIND, "name": "app" });
    let spec = json!({ "chart": "./charts/web", "interval": "10m", "sourceRef": source });
    let object =
        json!({ "apiVersion": API, "kind": "HelmChart", "metadata": { "name": "app" }, "spec": spec });
    bench.ns.apply_value(object).await?;
    let is_ready = |object: &Value| status_of(object, "Ready") == "True";
    let before = bench.ns.wait_for(API, "HelmChart", "app", SOON, is_ready).await?;
    let folder = bench.storage()?.to_owned();
    let Bench { ns, controller, git: _git } = bench;
    controller.process.terminate(Duration::from_secs(10)).await?;
    std::fs::remove_dir_all(&folder)?;

    let charts = ns.api(API, "HelmChart").await?;
    let version = before["metadata"]["resourceVersion"].as_str().context("resourceVersion")?;
    let mut changes = charts.watch(&WatchParams::default(), version).await?.boxed();
    let _again = Controller::new("source-controller").start(&ns).await?;
    let all = async {
        while let Some(change) = changes.next().await {
            let WatchEvent::Modified(object) = change? else { continue };
            let object = serde_json::to_value(object)?;
            ensure!(status_of(&object, "Ready") != "False", "{}", object["status"]);
            let path = object["status"]["artifact"]["path"].as_str();
            if is_ready(&object) && path.is_some_and(|path| folder.join(path).exists()) {
                return Ok(object);
            }
        }
        bail!("the watch ended")
    };
    let after = tokio::time::timeout(SOON, all).await??;
    assert_eq!(after["status"]["artifact"]["digest"], before["status"]["artifact"]["digest"]);
    Ok(())
}
