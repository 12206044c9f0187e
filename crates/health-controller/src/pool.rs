//! A watch pool of this process. What it watches and who hears of it is its owner's.

use std::sync::Arc;

use reconcile_core::process::Process;
use reconcile_core::watch_pool::{Options, PoolEvent, WatchPool};

/// Watches nothing yet.
pub(crate) fn pool(
    process: &Process,
    options: Options,
    sink: impl Fn(PoolEvent) + Send + Sync + 'static,
) -> WatchPool {
    WatchPool::new(
        process.client.clone(),
        process.mapper.clone(),
        options,
        Some(Arc::clone(&process.metrics)),
        process.stop.clone(),
        sink,
    )
}
