//! A row of one-line commits to a large repository with many Kustomizations on it, each of which concerns one of them, with
//! the source-controllers: from the push to what is applied.

use std::time::Instant;

use anyhow::{Context as _, Result};

use super::super::apps::{self, Files, of_set};
use super::super::figures::{Phase, Unit};
use super::super::sighting::Facts;
use super::super::sizes::Sizes;
use super::super::stand::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, LIMIT, Needs, SOURCES, Stand};
use super::super::workload::Workload;
use serde_json::json;

pub(super) const WORKLOAD: Workload = Workload {
    name: "commits",
    id: "w5",
    about: "one-line commits to a large repository, each for one of many Kustomizations",
    title: |sizes| {
        let Sizes { files, fan_out, commits, .. } = sizes;
        format!(
            "{commits} one-line commits to a repository of {files} files, each for one of {fan_out} Kustomizations"
        )
    },
    needs: |_| Needs { sources: true, ..Needs::default() },
    play: |sizes, stand| Box::pin(play(sizes, stand)),
};

/// The applications, among files that concern nobody.
fn files(sizes: &Sizes) -> Files {
    let mut files = apps::set(sizes.fan_out, |_| "0".to_owned());
    let others = sizes.files.saturating_sub(files.len());
    files.extend((0..others).map(|number| {
        let text = apps::config_map(&format!("other-{number}"), &"some text ".repeat(20));
        (format!("others/{:03}/{number}.yaml", number / 100), text)
    }));
    files
}

async fn play(sizes: &Sizes, stand: &Stand) -> Result<Vec<Phase>> {
    let (count, namespace) = (sizes.fan_out, stand.ns.name().to_owned());
    let repository = stand.git.repository("app")?;
    let commit = repository.commit("main", "first", files(sizes))?;
    let source = json!({
        "apiVersion": SOURCES, "kind": GIT_REPOSITORY, "metadata": { "name": "app" },
        "spec": { "url": repository.url(), "ref": { "branch": "main" }, "interval": "1h", "timeout": "5m" },
    });
    let meter = stand.begin()?;
    stand.make(vec![source]).await?;
    stand.make((0..count).map(|number| of_set(sizes, &namespace, number, "1h")).collect()).await?;
    let done = all_at(stand, count, &commit).await?;
    let first = stand.end(&meter, Phase::new("first"), done).await?;

    let meter = stand.begin()?;
    let asked = stand.git.accesses().len();
    let (mut to_artifact, mut to_applied, mut to_all) = (Vec::new(), Vec::new(), Vec::new());
    let mut done = Instant::now();
    for round in 1..=sizes.commits {
        let (number, value) = (round % count, round.to_string());
        let pushed = Instant::now();
        let commit = repository.commit("main", &format!("round {round}"), [apps::app(number, &value)])?;
        stand.request((SOURCES, GIT_REPOSITORY), "app", &commit).await?;
        done = all_at(stand, count, &commit).await?;
        let seen = stand.observer.seen();
        let milliseconds = |at: Instant| (at - pushed).as_secs_f64() * 1_000.0;
        let is_it = |_: &str, facts: &Facts| facts.revision.ends_with(&commit);
        let artifact = seen.first(pushed, GIT_REPOSITORY, is_it).values().min().copied();
        let applied = seen.first(pushed, CONFIG_MAP, |_, facts| facts.value == value).values().min().copied();
        to_artifact.push(milliseconds(artifact.context("the artifact")?));
        to_applied.push(milliseconds(applied.context("the object")?));
        to_all.push(milliseconds(done));
    }
    let mut phase = Phase::new("commits");
    let fetched = stand.git.accesses().iter().skip(asked).map(|access| access.bytes).sum::<u64>();
    phase.add("bytes from Git for each commit", Unit::Bytes, fetched as f64 / sizes.commits as f64);
    phase.sample("push to artifact", Unit::Milliseconds, to_artifact);
    phase.sample("push to applied, of the one it concerns", Unit::Milliseconds, to_applied);
    phase.sample("push to all ready", Unit::Milliseconds, to_all);
    let mut phase = stand.end(&meter, phase, done).await?;
    let requests = phase.figure("requests").unwrap_or_default();
    phase.add("requests of each commit", Unit::Count, requests / sizes.commits as f64);
    Ok(vec![first, phase])
}

/// Waits until all Kustomizations are ready at a commit.
async fn all_at(stand: &Stand, count: usize, commit: &str) -> Result<Instant> {
    let is_at = |_: &str, facts: &Facts| facts.is_ready && facts.revision.ends_with(commit);
    stand.observer.count("all Kustomizations", LIMIT, (KUSTOMIZATION, count), is_at).await
}
