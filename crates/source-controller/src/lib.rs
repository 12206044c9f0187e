//! source-controller: what a repository holds at a revision, as a deterministic archive that everybody can fetch.
//!
//! ```text
//! watch ─▶ step (pure) ─▶ reconcile: storage ─▶ access ─▶ resolve ─▶ fetch ─▶ verify ─▶ pack ─▶ publish ─▶ status
//!                                                            └─ upstream (git, oci) ─┘             └─▶ disk ─▶ serve
//! ```
//!
//! `kinds` is the table of kinds, `upstream` what each of them implements.
//!
//! Invariants: an artifact that was published stays until a newer one is complete, whatever fails; a poll that finds
//! nothing new sends the API server nothing; a slow or hostile repository concerns nobody but itself.

mod access;
mod args;
mod context;
mod fault;
mod foreign;
mod git;
mod helm;
mod kind;
mod kinds;
mod machine;
mod measures;
mod memory;
mod oci;
mod published;
mod reconcile;
#[cfg(test)]
mod samples;
mod serve;
mod share;
mod sources;
mod status;
mod step;
mod suspects;
mod upstream;
mod verify;
mod version_range;
mod waking;
mod watch;

use std::ffi::OsString;
use std::sync::Arc;

use artifact::store::Store as Storage;
use reconcile_core::Error;
use reconcile_core::process::{self, Process};
use tokio::task::JoinSet;

use crate::args::Options;
use crate::context::Context;
use crate::git::Git;
use crate::helm::Helm;
use crate::kinds::Kinds;
use crate::measures::Measures;
use crate::memory::Memory;
use crate::oci::Oci;
use crate::published::Published;
use crate::serve::Server;
use crate::share::Shares;
use crate::sources::Sources;
use crate::suspects::Suspects;

/// Folder of the clones below the storage; hidden, so that it is never served.
const CLONES: &str = ".clones";
/// Folder of layers while they are worked on, where no file has a name.
const LAYERS: &str = ".layers";
/// Folder of the marks of objects that are being worked on.
const MARKS: &str = ".running";

/// Runs the controller until it is asked to stop.
///
/// # Errors
/// Wrong flags, no API server, no storage, a taken port, or a lost lease.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    process::run(args::DEFINITION, arguments, args::declare, args::settings, body)
}

async fn body(process: Process, options: Options) -> Result<(), Error> {
    let storage = Storage::open(&options.storage_path, options.algorithm)
        .map_err(|error| Error::Startup(error.to_string()))?;
    storage.sweep().map_err(|error| Error::Startup(error.to_string()))?;
    let user_agent = format!("{}/{}", process.definition.name, process.definition.version);
    let published = Arc::new(Published::default());
    let memory = Memory::new(options.memory_gate.or_system(), Some(&process.metrics));
    let helm = Helm::new(user_agent.clone(), &memory, options.helm, options.allow_private_redirects);
    let git = Git::new(storage.root().join(CLONES), user_agent.clone(), &memory)
        .with_private_redirects(options.allow_private_redirects)
        .with_algorithms(options.ssh.clone());
    let oci = Oci::new(storage.root().join(LAYERS), user_agent, git.received())
        .with_private_redirects(options.allow_private_redirects);
    let ctx = Arc::new(Context {
        client: process.client.clone(),
        recorder: process.recorder.clone(),
        tracer: process.tracer.clone(),
        metrics: Arc::clone(&process.metrics),
        measures: Measures::new(&process.metrics, git.received()),
        git,
        helm,
        sources: Sources::default(),
        oci,
        memory: memory.archives,
        published: Arc::clone(&published),
        shares: Shares::new(process.args.concurrent),
        suspects: Suspects::open(storage.root().join(MARKS), suspects::Waits::default()),
        storage: storage.clone(),
        options,
        retry: (process.args.min_retry_delay, process.args.max_retry_delay),
        requeue_dependency: process.args.requeue_dependency,
        jitter: process.args.interval_jitter,
    });
    let mut tasks = JoinSet::new();
    let kinds = Kinds::start(&process, &ctx, &mut tasks);
    let root = storage.root().to_owned();
    tasks.spawn(measures::watch_disk(Arc::clone(&process.metrics), root, process.stop.clone()));
    let server = Server::new(storage, published, kinds.altered());
    let serving = serve::start(&ctx.options.storage_addr, server, process.stop.clone()).await?;
    if kinds.synced(&process.stop).await {
        ctx.suspects.keep_only(&kinds.uids());
        kinds.sweep(&ctx).await;
        process.set_ready(true);
    }
    process.stop.cancelled().await;
    while tasks.join_next().await.is_some() {}
    kinds.shutdown().await;
    serving.end().await;
    Ok(())
}
