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
use kube::Client;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::args::{CommonArgs, CommonFlags, Definition};
use crate::events::{self, Recorder};
use crate::flags::{FlagError, FlagSet};
use crate::lease::{self, Leadership};
use crate::metrics::Metrics;
use crate::{Error, admin, env, shutdown, telemetry};

/// Bound on sending what the event queues still hold at the end.
const FLUSH: Duration = Duration::from_secs(5);

/// What a controller works with.
#[derive(Clone)]
pub struct Process {
    /// Name and version.
    pub definition: Definition,
    /// The shared flags' values.
    pub args: Arc<CommonArgs>,
    /// As the controller's own identity.
    pub client: Client,
    /// For clients of other identities.
    pub connector: Arc<Connector>,
    /// Clients of ServiceAccounts.
    pub impersonator: Impersonator,
    /// Discovery.
    pub mapper: Mapper,
    /// Events.
    pub recorder: Recorder,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// Cancelled when the process has to end.
    pub stop: CancellationToken,
    ready: Arc<AtomicBool>,
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Process").field("name", &self.definition.name).finish_non_exhaustive()
    }
}

impl Process {
    /// Makes `/readyz` say so. Call it when the controller's own watches are synced, or at once if it has none.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Release);
    }
}

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
    cluster::install_crypto();
    let mut flags = FlagSet::new(definition.name);
    let common = CommonFlags::declare(&mut flags, definition);
    let own = declare(&mut flags);
    let args = match common.parse(&mut flags, arguments) {
        Err(FlagError::Help) => {
            // Nobody is left to tell when stderr is gone.
            drop(std::io::stderr().lock().write_all(flags.usage().as_bytes()));
            return Ok(());
        }
        other => other?,
    };
    let settings = settings(&own, &flags, &args)?;
    telemetry::init(args.log_level, args.log_encoding);
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 4);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        // Fetches and builds are few at a time; every idle thread would keep memory of its own.
        .max_blocking_threads(64)
        .enable_all()
        .thread_keep_alive(Duration::from_secs(5))
        .build()
        .map_err(Error::Threads)?;
    let ended = runtime.block_on(async {
        let stop = shutdown::signal();
        let process = start(definition, args, &stop).await?;
        supervise(process, settings, body).await
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
        // As above.
        drop(writeln!(std::io::stderr().lock(), "{error}"));
    }
    ExitCode::FAILURE
}

async fn start(definition: Definition, args: CommonArgs, stop: &CancellationToken) -> Result<Process, Error> {
    let metrics = Metrics::new();
    let connect = ConnectOptions {
        user_agent: format!("{}/{}", definition.name, definition.version),
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
        observe: Some(Arc::clone(&metrics) as Arc<dyn cluster::Observe>),
        ..ConnectOptions::default()
    };
    let connector = Arc::new(Connector::load(&connect).await?);
    let client = connector.client()?;
    let options = events::Options {
        controller: definition.name.to_owned(),
        instance: env::hostname(),
        events_addr: args.events_addr.clone(),
    };
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
        metrics,
        stop: stop.clone(),
        ready,
    })
}

/// Election around the body, and the order of the end: body, events, lease.
async fn supervise<S, B>(
    process: Process,
    settings: S,
    body: impl FnOnce(Process, S) -> B,
) -> Result<(), Error>
where
    B: Future<Output = Result<(), Error>>,
{
    let stop = process.stop.clone();
    let recorder = process.recorder.clone();
    let election = process.args.election.clone();
    if !election.enabled {
        let ended = body(process, settings).await;
        recorder.flush(FLUSH).await;
        return ended;
    }
    let client = process.connector.client_without_retries()?;
    let namespace = process
        .args
        .runtime_namespace
        .clone()
        .unwrap_or_else(|| process.connector.default_namespace().to_owned());
    let metrics = Arc::clone(&process.metrics);
    metrics.set_leader(&election.lease, false);
    // A candidate is a healthy pod: a rolling update would otherwise wait for it in vain.
    process.set_ready(true);
    let (leadership, mut watching) = watch::channel(Leadership::Waiting);
    let release = CancellationToken::new();
    let held = release.clone();
    let lease = election.lease.clone();
    let mut elector = tokio::spawn(async move {
        lease::run(client, &election, &namespace, &lease::identity(), leadership, &held).await
    });
    tokio::select! {
        () = stop.cancelled() => {
            release.cancel();
            drop(elector.await);
            return Ok(());
        }
        led = watching.wait_for(|state| matches!(state, Leadership::Leading { .. })) => {
            if led.is_err() {
                return Err(Error::Ended("leader election"));
            }
        }
    }
    metrics.set_leader(&lease, true);
    let ended = tokio::select! {
        ended = body(process, settings) => ended,
        lost = &mut elector => {
            // Nothing may be written any more: no drain, no flush.
            stop.cancel();
            return lost.unwrap_or(Err(Error::Ended("leader election"))).and(Err(Error::LeaseLost));
        }
    };
    recorder.flush(FLUSH).await;
    release.cancel();
    drop(elector.await);
    metrics.set_leader(&lease, false);
    ended
}
