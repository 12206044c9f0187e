//! kustomize-controller: builds, applies, prunes and heals what an artifact declares.
//!
//! ```text
//! watch ─▶ step (pure) ─▶ reconcile: admit ─▶ resolve ─▶ build ─▶ plan ─▶ execute ─▶ health ─▶ finish
//!   │                └──▶ heal (a lane of its own) ─▶ drift_report ─▶ drift_writer
//!   └─ metadata of applied objects ─▶ claims ─▶ memory: drifted?
//! ```
//!
//! Invariants: what is created or adopted is in the stored inventory first; a run whose input did not change asks about
//! no object; nobody waits in a worker; what fails says which object and why.

mod accounts;
mod args;
mod claims;
mod clusters;
mod context;
mod declared;
mod departure;
mod drift;
mod drift_mode;
mod drift_report;
mod drift_writer;
mod expressions;
mod facts;
mod fault;
mod heal;
mod heal_backoff;
mod health_looks;
mod history;
mod ignore_rules;
mod input_gate;
mod key_services;
mod kind_watches;
mod machine;
mod measures;
mod memory;
mod names;
mod object_follow;
mod precedence;
mod reconcile;
mod references;
mod render_request;
mod reporter;
#[cfg(test)]
mod samples;
mod shared;
mod source_index;
mod status;
mod step;
mod target;
mod tend;
mod throttle;
mod unreadable;
mod unreadable_read;
mod watch;
mod watched_target;

use crate::args::Options;
use crate::claims::Claims;
use crate::clusters::Clusters;
use crate::context::Context;
use crate::declared::Declared;
use crate::drift_report::DriftReports;
use crate::input_gate::InputGate;
use crate::key_services::KeyServices;
use crate::kind_watches::{KindWatches, Pools};
use crate::machine::Kustomizations;
use crate::measures::Measures;
use crate::precedence::Precedence;
use crate::reconcile::builder::Builder;
use crate::references::References;
use crate::reporter::Reporter;
use crate::shared::Shared;
use crate::source_index::SourceIndex;
use crate::throttle::Throttles;
use crate::unreadable::Unreadables;
use crate::watched_target::WatchedTarget;
use artifact::ArtifactCache;
use cluster::Target;
use reconcile_core::gate::{Gates, MemoryGate};
use reconcile_core::index::Index;
use reconcile_core::outside::{Outside, Surroundings};
use reconcile_core::process::{self, Process};
use reconcile_core::watch_pool::{self, WatchPool};
use reconcile_core::{Error, Runtime, Store, Turns};
use std::ffi::OsString;
use std::sync::Arc;
use tokio::sync::watch as channel;
use tokio::task::JoinSet;

/// Runs the controller until it is asked to stop.
///
/// # Errors
/// Wrong flags, no API server, a taken port, or a lost lease.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    process::run(args::DEFINITION, arguments, args::declare, args::settings, body)
}

async fn body(process: Process, options: Options) -> Result<(), Error> {
    let claims = Arc::new(Claims::default());
    let local = own_cluster(&process);
    let concurrent = process.args.concurrent;
    let memory = Gates::new(options.memory_gate.or_system(), Some(&process.metrics));
    tracing::info!(
        inputs = memory.inputs.limit(),
        work = memory.work.limit(),
        "memory that may be reserved, in bytes"
    );
    let clusters = clusters(&process, local, &claims, options.drift_watch);
    let ctx = Arc::new(Context {
        client: process.client.clone(),
        clusters,
        reporter: Reporter::new(process.recorder.clone(), options.commit_status),
        tracer: process.tracer.clone(),
        metrics: Arc::clone(&process.metrics),
        measures: Arc::new(Measures::new(&process.metrics)),
        artifacts: artifact_cache(&options, &memory.inputs)?,
        kustomizations: Store::new(),
        changes: channel::Sender::new(0),
        sources: SourceIndex::default(),
        claims: Arc::clone(&claims),
        references: References::new(
            options.reference_watch.then(|| process.client.clone()),
            process.stop.clone(),
        ),
        declared: Declared::default(),
        drift: Arc::new(DriftReports::default()),
        builder: Builder::new(concurrent, memory.work.clone(), options.build_limits),
        key_services: reached_services()?,
        throttles: Throttles::default(),
        shared: Shared::default(),
        unreadable: Unreadables::default(),
        dependants: Index::default(),
        precedence: Precedence::default(),
        fetches: Turns::new(context::FETCHES.0, context::FETCHES.1),
        options,
    });
    measures::show(&process.metrics, &ctx.kustomizations, &ctx.artifacts, &ctx.drift);
    let machine = Arc::new(Kustomizations { ctx: Arc::clone(&ctx) });
    let runtime = Runtime::with_metrics(machine, concurrent, Arc::clone(&process.metrics));
    watch::connect(&claims, &ctx.references, &runtime);
    let mut tasks = JoinSet::new();
    let mut synced = watch::start(&process, &ctx, &runtime, &mut tasks);
    drop(tasks.spawn(tend::tend(Arc::clone(&ctx), Arc::clone(&runtime))));
    let namespace = process.args.watch_namespace.clone();
    drop(tasks.spawn(drift_writer::write(Arc::clone(&ctx), namespace)));
    tokio::select! {
        // The sender lives in a watch that ends with the process.
        synced = synced.wait_for(|synced| *synced) => process.set_ready(synced.is_ok()),
        () = watch::answered(&process) => process.set_ready(true),
        () = process.stop.cancelled() => {}
    }
    process.stop.cancelled().await;
    process.set_ready(false);
    runtime.shutdown().await;
    tasks.shutdown().await;
    Ok(())
}

/// The cluster that the process is configured for, as a target.
fn own_cluster(process: &Process) -> Target {
    let (client, mapper) = (process.client.clone(), process.mapper.clone());
    Target::own(client, mapper, process.impersonator.clone())
}

/// The own cluster, and others as they are found: each has watches and places of its own.
fn clusters(process: &Process, own: Target, claims: &Arc<Claims>, drift_watch: bool) -> Clusters {
    let concurrent = process.args.concurrent;
    let (process, claims) = (process.clone(), Arc::clone(claims));
    let connect = process.connector.options().clone();
    let furnish = move |cluster: Target| {
        let (news, is_news) = channel::channel(0_u64);
        let pools = drift_watch.then(|| drift_watches(&process, &cluster, &claims, news));
        let kind_watches = KindWatches::new(pools, is_news);
        WatchedTarget::new(cluster, kind_watches).with_places(concurrent)
    };
    Clusters::new(furnish(own), connect, furnish)
}

/// One sink for both pools: what a kind is watched with makes no difference to who hears of it.
fn drift_watches(
    process: &Process,
    cluster: &Target,
    claims: &Arc<Claims>,
    news: channel::Sender<u64>,
) -> Pools {
    let news = Arc::new(news);
    let pool = |body: watch_pool::Body| {
        let (claims, news, target) = (Arc::clone(claims), Arc::clone(&news), cluster.id().clone());
        let watched = watch_pool::Options {
            labels: Some(api::labels::OWNER_NAME.to_owned()),
            body,
            managed_fields: true,
            ..watch_pool::Options::default()
        };
        WatchPool::new(
            cluster.client().clone(),
            cluster.mapper().clone(),
            watched,
            Some(Arc::clone(&process.metrics)),
            process.stop.clone(),
            move |event| watch::on_pool(&target, &claims, &news, event),
        )
    };
    let whole = pool(watch_pool::Body::Full(Arc::new(|_, body| departure::prune(body))));
    Pools { metadata: pool(watch_pool::Body::Metadata), whole }
}

fn reached_services() -> Result<KeyServices, Error> {
    let outside = Outside::new(concat!("kustomize-controller/", env!("CARGO_PKG_VERSION")));
    let outside = outside.map_err(|error| Error::HttpClient(error.to_string()))?;
    KeyServices::new(Arc::new(outside), Arc::new(Surroundings))
        .map_err(|error| Error::Startup(error.to_string()))
}

fn artifact_cache(options: &Options, memory: &MemoryGate) -> Result<ArtifactCache, Error> {
    let client = artifact::fetch::client(concat!("kustomize-controller/", env!("CARGO_PKG_VERSION")))
        .map_err(|error| Error::HttpClient(error.to_string()))?;
    let defaults = artifact::shared::Options::default();
    let fetch = artifact::fetch::Limits { retries: options.http_retry, ..defaults.fetch };
    let gate = Arc::new(InputGate(memory.clone()));
    let cache = ArtifactCache::with_gate(client, artifact::shared::Options { fetch, ..defaults }, gate);
    memory.on_pressure(cache.relief());
    Ok(cache)
}
