//! One receiver: a queue, and a task that empties it. What it does not take is tried again, ever more seldom, for an hour;
//! nobody waits for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use parking_lot::Mutex;
use reconcile_core::metrics::table::own;
use reconcile_core::metrics::{IntCounterVec, IntGaugeVec, Metrics};
use reconcile_core::{Backoff, lengthen};
use reqwest::Client;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::message::Message;
use super::post::{client, post};
use super::queue::{Item, Queue};
use super::request::{Reporter, build, concerns};
use super::settings::Settings;
use super::verdict::{Verdict, judge};

#[cfg(test)]
mod tests;

/// Pauses after failures in a row.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(120));
/// By how much a pause may be longer, in per cent.
const JITTER: u8 = 30;
/// How long the rest may take when the process ends.
const REST: Duration = Duration::from_secs(3);

/// What all receivers count by.
#[derive(Clone)]
pub(super) struct Counts {
    told: IntCounterVec,
    waiting: IntGaugeVec,
}

/// What becomes of an alert.
const RESULTS: [&str; 4] = ["sent", "failed", "refused", "dropped"];

impl Counts {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self { told: metrics.counters(&own::ALERTS), waiting: metrics.gauges(&own::ALERTS_WAITING) }
    }

    /// Begins at zero, so that the first failure is a rise.
    fn begin(&self, receiver: &str) {
        for result in RESULTS {
            self.told.with_label_values(&[receiver, result]).inc_by(0);
        }
        self.waiting.with_label_values(&[receiver]).set(0);
    }

    fn add(&self, receiver: &str, result: &str, count: usize) {
        self.told.with_label_values(&[receiver, result]).inc_by(count as u64);
    }

    fn waits(&self, receiver: &str, count: usize) {
        self.waiting.with_label_values(&[receiver]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// A receiver that is no more has no series.
    fn end(&self, receiver: &str) {
        for result in RESULTS {
            // An error only says that there was none.
            drop(self.told.remove_label_values(&[receiver, result]));
        }
        drop(self.waiting.remove_label_values(&[receiver]));
    }
}

/// See the module.
pub(super) struct Receiver {
    shared: Arc<Shared>,
    /// Ends the task.
    gone: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    name: String,
    settings: Mutex<Arc<Settings>>,
    queue: Mutex<Queue>,
    /// Something came, or the settings are others.
    news: Notify,
    counts: Counts,
    reporter: Reporter,
}

impl Receiver {
    /// Begins. When `stop` is cancelled, what is left is tried once more.
    pub(super) fn start(
        settings: Settings,
        reporter: Reporter,
        counts: Counts,
        stop: CancellationToken,
    ) -> Self {
        counts.begin(&settings.name);
        let shared = Arc::new(Shared {
            name: settings.name.clone(),
            settings: Mutex::new(Arc::new(settings)),
            queue: Mutex::default(),
            news: Notify::new(),
            counts,
            reporter,
        });
        let gone = CancellationToken::new();
        let task = tokio::spawn(Arc::clone(&shared).work(stop, gone.clone()));
        Self { shared, gone, task }
    }

    /// Has it told, if it concerns the receiver. Returns at once.
    pub(super) fn tell(&self, message: &Arc<Message>) {
        if !concerns(&self.shared.settings.lock(), message) {
            return;
        }
        let (gone, len) = {
            let mut queue = self.shared.queue.lock();
            (queue.push(Arc::clone(message), Instant::now()), queue.len())
        };
        let name = &self.shared.name;
        if gone > 0 {
            self.shared.counts.add(name, "dropped", gone);
            tracing::error!(receiver = %name, alerts = gone, "more alerts wait than there is room for: the oldest are dropped");
        }
        self.shared.counts.waits(name, len);
        self.shared.news.notify_one();
    }

    /// From now on it is spoken to like this. What waits is told in the new way.
    pub(super) fn change(&self, settings: Settings) {
        let is_new = **self.shared.settings.lock() != settings;
        if is_new {
            *self.shared.settings.lock() = Arc::new(settings);
            self.shared.news.notify_one();
        }
    }

    /// There is no such receiver any more.
    pub(super) fn remove(self) {
        self.gone.cancel();
        self.task.abort();
        self.shared.counts.end(&self.shared.name);
    }

    /// Waits for the task, which ends with its token.
    pub(super) async fn end(self) {
        drop(self.task.await);
    }
}

/// A client, and for which settings it is.
struct Speaking {
    settings: Arc<Settings>,
    client: Result<Client, String>,
}

impl Shared {
    async fn work(self: Arc<Self>, stop: CancellationToken, gone: CancellationToken) {
        let mut backoff = Backoff::new(PAUSES.0, PAUSES.1);
        // Made when there is something to tell: most receivers never hear of anything.
        let mut speaking: Option<Speaking> = None;
        let run = async {
            loop {
                let Some(item) = self.next() else {
                    self.news.notified().await;
                    continue;
                };
                let now = self.settings.lock().clone();
                let known = speaking.take().filter(|known| Arc::ptr_eq(&now, &known.settings));
                let speaking = speaking.insert(known.unwrap_or_else(|| {
                    backoff.reset();
                    self.speak()
                }));
                if let Some(pause) = self.attempt(speaking, &item, &mut backoff).await {
                    self.rest(pause, &speaking.settings).await;
                }
            }
        };
        tokio::select! {
            () = gone.cancelled() => return,
            () = stop.cancelled() => {}
            never = run => never,
        }
        let last = async {
            let speaking = self.speak();
            while let Some(item) = self.next() {
                let verdict = self.send(&speaking, &item).await;
                if !self.settle(&item, &verdict) {
                    break;
                }
            }
        };
        drop(tokio::time::timeout(REST, last).await);
    }

    fn speak(&self) -> Speaking {
        let settings = self.settings.lock().clone();
        let user_agent = format!("flyball-{}", self.reporter.controller);
        let client = client(&settings, &user_agent);
        Speaking { settings, client }
    }

    /// The first that still is to be told.
    fn next(&self) -> Option<Item> {
        let (expired, item, len) = {
            let mut queue = self.queue.lock();
            (queue.expire(Instant::now()), queue.first().cloned(), queue.len())
        };
        if expired > 0 {
            self.counts.add(&self.name, "dropped", expired);
            self.counts.waits(&self.name, len);
            tracing::error!(receiver = %self.name, alerts = expired, "the receiver has not taken alerts for an hour: they are dropped");
        }
        item
    }

    async fn send(&self, speaking: &Speaking, item: &Item) -> Verdict {
        let Some(outgoing) = build(&speaking.settings, &item.message, &self.reporter) else {
            // Its kind is another one since.
            return Verdict::Sent;
        };
        let answer = match &speaking.client {
            Ok(client) => post(client, outgoing).await,
            Err(why) => Err(why.clone()),
        };
        judge(&speaking.settings.kind, answer.as_ref().map_err(Clone::clone), Timestamp::now())
    }

    /// Takes out what is settled; whether it is.
    fn settle(&self, item: &Item, verdict: &Verdict) -> bool {
        let result = match verdict {
            Verdict::Sent => "sent",
            Verdict::Refused(_) => "refused",
            Verdict::Again { .. } => "failed",
        };
        self.counts.add(&self.name, result, 1);
        if matches!(verdict, Verdict::Again { .. }) {
            return false;
        }
        let len = {
            let mut queue = self.queue.lock();
            queue.done(item.id);
            queue.len()
        };
        self.counts.waits(&self.name, len);
        true
    }

    /// Tries once; how long to wait then, if it failed.
    async fn attempt(&self, speaking: &Speaking, item: &Item, backoff: &mut Backoff) -> Option<Duration> {
        let verdict = self.send(speaking, item).await;
        self.settle(item, &verdict);
        let key = item.message.key();
        match verdict {
            Verdict::Sent => {
                if backoff.failures() > 0 {
                    tracing::info!(receiver = %self.name, "the receiver takes alerts again");
                }
                backoff.reset();
                None
            }
            Verdict::Refused(why) => {
                tracing::error!(receiver = %self.name, namespace = %key.namespace, name = %key.name, error = %why,
                    "the receiver does not take an alert");
                backoff.reset();
                None
            }
            Verdict::Again { why, after } => {
                if backoff.failures() == 0 {
                    tracing::error!(receiver = %self.name, error = %why, "the receiver does not take alerts: it is tried again for an hour");
                } else {
                    tracing::debug!(receiver = %self.name, error = %why, "the receiver does not take alerts");
                }
                let pause = lengthen(backoff.next(Instant::now()), JITTER);
                Some(after.map_or(pause, |after| pause.max(after)))
            }
        }
    }

    /// Waits, but not past the end of the first item, and not when the settings are others.
    async fn rest(&self, pause: Duration, settings: &Arc<Settings>) {
        let expires = self.queue.lock().expires();
        let left = expires.map_or(pause, |end| end.saturating_duration_since(Instant::now()));
        let pause = tokio::time::sleep(pause.min(left));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => return,
                () = self.news.notified() => {
                    let is_same = Arc::ptr_eq(&self.settings.lock(), settings);
                    if !is_same {
                        return;
                    }
                }
            }
        }
    }
}
