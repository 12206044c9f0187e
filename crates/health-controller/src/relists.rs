//! Has kinds listed again for rules that Kustomizations have of their own, no more often than the API server should bear:
//! whoever may write a Kustomization may change its rules as often as they like. When a kind has its turn is decided in
//! `turns`. Until then what the rules cannot judge is not known, and what is not kept keeps its verdict.

mod turns;

use std::time::Instant;

use parking_lot::Mutex;
use reconcile_core::watch_pool::{WatchPool, WatchedKind};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use turns::Turns;

/// See the module.
#[derive(Default)]
pub(crate) struct Relists {
    turns: Mutex<Turns>,
    asked: Notify,
}

impl Relists {
    /// These kinds are to be listed again.
    pub(crate) fn ask(&self, kinds: impl Iterator<Item = WatchedKind>) {
        let mut turns = self.turns.lock();
        kinds.for_each(|kind| turns.ask(kind));
        drop(turns);
        self.asked.notify_one();
    }

    /// Lists what has its turn, until the process ends.
    pub(crate) async fn keep(&self, objects: &WatchPool, stop: &CancellationToken) {
        loop {
            let (due, left) = self.turns.lock().take(Instant::now());
            due.iter().for_each(|kind| objects.list_again(kind));
            let next = async {
                match left {
                    Some(left) => tokio::time::sleep(left).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.asked.notified() => {}
                () = next => {}
            }
        }
    }
}
