//! health-controller: says for each Kustomization whether the cluster is what Git says, and if not, why.
//!
//! ```text
//! Kustomizations ──inventory──▶ watch pool (a watch per kind) ──▶ observed ─┐
//! their sources ──────────────────────────────────────▶ source_watches ─┼─▶ View ─▶ convergence (pure) ─▶ publish
//! reports of drift ────────────────────────────────────▶ drift_reports ─┤
//! Pods, warnings, ..., only where something is not well ───────▶ beside ─┘
//! HealthRules ─▶ health_rules ─▶ rule_book ─▶ how what is observed is judged
//!                              all ──what was touched──▶ wakes ──who follows it──▶ step ──▶ the next assessment
//! ```
//!
//! What is said, and since when, is the crate [`convergence`]'s; here is how it comes to know, and that it is written.
//! An assessment leaves its explanation to `server`, whole, and what follows for people to `alerts`.
//!
//! Nothing but Convergences is written, and Events where something is wrong. Invariants: a status is written only when it
//! differs; nothing in it changes while nothing happens; data of Secrets is neither kept nor told.

mod alerts;
mod args;
mod beside;
mod claims;
mod context;
mod drift_reports;
mod explanations;
mod fault;
mod health_rules;
mod machine;
mod measures;
mod observed;
mod place;
mod pool;
mod publish;
mod reconcile;
mod relists;
mod rule_book;
mod server;
mod source_watches;
mod step;
mod wakes;
mod watch;
mod watches;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod sink;

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use reconcile_core::process::{self, Process};
use reconcile_core::{Error, ObjectKey, Runtime};
use tokio::sync::Notify;
use tokio::sync::mpsc::unbounded_channel;

use crate::args::Options;
use crate::context::Context;
use crate::explanations::Explanations;
use crate::machine::Assessor;
use crate::step::Event;

/// How long the first assessments wait for reports of drift.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs the controller until it is told to stop.
///
/// # Errors
/// Wrong flags, no API server, a port that is taken, a lost lease.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    process::run_at_once(args::DEFINITION, arguments, args::declare, args::options, body)
}

/// Serves explanations from the start, and works once it leads.
async fn body(process: Process, options: Options) -> Result<(), Error> {
    let explanations = Arc::new(Explanations::new(!options.api.addr.is_empty()));
    let serving = server::start(&process, &options.api, &explanations).await?;
    // A candidate is a healthy pod: a rolling update would otherwise wait for it in vain.
    process.set_ready(process.args.election.enabled);
    process.stand_for_election();
    let worked = if process.led().await { work(process, options, explanations).await } else { Ok(()) };
    if let Some(serving) = serving {
        serving.end(server::GRACE).await;
    }
    worked
}

async fn work(process: Process, options: Options, explanations: Arc<Explanations>) -> Result<(), Error> {
    let (queue, mut woken) = unbounded_channel::<ObjectKey>();
    let context = Arc::new(Context::new(process.clone(), options.clone(), explanations, queue));
    let (told, known) = (Arc::clone(&context.alerts), context.kustomizations.clone());
    let telling = tokio::spawn(alerts::run(process.clone(), options.alerts, told, known));
    measures::show(&process.metrics, &context.convergences);
    if context.options.metrics_readiness {
        let sources = &context.watches.sources;
        measures::show_each(&process.metrics, &context.kustomizations, &context.convergences, sources);
    }
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
    let ruling = Arc::clone(&context);
    let judging = tokio::spawn(async move { ruling.keep_rules().await });
    let seeded = async {
        seeded.notified().await;
        // Nobody hears of either by itself who waits for it: an assessment would wait for its whole patience.
        let reports = tokio::time::timeout(PATIENCE, context.watches.drift_reports.settled());
        drop(tokio::join!(context.health_rules.in_force(), reports));
    };
    tokio::select! {
        () = seeded => watch::kustomizations(Arc::clone(&context), Arc::clone(&runtime)).await,
        () = process.stop.cancelled() => {}
    }
    process.stop.cancelled().await;
    runtime.shutdown().await;
    drop(reports.await);
    drop(waking.await);
    drop(judging.await);
    drop(telling.await);
    Ok(())
}
