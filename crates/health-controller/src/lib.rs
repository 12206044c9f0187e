//! health-controller: says for each Kustomization whether the cluster is what Git says, and if not, why.
//!
//! ```text
//! Kustomizations ──inventory──▶ watch pool (a watch per kind) ──▶ observed ─┐
//! their sources ──────────────────────────────────────▶ source_watches ─┼─▶ View ─▶ convergence (pure) ─▶ publish
//! Pods, only where something is not well ────────────────────────▶ pods ─┘
//!                        all three ──what was touched──▶ wakes ──who follows it──▶ step ──▶ the next assessment
//! ```
//!
//! What is said, and since when, is the crate [`convergence`]'s; here is how it comes to know, and that it is written.
//! Nothing but Convergences is written. Invariants: a status is written only when it differs; nothing in it changes
//! while nothing happens; data of Secrets is neither kept nor told.

mod args;
mod context;
mod fault;
mod machine;
mod measures;
mod observed;
mod pods;
mod pool;
mod publish;
mod reconcile;
mod source_watches;
mod step;
mod wakes;
mod watch;
mod watches;

#[cfg(test)]
mod samples;

use std::ffi::OsString;
use std::sync::Arc;

use reconcile_core::process::{self, Process};
use reconcile_core::{Error, ObjectKey, Runtime};
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;

use crate::args::Options;
use crate::context::Context;
use crate::machine::Assessor;
use crate::step::Event;

/// Runs the controller until it is told to stop.
///
/// # Errors
/// Wrong flags, no API server, a port that is taken, a lost lease.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    process::run(args::DEFINITION, arguments, args::declare, args::options, body)
}

async fn body(process: Process, options: Options) -> Result<(), Error> {
    let (queue, mut woken) = unbounded_channel::<ObjectKey>();
    let context = Arc::new(Context::new(process.clone(), options, queue));
    measures::show(&process.metrics, &context.convergences);
    let assessor = Arc::new(Assessor::new(Arc::clone(&context)));
    let runtime = Runtime::with_metrics(assessor, process.args.concurrent, Arc::clone(&process.metrics));
    let seeded = Arc::new(Notify::new());
    let reports =
        tokio::spawn(watch::convergences(Arc::clone(&context), Arc::clone(&runtime), Arc::clone(&seeded)));
    let waker = Arc::clone(&runtime);
    let stop = process.stop.clone();
    let waking = tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                key = woken.recv() => match key {
                    Some(key) => drop(waker.send_existing(&key, Event::Changed)),
                    None => break,
                },
            }
        }
    });
    tokio::select! {
        () = seeded.notified() => watch::kustomizations(Arc::clone(&context), Arc::clone(&runtime)).await,
        () = process.stop.cancelled() => {}
    }
    process.stop.cancelled().await;
    runtime.shutdown().await;
    drop(reports.await);
    drop(waking.await);
    Ok(())
}
