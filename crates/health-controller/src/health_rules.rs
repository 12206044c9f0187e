//! HealthRules: watched, read, and put in force without a restart. What a rule is worth and what is said of it is the
//! ledger's to decide; here is that it is looked at, that what is watched is judged again, and that its status is written.
//! That the kind is not installed is no fault.

mod ledger;

use std::sync::Arc;
use std::time::Duration;

use api::health_rule::HealthRule;
use api::labels::HEALTH_MANAGER;
use cluster::Class;
use jiff::Timestamp;
use kube::Api;
use parking_lot::Mutex;
use reconcile_core::process::Process;
use reconcile_core::status;
use reconcile_core::watch_pool::{Body, Interest, Options, PoolEvent, WatchPool, WatchedKind};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use crate::observed::Observed;
use crate::pool::pool;
use crate::rule_book::RuleBook;
use ledger::{Ledger, Write};

/// How long changes are collected before rules are put in force.
const BURST: Duration = Duration::from_millis(100);
/// How long objects are collected that come and go before they are counted.
const COUNTED: Duration = Duration::from_secs(10);
/// After a status that could not be written.
const REFUSED: Duration = Duration::from_secs(60);
/// How long the first assessments wait for rules.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the watch says, and what is awaited of it.
pub(crate) struct HealthRules {
    ledger: Arc<Mutex<Ledger>>,
    changed: Arc<Notify>,
    in_force: watch::Sender<bool>,
    _interest: Interest,
}

/// What rules are put in force on.
pub(crate) struct Subjects<'a> {
    pub(crate) process: &'a Process,
    pub(crate) rules: &'a RuleBook,
    pub(crate) observed: &'a Observed,
    pub(crate) objects: &'a WatchPool,
}

impl HealthRules {
    /// Watches.
    pub(crate) fn new(process: &Process) -> Self {
        let (ledger, changed) = (Arc::<Mutex<Ledger>>::default(), Arc::<Notify>::default());
        let (seen, news) = (Arc::clone(&ledger), Arc::clone(&changed));
        let options = Options { body: Body::Full(Arc::new(|_, _| {})), optional: true, ..Options::default() };
        let watched = pool(process, options, move |event: PoolEvent| {
            if seen.lock().take(event) {
                news.notify_one();
            }
        });
        let kind = WatchedKind::gvk(api::FLYBALL_GROUP, api::FLYBALL_VERSION, "HealthRule");
        let interest = watched.acquire(&kind);
        Self { ledger, changed, in_force: watch::Sender::new(false), _interest: interest }
    }

    /// Waits until the rules are in force that there are, or for a while: objects that are judged before have to be looked
    /// at twice.
    pub(crate) async fn in_force(&self) {
        let mut in_force = self.in_force.subscribe();
        // An error says that nobody will put any in force.
        drop(tokio::time::timeout(PATIENCE, in_force.wait_for(|known| *known)).await);
    }

    /// Puts rules in force and says what they are worth, until the process ends.
    pub(crate) async fn keep(&self, subjects: Subjects<'_>) {
        let mut due: Option<Instant> = None;
        // What is published counts objects that are still to be listed.
        let mut pause = COUNTED;
        loop {
            let write = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = subjects.process.stop.cancelled() => return,
                () = self.changed.notified() => {
                    tokio::time::sleep(BURST).await;
                    if self.put_in_force(&subjects) {
                        due = Some(Instant::now() + std::mem::take(&mut pause));
                    }
                }
                () = subjects.observed.counts_changed(), if due.is_none() => {
                    due = self.ledger.lock().has_rules().then(|| Instant::now() + COUNTED);
                }
                () = write => {
                    due = self.write(&subjects).await.map(|pause| Instant::now() + pause);
                }
            }
        }
    }

    /// False as long as it is not known which rules there are.
    fn put_in_force(&self, subjects: &Subjects<'_>) -> bool {
        let change = {
            let mut ledger = self.ledger.lock();
            if !ledger.is_settled() {
                return false;
            }
            ledger.put_in_force()
        };
        if let Some(change) = change {
            subjects.rules.set(change.rules);
            for kind in subjects.objects.kinds().into_iter().filter(|kind| change.concerned.concern(kind)) {
                subjects.objects.list_again(&kind);
            }
        }
        self.in_force.send_replace(true);
        true
    }

    /// Writes what has changed of what is said; after how long it has to be tried again, if it has.
    async fn write(&self, subjects: &Subjects<'_>) -> Option<Duration> {
        let (base, args) = (subjects.rules.base(), &subjects.process.args);
        let sees_all = args.watch_namespace.is_none() && args.watch_label_selector.is_none();
        let counts = sees_all.then(|| subjects.observed.counts());
        let judged = counts.map(|counts| {
            counts.into_iter().map(|(kind, count)| (base.decider(&kind.group, &kind.kind), count))
        });
        let writes = self.ledger.lock().writes(judged, Timestamp::now());
        let api: Api<HealthRule> = Api::all(subjects.process.client.clone());
        let mut again = None;
        for Write { name, version, change } in writes {
            match status::patch(&api, &name, HEALTH_MANAGER, &change, version.as_deref()).await {
                Ok(written) => self.ledger.lock().written(written),
                // Somebody else has written or deleted it; the watch brings what it is now.
                Err(error) if matches!(error.classify(), Class::Conflict | Class::NotFound) => {}
                Err(error) => {
                    if again.replace(REFUSED).is_none() {
                        tracing::warn!(name = %name, %error, "the status of a HealthRule could not be written");
                    }
                }
            }
        }
        again
    }
}
