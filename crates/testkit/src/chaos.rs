//! A stress test of one promise: what Git has and the cluster has not is never called applied. Commits, edits,
//! suspensions and kills come back to back while the API server stops in its tracks now and then and no core is idle;
//! after every Ready the live objects are compared with Git, field by field, by a reader that shares no code with the
//! controllers.
//!
//! It has a control plane of its own, since it stops that. It counts and reports; that nothing may be lost is for the
//! caller to say (`cargo xtask chaos`, and a small run among the end-to-end tests).

mod admin;
mod app;
mod compare;
mod content;
mod dice;
mod disturb;
mod heals;
pub mod kills;
mod options;
mod play;
mod report;
mod stage;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use futures::future::try_join_all;

use crate::cluster::{CONTROLLERS, ControlPlane, Mark};
use dice::Dice;
use disturb::Hardship;
use play::Play;
use stage::Stage;

pub use compare::Difference;
pub use disturb::Paused;
pub use options::{Options, Scenario};
pub use report::{Lost, Part, Report};

/// A seed that nobody chose.
#[must_use]
pub fn any_seed() -> u64 {
    rand::random::<u32>().into()
}

/// Plays all scenarios, beside each other: each has a namespace and controllers of its own, and they share the pauses.
/// `say` is told what happens.
pub async fn run(options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Report> {
    let plane = Arc::new(ControlPlane::start(&CONTROLLERS).await?);
    // In peace: what is tried is what happens to objects that are in place.
    let wanted = options.scenarios.iter().filter(|(_, size)| *size > 0);
    let prepared = wanted.map(|(scenario, size)| Box::pin(prepare(&plane, options, *scenario, *size, say)));
    let mut plays = try_join_all(prepared).await?;
    let mark = plane.requests()?.mark()?;
    let (outcome, paused) = {
        let hardship = Hardship::begin(&plane, options)?;
        let played = try_join_all(plays.iter_mut().map(|play| Box::pin(act(play)))).await;
        (played.map(drop), hardship.end())
    };
    count_requests(&plane, &mut plays, &mark).await?;
    if let Some(folder) = &options.logs {
        let folder = folder.join(format!("seed-{}", options.seed));
        keep_logs(&plane, &plays, outcome.is_err(), &folder, say)?;
    }
    let parts = plays.into_iter().map(|play| play.part).collect();
    let report = Report { seed: options.seed, paused, parts };
    // What was found before something failed is worth telling.
    outcome.with_context(|| format!("before it failed:\n{report}"))?;
    Ok(report)
}

/// Sets the stage of one scenario and makes sure that all is well in the beginning.
async fn prepare<'a>(
    plane: &Arc<ControlPlane>,
    options: &Options,
    scenario: Scenario,
    size: usize,
    say: &'a (dyn Fn(&str) + Sync),
) -> Result<Play<'a>> {
    let objects = if scenario == Scenario::Heals { heals::objects(size) } else { options.per_commit };
    let stage = Stage::set(plane, options, scenario, objects).await;
    let stage = stage.with_context(|| format!("prepare {scenario}"))?;
    let mut part = Part::new(scenario);
    let (commit, revision) = stage.newest();
    part.differ(commit, revision, stage.compare().await?);
    say(&format!("{scenario}: {objects} objects are in place"));
    let dice = Dice::of(&[options.seed, scenario as u64]);
    Ok(Play { stage, part, dice, size, say })
}

async fn act(play: &mut Play<'_>) -> Result<()> {
    let (scenario, size) = (play.part.scenario, play.size);
    let started = Instant::now();
    let outcome = match scenario {
        Scenario::Changes | Scenario::NoWatch => play.changes(size).await,
        Scenario::Heals => play.heals(size).await,
        Scenario::SuspendResume => play.suspends(size).await,
        Scenario::Restarts => play.restarts(size).await,
    };
    play.part.elapsed = started.elapsed();
    outcome.with_context(|| format!("scenario {scenario}"))
}

/// Counts what the kustomize-controllers have asked since the mark.
async fn count_requests(plane: &ControlPlane, plays: &mut [Play<'_>], mark: &Mark) -> Result<()> {
    let log = plane.requests()?;
    let end = log.mark()?;
    for play in plays.iter() {
        // Only waits: it is quiet once nothing has come for a moment.
        log.since(&end, &play.stage.user()).await?;
    }
    // The log of a full run is long; it is read once for all.
    let everyone = log.everyone(mark)?.without_watches();
    for play in plays {
        let user = play.stage.user();
        play.part.requests = everyone.filter(|request| request.user == user).by_kind();
    }
    Ok(())
}

/// Copies the output of the controllers that lost something, or of all when the run failed, and the log of requests.
fn keep_logs(
    plane: &ControlPlane,
    plays: &[Play<'_>],
    failed: bool,
    folder: &Path,
    say: &(dyn Fn(&str) + Sync),
) -> Result<()> {
    let mut kept = plays.iter().filter(|play| failed || play.part.lost > 0).peekable();
    if kept.peek().is_none() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for play in kept {
        play.stage.keep_logs(folder)?;
    }
    let log = plane.description().audit_log.as_ref().context("the audit log")?;
    std::fs::copy(log, folder.join("audit.log")).with_context(|| log.display().to_string())?;
    say(&format!("logs are kept in {}", folder.display()));
    Ok(())
}
