//! Watches one kind and tells its machine what changed.

use std::sync::Arc;

use reconcile_core::process::Process;
use reconcile_core::watch::{self, Change, Scope};
use reconcile_core::{ObjectKey, Runtime, Store};
use tokio::sync::watch as channel;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::machine::Sources;
use crate::measures;
use crate::reconcile::source::Source;
use crate::share;
use crate::step::{Event, Facts};

/// A kind that is being watched and run.
pub(crate) struct Running<K: Source> {
    pub(crate) runtime: Arc<Runtime<Sources<K>>>,
    pub(crate) objects: Store<K>,
    /// True once the first list is complete.
    pub(crate) synced: channel::Receiver<bool>,
}

/// Starts a kind's machine and its watch.
pub(crate) fn start<K: Source>(process: &Process, ctx: &Arc<Context>, tasks: &mut JoinSet<()>) -> Running<K> {
    let objects = K::objects(ctx);
    measures::follow(&process.metrics, &objects);
    let machine = Arc::new(Sources { ctx: Arc::clone(ctx), objects: objects.clone() });
    let permits = share::permits(process.args.concurrent);
    let runtime = Runtime::with_metrics(machine, permits, Arc::clone(&process.metrics));
    let api = watch::namespaced::<K>(process.client.clone(), process.args.watch_namespace.as_deref());
    let scope = Scope { labels: process.args.watch_label_selector.clone(), ..Scope::default() };
    let (sync, synced) = channel::channel(false);
    let (sink, store, copies) = (Arc::clone(&runtime), objects.clone(), Arc::clone(&ctx.copies));
    tasks.spawn(watch::objects(
        api,
        scope,
        Some(Arc::clone(&process.metrics)),
        process.stop.clone(),
        move |change: Change<K>| {
            let fresh = store.apply(&change);
            match change {
                Change::Applied(object) if fresh => {
                    copies.seen(&object);
                    // After it is stored: whoever begins to work looks there.
                    if copies.works() {
                        sink.send(&ObjectKey::of(object.meta()), Event::Seen(Facts::of(object.meta())));
                    }
                }
                Change::Deleted(gone) => {
                    copies.gone(K::CONTROLLER, &gone.key);
                    sink.send_existing(&gone.key, Event::Gone);
                }
                Change::Undecodable(bad) => copies.unread(K::CONTROLLER, &bad.key),
                // The receiver is gone only when the process ends.
                Change::Synced => drop(sync.send(true)),
                _ => {}
            }
        },
    ));
    Running { runtime, objects, synced }
}

impl<K: Source> Running<K> {
    /// This replica works from now on: every object that is there is seen.
    pub(crate) fn begin(&self) {
        for object in self.objects.all() {
            self.runtime.send(&ObjectKey::of(object.meta()), Event::Seen(Facts::of(object.meta())));
        }
    }
}
