//! A stress test of another promise: whatever moment the kustomize-controller is killed at, nothing that it made is
//! forgotten, and nothing is deleted that stayed declared. An application of a hundred objects in three stages; a commit;
//! `kill -9` at a random instant of its run; a next commit, or none; a new start; and after its Ready cluster, inventory
//! and commit have the same objects.
//!
//! It counts and reports; that nothing may be found is for the caller to say (`cargo xtask chaos kill`, and a few rounds
//! among the end-to-end tests). It ends with the first round that breaks a promise.

mod content;
mod judge;
mod options;
mod play;
mod report;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::cluster::ControlPlane;
use play::Play;

pub use judge::{Broken, Finding};
pub use options::Options;
pub use report::{Moment, Next, Report, Wrong};

/// Kills as often as wanted, or until a promise is broken. `say` is told what happens.
pub async fn run(
    plane: &Arc<ControlPlane>,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Report> {
    let begun = Instant::now();
    let mut play = Play::prepare(plane, options, say).await.context("prepare")?;
    let outcome = play.rounds(options.rounds).await;
    let failed = outcome.is_err() || play.report.wrong.is_some();
    play.report.elapsed = begun.elapsed();
    if let (true, Some(folder)) = (failed, &options.logs) {
        let folder = folder.join(format!("kill-seed-{}", options.seed));
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        play.app.keep_logs(&folder)?;
        if let Some(log) = &plane.description().audit_log {
            std::fs::copy(log, folder.join("audit.log")).with_context(|| log.display().to_string())?;
        }
        std::fs::write(folder.join("report.txt"), play.report.to_string())?;
        say(&format!("logs are kept in {}", folder.display()));
    }
    let report = play.report.clone();
    // What had been done before something failed is worth telling.
    outcome.with_context(|| format!("before it failed:\n{report}"))?;
    Ok(report)
}
