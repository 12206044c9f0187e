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
mod applied;
mod args;
mod bucket;
mod claim;
mod clouds;
mod context;
mod copies;
mod fault;
mod foreign;
mod git;
mod helm;
mod homes;
mod kind;
mod kinds;
mod machine;
mod measures;
mod memory;
mod oci;
mod pieces;
mod published;
mod receivers;
mod reconcile;
mod replica;
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

use cloud::Exchange;
use reconcile_core::Error;
use reconcile_core::outside::{Outside, Surroundings};
use reconcile_core::process::{self, Process};
use tokio::task::JoinSet;

use crate::args::Options;
use crate::bucket::Buckets;
use crate::clouds::Clouds;
use crate::context::Context;
use crate::git::Git;
use crate::helm::Helm;
use crate::kinds::Kinds;
use crate::measures::Measures;
use crate::memory::Memory;
use crate::oci::Oci;
use crate::pieces::Formers;
use crate::replica::Replica;
use crate::share::Shares;
use crate::sources::Sources;
use crate::suspects::Suspects;

/// Folder of the clones below the storage; hidden, so that it is never served.
const CLONES: &str = ".clones";
/// Folder of layers while they are worked on, where no file has a name.
const LAYERS: &str = ".layers";
/// Folder of what is kept of buckets.
const OBJECTS: &str = ".objects";
/// Folder of the marks of objects that are being worked on.
const MARKS: &str = ".running";

/// Runs the controller until it is asked to stop.
///
/// # Errors
/// Wrong flags, no API server, no storage, a taken port, or a lost lease.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    memory::in_small_pages();
    process::run_at_once(args::DEFINITION, arguments, args::declare, args::settings, body)
}

async fn body(process: Process, options: Options) -> Result<(), Error> {
    let user_agent = format!("{}/{}", process.definition.name, process.definition.version);
    let Some(replica) = Replica::start(&process, &options, &user_agent).await? else { return Ok(()) };
    let storage = replica.storage.clone();
    let memory = Memory::new(options.memory_gate.or_system(), Some(&process.metrics));
    let helm = Helm::new(user_agent.clone(), &memory, options.helm, options.allow_private_redirects);
    let git = Git::new(storage.root().join(CLONES), user_agent.clone(), &memory)
        .with_private_redirects(options.allow_private_redirects)
        .with_algorithms(options.ssh.clone());
    let outside = Outside::new(&user_agent).map_err(|error| Error::HttpClient(error.to_string()))?;
    let outside: Arc<dyn Exchange> = Arc::new(outside);
    let identities = options.identities.clone();
    let clouds = Clouds::new(Arc::clone(&outside), Arc::new(Surroundings), user_agent.clone(), identities);
    let (folder, algorithm) = (storage.root().join(OBJECTS), options.algorithm);
    let buckets = Buckets::new(folder, user_agent.clone(), algorithm, &memory, git.received());
    let oci = Oci::new(storage.root().join(LAYERS), user_agent, git.received())
        .with_private_redirects(options.allow_private_redirects);
    let ctx = Arc::new(Context {
        client: process.client.clone(),
        recorder: process.recorder.clone(),
        tracer: process.tracer.clone(),
        metrics: Arc::clone(&process.metrics),
        measures: Measures::new(&process.metrics, git.received()),
        git,
        buckets,
        helm,
        sources: Sources::default(),
        oci,
        clouds,
        memory: memory.archives,
        published: Arc::clone(&replica.published),
        pieces: Formers::default(),
        homes: Arc::clone(&replica.homes),
        copies: Arc::clone(&replica.copies),
        applied: Arc::clone(&replica.applied),
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
    replica.accompany(&process, &mut tasks);
    let hooks =
        receivers::start(&process, &ctx.options.receivers, outside, replica.asked(&kinds), &mut tasks)
            .await?;
    let serving =
        serve::start(&ctx.options.storage_addr, replica.server(&kinds), process.stop.clone()).await?;
    if kinds.synced(&process.stop).await {
        ctx.suspects.keep_only(&kinds.uids());
        kinds.sweep(&ctx).await;
        replica.serve_and_work(&process, &kinds, &ctx.suspects).await;
    }
    process.stop.cancelled().await;
    while tasks.join_next().await.is_some() {}
    let webhooks = async {
        if let Some(hooks) = hooks {
            hooks.shutdown().await;
        }
    };
    tokio::join!(kinds.shutdown(), serving.end(), webhooks);
    Ok(())
}
