//! A controller's process: threads, logs, flags, client, admin server, events, leader election and the end of it all,
//! so that `run(args)` of a controller holds nothing but its own wiring.
//!
//! What a controller does once it leads is its own.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cluster::{ConnectOptions, Connector, Impersonator, Mapper};
use tokio_util::sync::CancellationToken;

use crate::args::{CommonArgs, CommonFlags, Definition};
use crate::events::{self, Recorder};
use crate::flags::{FlagError, FlagSet};
use crate::metrics::Metrics;
use crate::trace::{About, Tracer};
use crate::{Error, admin, env, shutdown, telemetry};

mod election;
mod handle;
#[cfg(test)]
mod tests;

pub use handle::Process;

/// Runs a controller to its end. `declare` adds its own flags and gives their handles, `settings` reads them after
/// parsing, `body` is the controller: it starts its watches, waits for `process.stop`, shuts its runtimes down and
/// returns. With `--enable-leader-election` the body begins once the lease is held.
///
/// # Errors
/// Wrong flags, no API server, a taken port, a lost lease, or what the body says.
pub fn run<F, S, B>(
    definition: Definition,
    arguments: impl IntoIterator<Item = OsString>,
    declare: impl FnOnce(&mut FlagSet) -> F,
    settings: impl FnOnce(&F, &FlagSet, &CommonArgs) -> Result<S, FlagError>,
    body: impl FnOnce(Process, S) -> B,
) -> Result<(), Error>
where
    B: Future<Output = Result<(), Error>>,
{
    begin(Begin::Leading, definition, arguments, declare, settings, body)
}

/// As [`run`], but the body begins at once, whoever leads: before it works it calls [`Process::stand_for_election`] and waits
/// for [`Process::led`], and until then it can read and cannot write. What `/readyz` says is its own.
///
/// # Errors
/// As [`run`].
pub fn run_at_once<F, S, B>(
    definition: Definition,
    arguments: impl IntoIterator<Item = OsString>,
    declare: impl FnOnce(&mut FlagSet) -> F,
    settings: impl FnOnce(&F, &FlagSet, &CommonArgs) -> Result<S, FlagError>,
    body: impl FnOnce(Process, S) -> B,
) -> Result<(), Error>
where
    B: Future<Output = Result<(), Error>>,
{
    begin(Begin::AtOnce, definition, arguments, declare, settings, body)
}

/// When a body begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    /// With the lease.
    Leading,
    /// With the process.
    AtOnce,
}

fn begin<F, S, B>(
    when: Begin,
    definition: Definition,
    arguments: impl IntoIterator<Item = OsString>,
    declare: impl FnOnce(&mut FlagSet) -> F,
    settings: impl FnOnce(&F, &FlagSet, &CommonArgs) -> Result<S, FlagError>,
    body: impl FnOnce(Process, S) -> B,
) -> Result<(), Error>
where
    B: Future<Output = Result<(), Error>>,
{
    cluster::install_crypto();
    let mut flags = FlagSet::new(definition.name);
    let common = CommonFlags::declare(&mut flags, definition);
    let own = declare(&mut flags);
    let args = match common.parse(&mut flags, arguments) {
        Err(FlagError::Help) => {
            // Nobody is left to complain to when stderr is gone.
            drop(std::io::stderr().lock().write_all(flags.usage().as_bytes()));
            return Ok(());
        }
        other => other?,
    };
    let settings = settings(&own, &flags, &args)?;
    telemetry::init(args.log_level, args.log_encoding);
    let cores = std::thread::available_parallelism().ok().map(std::num::NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(worker_threads(cores))
        // Fetches and builds are few at a time; every idle thread would keep memory of its own.
        .max_blocking_threads(64)
        .enable_all()
        .thread_keep_alive(Duration::from_secs(5))
        .build()
        .map_err(Error::Threads)?;
    let ended = runtime.block_on(async {
        let stop = shutdown::signal();
        let process = start(definition, args, &stop).await?;
        supervise(when, process, settings, body).await
    });
    // Blocking work that does not end must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    ended
}

/// What `main` returns; says on stderr why it failed, in the log's form once logging is on.
pub fn exit_code(ended: Result<(), Error>) -> ExitCode {
    let Err(error) = ended else { return ExitCode::SUCCESS };
    if tracing::dispatcher::has_been_set() {
        tracing::error!(error = %error, "unable to run");
    } else {
        // Nobody is left to complain to when stderr is gone.
        drop(writeln!(std::io::stderr().lock(), "{error}"));
    }
    ExitCode::FAILURE
}

async fn start(definition: Definition, args: CommonArgs, stop: &CancellationToken) -> Result<Process, Error> {
    let metrics = Metrics::new();
    metrics.set_build(definition.name, definition.version);
    if args.resource_info_metrics {
        metrics.show_each_resource();
    }
    let connect = ConnectOptions {
        user_agent: format!("{}/{}", definition.name, definition.version),
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
        observe: Some(Arc::clone(&metrics) as Arc<dyn cluster::Observe>),
        // Closed until the lease is held.
        fence: args.election.enabled.then(cluster::Fence::default),
        ..ConnectOptions::default()
    };
    let connector = Arc::new(Connector::load(&connect).await?);
    let client = connector.client()?;
    let options = events::Options {
        controller: definition.name.to_owned(),
        instance: env::hostname(),
        events_addr: args.events_addr.clone(),
    };
    let about = About {
        controller: definition.name,
        version: definition.version,
        instance: &options.instance,
        namespace: args.runtime_namespace.as_deref(),
    };
    let tracer = Tracer::start(args.trace.as_ref(), &about, &metrics)?;
    let recorder = Recorder::new(client.clone(), &options, Arc::clone(&metrics))?;
    let ready = Arc::new(AtomicBool::new(false));
    let says = Arc::clone(&ready);
    let bound = admin::serve(
        &args.health_addr,
        &args.metrics_addr,
        Arc::new(move || says.load(Ordering::Acquire)),
        Arc::clone(&metrics),
        stop,
    )
    .await?;
    tracing::info!(version = definition.version, server = %connector.server(),
        health = %bound.health.map(|address| address.to_string()).unwrap_or_default(),
        metrics = %bound.metrics.map(|address| address.to_string()).unwrap_or_default(),
        "starting {}", definition.name);
    if !args.without_effect.is_empty() {
        tracing::info!(flags = %args.without_effect.join(","), "flags and feature gates without effect");
    }
    Ok(Process {
        definition,
        args: Arc::new(args),
        mapper: Mapper::new(client.clone()),
        impersonator: Impersonator::new(Arc::clone(&connector)),
        client,
        connector,
        recorder,
        tracer,
        metrics,
        stop: stop.clone(),
        leadership: None,
        stands: Arc::default(),
        ready,
    })
}

/// The body, with an election around it if the flags ask for one. Events are sent before the end.
async fn supervise<S, B>(
    when: Begin,
    process: Process,
    settings: S,
    body: impl FnOnce(Process, S) -> B,
) -> Result<(), Error>
where
    B: Future<Output = Result<(), Error>>,
{
    if process.args.election.enabled {
        return match when {
            Begin::Leading => election::lead(process, settings, body).await,
            Begin::AtOnce => election::attend(process, settings, body).await,
        };
    }
    let (recorder, tracer) = (process.recorder.clone(), process.tracer.clone());
    let ended = body(process, settings).await;
    Process::flush(&recorder, &tracer).await;
    ended
}

/// Threads for async work: it is requests and waiting, which few threads keep up with.
fn worker_threads(cores: Option<usize>) -> usize {
    cores.unwrap_or(2).clamp(2, 4)
}
