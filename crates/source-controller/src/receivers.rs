//! Webhooks: Flux's `Receiver`, whose path senders call when there is something new, so that nobody has to wait for an
//! interval. Off without `--receivers-addr`.
//!
//! ```text
//! watch ─▶ step (pure) ─▶ look: Secret ─▶ receiver::resolve ─▶ table ─▶ say (pure) ─▶ status
//! serve: table ─▶ body ─▶ receiver::check ─▶ ask: annotation on each object ─▶ its machine, if it is one of ours
//! ```
//!
//! It stands beside a notification-controller. Both make the same path and say the same of it; where they differ the other
//! one has the first word and the last (`say`). Who sends calls the one or the other, and the annotation is the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use api::receiver::Receiver;
use cloud::Exchange;
use kube::core::DynamicObject;
use reconcile_core::connections::Connections;
use reconcile_core::process::Process;
use reconcile_core::watch::{self as watching, Change, Scope};
use reconcile_core::{Error, ObjectKey, Runtime, Store};
use tokio::task::JoinSet;

use self::ask::{Asker, InCluster};
use self::keys::GoogleKeys;
use self::look::Looker;
use self::machine::Receivers;
use self::secrets::Secrets;
use self::serve::Server;
use self::step::Event;
use self::table::Table;
use crate::step::Facts;

mod ask;
mod keys;
mod look;
mod machine;
mod say;
mod secrets;
mod serve;
mod step;
mod table;

/// How many Receivers are looked at at a time.
const CONCURRENT: usize = 4;

/// What the flags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Where webhooks are answered; empty for nowhere.
    pub(crate) addr: String,
    /// `--no-cross-namespace-refs`.
    pub(crate) no_cross_namespace_refs: bool,
}

/// What runs.
pub(crate) struct Running {
    runtime: Arc<Runtime<Receivers>>,
    connections: Connections,
}

impl Running {
    /// Ends requests that are being answered, and runs.
    pub(crate) async fn shutdown(self) {
        self.connections.end(serve::GRACE).await;
        self.runtime.shutdown().await;
    }
}

/// Watches Receivers and answers webhooks; `asked` takes in what an object of a kind became when it was asked for, and
/// Google is asked for its keys by `outside`. Nothing runs where the flags name no address.
///
/// # Errors
/// The port cannot be opened, or there is no client for the API server.
pub(crate) async fn start(
    process: &Process,
    settings: &Settings,
    outside: Arc<dyn Exchange>,
    asked: impl Fn(&str, DynamicObject) + Send + Sync + 'static,
    tasks: &mut JoinSet<()>,
) -> Result<Option<Running>, Error> {
    if settings.addr.is_empty() {
        return Ok(None);
    }
    let objects: Store<Receiver> = Store::new();
    let table = Arc::new(Table::default());
    let leads = Arc::new(AtomicBool::new(false));
    let secrets = Secrets::new(process.client.clone(), process.stop.clone());
    let looker = Looker {
        client: process.client.clone(),
        objects: objects.clone(),
        recorder: process.recorder.clone(),
        secrets: Arc::clone(&secrets),
        table: Arc::clone(&table),
        leads: Arc::clone(&leads),
        left: parking_lot::Mutex::default(),
    };
    let retry = (process.args.min_retry_delay, process.args.max_retry_delay);
    let machine = Arc::new(Receivers { looker, metrics: Arc::clone(&process.metrics), retry });
    let runtime = Runtime::with_metrics(machine, CONCURRENT, Arc::clone(&process.metrics));
    let alarm = Arc::clone(&runtime);
    secrets.on_alarm(move |key| {
        alarm.send_existing(key, Event::Timer);
    });
    tasks.spawn(lead(process.clone(), leads, objects.clone(), Arc::clone(&runtime)));
    tasks.spawn(watch(process, objects, Arc::clone(&table), Arc::clone(&runtime)));
    // Of any replica, also of one that does not lead: whoever may write the annotation may ask.
    let client = process.connector.client_for_leases()?;
    let asker = Asker {
        objects: InCluster { client, asked: Box::new(asked) },
        no_cross_namespace_refs: settings.no_cross_namespace_refs,
    };
    let server = Server::new(table, asker, GoogleKeys::new(outside), &process.metrics);
    let connections = serve::start(&settings.addr, server, process.stop.clone()).await?;
    Ok(Some(Running { runtime, connections }))
}

/// Has everything looked at once this replica writes.
async fn lead(
    process: Process,
    leads: Arc<AtomicBool>,
    objects: Store<Receiver>,
    runtime: Arc<Runtime<Receivers>>,
) {
    if process.led().await {
        leads.store(true, Ordering::Release);
        for object in objects.all() {
            runtime.send_existing(&ObjectKey::of(&object.metadata), Event::Timer);
        }
    }
}

/// All Receivers of the watched namespaces, whatever their labels are: which controller of several answers webhooks is
/// decided by its flag.
fn watch(
    process: &Process,
    objects: Store<Receiver>,
    table: Arc<Table>,
    runtime: Arc<Runtime<Receivers>>,
) -> impl Future<Output = ()> + Send + use<> {
    let api =
        watching::namespaced::<Receiver>(process.client.clone(), process.args.watch_namespace.as_deref());
    // They tell who else writes the status.
    let scope = Scope { managed_fields: true, ..Scope::default() };
    let sink = move |change: Change<Receiver>| {
        let fresh = objects.apply(&change);
        match change {
            Change::Applied(object) if fresh => {
                let key = ObjectKey::of(&object.metadata);
                table.expect(&key);
                runtime.send(&key, Event::Seen(Facts::of(&object.metadata)));
            }
            Change::Deleted(gone) => {
                runtime.send_existing(&gone.key, Event::Gone);
            }
            Change::Undecodable(bad) => {
                runtime.send_existing(&bad.key, Event::Gone);
            }
            Change::Synced => table.synced(),
            Change::Applied(_) | Change::Failed(_) => {}
        }
    };
    watching::objects(api, scope, Some(Arc::clone(&process.metrics)), process.stop.clone(), sink)
}
