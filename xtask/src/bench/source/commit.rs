//! A repository with a history: how much is fetched for a commit of one line, how long it takes until its artifact is
//! served, and what a poll costs when there is none.

use anyhow::{Context as _, Result, bail};
use testkit::git::Repository;
use tokio::process::Command;

use super::figures::{Figures, Unit};
use super::options::Sizes;
use super::repository::{history, manifest, path};
use super::side::{KIND, LIMIT, SOURCES, Stand, is_at, is_ready};

pub(super) const NAME: &str = "app";

/// A GitRepository that is Ready.
pub(super) async fn ready(sizes: &Sizes, stand: &Stand) -> Result<Repository> {
    let repository = stand.git.repository(NAME)?;
    history(repository.folder(), sizes.files, sizes.commits)?;
    stand.declare(NAME, &repository).await?;
    stand.ns.wait_for(SOURCES, KIND, NAME, LIMIT, is_ready).await?;
    Ok(repository)
}

/// Commits of one line, each asked for at once and followed until its artifact can be had.
pub(super) async fn commits(sizes: &Sizes, stand: &mut Stand) -> Result<Figures> {
    let repository = ready(sizes, stand).await?;
    let mut figures = Figures::default();
    figures.bytes("bytes of a clone of depth 1", clone(stand, &repository).await?);
    for round in 0..sizes.times {
        let meter = stand.begin()?;
        let change = [(path(round), manifest(round, sizes.commits + round))];
        let commit = repository.commit("main", &format!("round {round}"), change)?;
        let begin = async || stand.request(NAME, &format!("commit-{round}")).await;
        let (took, object) = stand.after(NAME, begin, |object| is_at(object, &commit)).await?;
        let url = object["status"]["artifact"]["url"].as_str().context("an artifact's address")?;
        stand.end(&meter, &mut figures).await?;
        // What is announced is there.
        stand.controller.process.await_http(url, LIMIT).await?;
        figures.add("push to artifact", Unit::Milliseconds, took.as_secs_f64() * 1_000.0);
    }
    stand.memory(&mut figures)?;
    Ok(figures)
}

/// Runs that are asked for when there is nothing new.
pub(super) async fn polls(sizes: &Sizes, stand: &mut Stand) -> Result<Figures> {
    ready(sizes, stand).await?;
    let mut figures = Figures::default();
    let object = stand.ns.get(SOURCES, KIND, NAME).await?.context("the GitRepository")?;
    figures.bytes("bytes of the artifact", object["status"]["artifact"]["size"].as_u64().unwrap_or_default());
    for round in 0..sizes.times {
        let token = format!("poll-{round}");
        let meter = stand.begin()?;
        let begin = async || stand.request(NAME, &token).await;
        let done = |object: &serde_json::Value| {
            object["status"]["lastHandledReconcileAt"] == token.as_str() && is_ready(object)
        };
        let (took, _) = stand.after(NAME, begin, done).await?;
        stand.end(&meter, &mut figures).await?;
        figures.add("asked to answered", Unit::Milliseconds, took.as_secs_f64() * 1_000.0);
    }
    Ok(figures)
}

/// What Git itself fetches for a clone without history.
async fn clone(stand: &Stand, repository: &Repository) -> Result<u64> {
    let folder = tempfile::tempdir().context("a folder")?;
    let before = stand.git.accesses().len();
    let output = Command::new("git")
        .args(["clone", "--quiet", "--bare", "--depth=1", "--branch=main", repository.url(), "."])
        .current_dir(folder.path())
        .output()
        .await
        .context("git clone")?;
    if !output.status.success() {
        bail!("git clone: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(stand.git.accesses().iter().skip(before).map(|access| access.bytes).sum())
}
