//! Alerts: told when something is wrong and when it is over, once for each root cause, to whoever wants to know.
//!
//! ```text
//! an assessment ─▶ observe ─▶ ledger (pure) ─▶ words ─▶ alert ─▶ Event on the Kustomization
//!                               ▲    │                    └───▶ receivers: a queue and a task each
//!                     the time ─┘    └─▶ note on the Convergence
//! ```
//!
//! Invariants: an assessment never waits for an alert; a receiver that is down delays no other; what was told is noted on
//! the Convergence, so that a restart neither repeats it nor forgets to tell its end.

mod alert;
mod commit;
mod ledger;
mod mark;
mod message;
mod observation;
mod post;
mod queue;
mod receiver;
mod receivers;
mod request;
mod roots;
mod settings;
mod verdict;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::convergence::{Convergence, ConvergenceStatus};
use api::kustomization::Kustomization;
use api::labels::{ALERTED, HEALTH_MANAGER};
use convergence::dependencies::Reach;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use parking_lot::Mutex;
use reconcile_core::metrics::Metrics;
use reconcile_core::metrics::table::own;
use reconcile_core::process::Process;
use reconcile_core::{ObjectKey, Store, env, events};
use serde_json::json;
use tokio::sync::Notify;

use alert::{About, Alert};
use ledger::{Decided, Ledger, Word};
use message::Message;
use observation::Severity;
use receiver::Counts;
use receivers::Receivers;
use request::Reporter;

/// How long news are collected before it is decided what follows.
const BURST: Duration = Duration::from_millis(250);
/// How long notes are waited for when the process ends.
const LAST: Duration = Duration::from_secs(2);
/// When a note that could not be written is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// What the flags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whether there are alerts at all.
    pub(crate) enabled: bool,
    /// How long something has to last before it is told.
    pub(crate) delay: Duration,
    /// The Secret that names receivers; empty for none.
    pub(crate) config: String,
}

/// What assessments tell.
pub(crate) struct Alerts {
    /// None where there are no alerts.
    ledger: Option<Mutex<Ledger>>,
    convergences: Store<Convergence>,
    news: Notify,
}

impl Alerts {
    /// Nothing was told yet.
    pub(crate) fn new(options: &Options, reach: Reach, convergences: &Store<Convergence>) -> Self {
        let ledger = options.enabled.then(|| Mutex::new(Ledger::new(reach, options.delay)));
        Self { ledger, convergences: convergences.clone(), news: Notify::new() }
    }

    /// A Kustomization was assessed; `old` is what was published of it before, `new` what is now.
    pub(crate) fn observe(
        &self,
        object: &Kustomization,
        old: Option<&ConvergenceStatus>,
        new: &ConvergenceStatus,
    ) {
        let Some(ledger) = &self.ledger else { return };
        let note = || {
            let convergence = self.convergences.get(&ObjectKey::of(&object.metadata))?;
            convergence.annotations().get(ALERTED).cloned()
        };
        if ledger.lock().observe(object, old, new, note) {
            self.news.notify_one();
        }
    }

    /// A Kustomization is gone.
    pub(crate) fn forget(&self, key: &ObjectKey) {
        if let Some(ledger) = &self.ledger
            && ledger.lock().forget(key)
        {
            self.news.notify_one();
        }
    }
}

/// Tells, until the process ends.
pub(crate) async fn run(
    process: Process,
    options: Options,
    alerts: Arc<Alerts>,
    kustomizations: Store<Kustomization>,
) {
    let Some(ledger) = &alerts.ledger else { return };
    let reporter = Reporter { controller: process.definition.name.to_owned(), instance: env::hostname() };
    let counts = Counts::new(&process.metrics);
    let receivers = Receivers::start(&process.args.events_addr, reporter, counts, process.stop.clone());
    if !options.config.is_empty() {
        let namespace =
            process.args.runtime_namespace.as_deref().unwrap_or(process.connector.default_namespace());
        let secret = ObjectKey::new(namespace, options.config);
        drop(tokio::spawn(Arc::clone(&receivers).follow(process.client.clone(), secret)));
    }
    show(&process.metrics, &alerts);
    let teller = Teller { process, kustomizations, convergences: alerts.convergences.clone(), receivers };
    let stop = teller.process.stop.clone();
    loop {
        let decided = ledger.lock().decide(Instant::now());
        let patience = async {
            stop.cancelled().await;
            tokio::time::sleep(LAST).await;
        };
        let next = tokio::select! {
            next = teller.carry_out(ledger, decided) => next,
            () = patience => break,
        };
        let due = async {
            match next {
                Some(next) => tokio::time::sleep_until(next.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => break,
            () = alerts.news.notified() => tokio::time::sleep(BURST).await,
            () = due => {}
        }
    }
    teller.receivers.end().await;
}

/// Counts what is open whenever somebody asks.
fn show(metrics: &Metrics, alerts: &Arc<Alerts>) {
    let open = metrics.gauges(&own::ALERTS_OPEN);
    let alerts = Arc::clone(alerts);
    metrics.on_scrape(move || {
        let Some(ledger) = &alerts.ledger else { return };
        let ledger = ledger.lock();
        for (severity, label) in [(Severity::Error, "error"), (Severity::Info, "info")] {
            open.with_label_values(&[label]).set(i64::try_from(ledger.open(severity)).unwrap_or(i64::MAX));
        }
    });
}

/// Carries out what was decided.
struct Teller {
    process: Process,
    kustomizations: Store<Kustomization>,
    convergences: Store<Convergence>,
    receivers: Arc<Receivers>,
}

impl Teller {
    /// Tells and notes; when to decide again.
    async fn carry_out(&self, ledger: &Mutex<Ledger>, decided: Decided) -> Option<Instant> {
        for word in decided.words {
            self.tell(ledger, word);
        }
        let mut failed = false;
        for (key, note) in decided.marks {
            match self.note(&key, note.as_deref()).await {
                Ok(()) => ledger.lock().mark(&key, note.as_deref()),
                Err(error) => {
                    failed = true;
                    tracing::debug!(name = %key.name, namespace = %key.namespace, %error, "an alert could not be noted");
                }
            }
        }
        let again = failed.then(|| Instant::now() + AGAIN);
        decided.next.into_iter().chain(again).min()
    }

    fn tell(&self, ledger: &Mutex<Ledger>, word: Word) {
        let at = Timestamp::now();
        let alert = match word {
            Word::Commit(commit) => {
                self.receivers.tell(&Arc::new(Message::Commit(commit)));
                return;
            }
            Word::Wrong { lead, roots, severity } => {
                let about = self.about(&lead);
                let ledger = ledger.lock();
                let observation = ledger.observation(&lead);
                Alert::wrong(lead.clone(), about, &roots, severity, observation, at)
            }
            Word::Over { lead, causes, converged } => {
                let about = self.about(&lead);
                let ledger = ledger.lock();
                let observation = ledger.observation(&lead);
                Alert::over(lead.clone(), about, &causes, converged, observation, at)
            }
        };
        let severity = if alert.severity == Severity::Error { "error" } else { "info" };
        tracing::info!(controller = "alerts", name = %alert.key.name, namespace = %alert.key.namespace,
            severity, reason = %alert.reason, waiting = alert.waits, "{}", alert.summary);
        self.process.recorder.record(alert.event(api::KUSTOMIZE_GROUP));
        self.receivers.tell(&Arc::new(Message::Alert(Box::new(alert))));
    }

    /// The Kustomization as events name it.
    fn about(&self, key: &ObjectKey) -> About {
        let Some(object) = self.kustomizations.get(key) else {
            // It went a moment ago.
            let involved = ObjectReference {
                api_version: Some(format!("{}/{}", api::KUSTOMIZE_GROUP, api::FLUX_VERSION)),
                kind: Some("Kustomization".to_owned()),
                namespace: Some(key.namespace.clone()),
                name: Some(key.name.clone()),
                ..ObjectReference::default()
            };
            return About { involved, metadata: BTreeMap::new() };
        };
        let mut metadata = BTreeMap::new();
        events::merge_annotations(&mut metadata, object.metadata.annotations.as_ref());
        About { involved: events::reference(&*object, &()), metadata }
    }

    /// Notes on the Convergence what alerts are open. One that is gone needs no note.
    async fn note(&self, key: &ObjectKey, note: Option<&str>) -> Result<(), cluster::Error> {
        let api: Api<Convergence> = Api::namespaced(self.process.client.clone(), &key.namespace);
        let patch = Patch::Merge(json!({ "metadata": { "annotations": { ALERTED: note } } }));
        let params = PatchParams { field_manager: Some(HEALTH_MANAGER.to_owned()), ..PatchParams::default() };
        match api.patch(&key.name, &params, &patch).await.map_err(cluster::Error::from) {
            Ok(written) => {
                self.convergences.update(Arc::new(written));
                Ok(())
            }
            Err(error) if error.classify() == cluster::Class::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}
