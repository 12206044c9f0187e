//! source-controller: what a repository holds at a revision, as a deterministic archive that everybody can fetch.
//!
//! ```text
//! watch ─▶ step (pure) ─▶ reconcile: storage ─▶ git (find) ─▶ archive ─▶ publish ─▶ status, event
//!                                                                  └─▶ disk ─▶ serve (HTTP)
//! ```
//!
//! Invariants: an artifact that was published stays until a newer one is complete, whatever fails; a poll that finds
//! nothing new sends the API server nothing; a slow or hostile repository concerns nobody but itself.

mod args;
mod context;
mod fault;
mod git;
mod kind;
mod machine;
mod published;
mod reconcile;
mod serve;
mod status;
mod step;
mod watch;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ffi::OsString;
use std::sync::Arc;

use api::bucket::Bucket;
use api::git_repository::GitRepository;
use api::oci_repository::OCIRepository;
use artifact::store::Store as Storage;
use reconcile_core::process::{self, Process};
use reconcile_core::{Error, ObjectKey};
use tokio::task::JoinSet;

use crate::args::Settings;
use crate::context::Context;
use crate::git::Git;
use crate::kind::Kind as _;
use crate::published::Published;
use crate::serve::Server;
use crate::step::Event;

/// Folder of the clones below the storage; hidden, so that it is never served.
const CLONES: &str = ".clones";

/// Runs the controller until it is told to stop.
///
/// # Errors
/// Wrong flags, no API server, no storage, a taken port, or a lost lease.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<(), Error> {
    process::run(args::DEFINITION, arguments, args::declare, args::settings, body)
}

async fn body(process: Process, settings: Settings) -> Result<(), Error> {
    let storage = Storage::open(&settings.storage_path, settings.algorithm)
        .map_err(|error| Error::Startup(error.to_string()))?;
    storage.sweep().map_err(|error| Error::Startup(error.to_string()))?;
    let user_agent = format!("{}/{}", process.definition.name, process.definition.version);
    let published = Arc::new(Published::default());
    let ctx = Arc::new(Context {
        client: process.client.clone(),
        recorder: process.recorder.clone(),
        metrics: Arc::clone(&process.metrics),
        git: Git::new(storage.root().join(CLONES), user_agent),
        published: Arc::clone(&published),
        storage: storage.clone(),
        settings,
        retry: (process.args.min_retry_delay, process.args.max_retry_delay),
        jitter: process.args.interval_jitter,
    });
    let mut tasks = JoinSet::new();
    let git = watch::start::<GitRepository>(&process, &ctx, &mut tasks);
    let oci = watch::start::<OCIRepository>(&process, &ctx, &mut tasks);
    let bucket = watch::start::<Bucket>(&process, &ctx, &mut tasks);

    let altered = Arc::clone(&git.runtime);
    let server = Server::new(storage, published, move |path: &str| {
        let mut parts = path.split('/');
        if let (Some(GitRepository::CONTROLLER), Some(namespace), Some(name)) =
            (parts.next(), parts.next(), parts.next())
        {
            altered.send_existing(&ObjectKey::new(namespace, name), Event::Tampered);
        }
    });
    let serving = serve::start(&ctx.settings.storage_addr, server, process.stop.clone()).await?;

    for mut synced in [git.synced.clone(), oci.synced.clone(), bucket.synced.clone()] {
        tokio::select! {
            () = process.stop.cancelled() => break,
            // An error means that the watch ended, which it does only when the process ends.
            _ = synced.wait_for(|synced| *synced) => {}
        }
    }
    if !process.stop.is_cancelled() {
        let (sweeping, objects) = (Arc::clone(&ctx), git.objects.clone());
        let uids = move || -> HashSet<String> {
            objects.all().iter().filter_map(|object| object.metadata.uid.clone()).collect()
        };
        // What is left behind costs disk space only.
        drop(tokio::task::spawn_blocking(move || sweeping.git.keep_only(uids)).await);
        process.set_ready(true);
    }
    process.stop.cancelled().await;
    while tasks.join_next().await.is_some() {}
    tokio::join!(git.runtime.shutdown(), oci.runtime.shutdown(), bucket.runtime.shutdown());
    serving.end().await;
    Ok(())
}
