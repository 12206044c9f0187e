//! Helm repositories and charts: an index becomes an artifact, and charts of repositories, registries and Git become
//! artifacts that a helm-controller can install. Charts are packaged by the real Helm; the server is a plain one, the
//! registry a real one.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use testkit::binaries::HELM;
use testkit::cluster::TestNamespace;

use super::{API, Bench, condition, conditions, status_of};

mod bucket;
mod charts;
mod git;
mod registry;
mod repository;
pub(crate) mod server;

use server::Charts;

const SOON: Duration = Duration::from_secs(30);

/// Packages a chart of these files with the real Helm.
pub(crate) fn package(folder: &Path, name: &str, version: &str, files: &[(&str, &str)]) -> Result<Vec<u8>> {
    let chart = folder.join(format!("{name}-{version}-src")).join(name);
    std::fs::create_dir_all(&chart)?;
    let metadata = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    std::fs::write(chart.join("Chart.yaml"), metadata)?;
    for (path, text) in files {
        let path = chart.join(path);
        std::fs::create_dir_all(path.parent().context("a folder")?)?;
        std::fs::write(path, text)?;
    }
    let out = Command::new(HELM.built()?).arg("package").arg(&chart).arg("-d").arg(folder).output()?;
    ensure!(out.status.success(), "helm package: {}", String::from_utf8_lossy(&out.stderr));
    Ok(std::fs::read(folder.join(format!("{name}-{version}.tgz")))?)
}

/// An index of these versions of `app`, each at the address that it names.
pub(crate) fn index(versions: &[(&str, &str)]) -> String {
    let mut text = "apiVersion: v1\ngenerated: \"2026-01-01T00:00:00Z\"\nentries:\n  app:\n".to_owned();
    for (version, url) in versions {
        writeln!(
            text,
            "  - apiVersion: v2\n    name: app\n    version: {version}\n    created: \"2026-01-01T00:00:00Z\"\n    urls: [\"{url}\"]"
        )
        .ok();
    }
    text
}

async fn apply(ns: &TestNamespace, kind: &str, name: &str, spec: Value) -> Result<()> {
    let object = json!({ "apiVersion": API, "kind": kind, "metadata": { "name": name }, "spec": spec });
    ns.apply_value(object).await?;
    Ok(())
}

async fn wait(bench: &Bench, kind: &str, name: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
    let waited = bench.ns.wait_for(API, kind, name, SOON, wanted).await;
    waited.with_context(|| bench.controller.process.log_tail())
}

/// Waits until the object is Ready for its generation.
async fn ready(bench: &Bench, kind: &str, name: &str) -> Result<Value> {
    wait(bench, kind, name, |object| {
        status_of(object, "Ready") == "True"
            && object["status"]["observedGeneration"] == object["metadata"]["generation"]
            && condition(object, "Reconciling").is_none()
    })
    .await
}

/// Waits until Ready is False with this reason.
async fn failed(bench: &Bench, kind: &str, name: &str, reason: &str) -> Result<Value> {
    wait(bench, kind, name, |object| {
        condition(object, "Ready")
            .is_some_and(|ready| ready["status"] == "False" && ready["reason"] == reason)
    })
    .await
}

async fn ask(bench: &Bench, kind: &str, name: &str, token: &str) -> Result<()> {
    let patch = json!({ "metadata": { "annotations": { "reconcile.fluxcd.io/requestedAt": token } } });
    bench.ns.patch(API, kind, name, patch).await?;
    Ok(())
}

/// What is served at an address.
async fn fetched(url: &Value) -> Result<Vec<u8>> {
    let response = reqwest::get(url.as_str().context("a URL")?).await?.error_for_status()?;
    Ok(response.bytes().await?.to_vec())
}

/// A file of the chart in an object's artifact, without the chart's own folder.
async fn file_of(object: &Value, name: &str) -> Result<Option<String>> {
    let bytes = fetched(&object["status"]["artifact"]["url"]).await?;
    let tree = artifact::unpack::unpack(&bytes, &artifact::unpack::Limits::default())?;
    let found = tree.files().find(|(path, _)| path.split_once('/').is_some_and(|(_, rest)| rest == name));
    Ok(found.map(|(_, content)| String::from_utf8_lossy(content).into_owned()))
}
