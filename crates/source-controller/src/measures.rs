//! What this controller measures beside what its runtime does: archives, what was received, the disk, the sources
//! (`reconcile_core::metrics` defines the series). It decides nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reconcile_core::metrics::table::own;
use reconcile_core::metrics::{FleetKind, HistogramVec, IntGauge, Metrics, Resource};
use reconcile_core::{ObjectKey, Store};
use tokio_util::sync::CancellationToken;

use crate::kind::Kind;

/// Between two looks at the disk.
const LOOK_EVERY: Duration = Duration::from_secs(30);
const NO_LABELS: [&str; 0] = [];

/// See the module.
pub(crate) struct Measures {
    sizes: HistogramVec,
}

impl Measures {
    /// Of a process that receives from repositories what `received` counts.
    pub(crate) fn new(metrics: &Metrics, received: Arc<AtomicU64>) -> Self {
        let fetched = metrics.counters(&own::FETCHED).with_label_values(&["git"]);
        metrics.on_scrape(move || {
            fetched.inc_by(received.load(Ordering::Relaxed).saturating_sub(fetched.get()));
        });
        Self { sizes: metrics.histograms(&own::ARTIFACT_SIZE) }
    }

    /// An archive was published for an object of this kind.
    pub(crate) fn published(&self, kind: &str, bytes: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a size that is shown")]
        self.sizes.with_label_values(&[kind]).observe(bytes as f64);
    }
}

/// Has the objects of a kind told of whenever somebody asks.
pub(crate) fn follow<K: Kind>(metrics: &Metrics, objects: &Store<K>) {
    let kind = FleetKind { group: api::SOURCE_GROUP, version: "v1", kind: K::KIND };
    let store = objects.clone();
    metrics.follow(kind, move |show| {
        for object in store.all() {
            show(&resource(object.as_ref()));
        }
    });
}

fn resource<K: Kind>(object: &K) -> Resource<'_> {
    let mut labels = vec![("revision", object.revision().unwrap_or_default())];
    labels.extend(object.upstream_labels());
    Resource {
        key: ObjectKey::of(object.meta()),
        conditions: object.conditions(),
        suspended: object.is_suspended(),
        interval: object.interval(),
        labels,
    }
}

/// The file system of the storage, as gauges.
#[derive(Clone)]
struct Disk {
    capacity: IntGauge,
    available: IntGauge,
}

impl Disk {
    fn look(&self, root: &Path) {
        match rustix::fs::statvfs(root) {
            Ok(found) => {
                let bytes =
                    |blocks: u64| i64::try_from(blocks.saturating_mul(found.f_frsize)).unwrap_or(i64::MAX);
                self.capacity.set(bytes(found.f_blocks));
                self.available.set(bytes(found.f_bavail));
            }
            Err(error) => tracing::debug!(%error, "the size of the storage cannot be told"),
        }
    }
}

/// Looks at the storage's file system now and then, until `stop`: not when somebody asks for figures, who must not wait
/// for a disk.
pub(crate) async fn watch_disk(metrics: Arc<Metrics>, root: std::path::PathBuf, stop: CancellationToken) {
    let gauge = |family| metrics.gauges(family).with_label_values(&NO_LABELS);
    let disk = Disk { capacity: gauge(&own::STORAGE_CAPACITY), available: gauge(&own::STORAGE_AVAILABLE) };
    let root: Arc<Path> = root.into();
    loop {
        let (disk, root) = (disk.clone(), Arc::clone(&root));
        let look = tokio::task::spawn_blocking(move || disk.look(&root));
        tokio::select! {
            () = stop.cancelled() => return,
            looked = look => drop(looked),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

#[cfg(test)]
mod tests;
