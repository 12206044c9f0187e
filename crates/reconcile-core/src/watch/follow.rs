//! The loop under every watch: kube's watcher, pauses after failures, and the comparison that finds what vanished.
//!
//! What to do about a failure is decided in `failures`, what vanished in `known`. Decoding and meaning are the caller's.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use kube::{Api, Resource};
use kube_runtime::watcher::{self, Event, watcher};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::failures::{Failures, Reaction};
use super::known::{Gone, Known};
use crate::backoff::{Backoff, lengthen};
use crate::key::ObjectKey;

#[cfg(test)]
mod tests;

/// What to watch of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// A label selector.
    pub labels: Option<String>,
    /// A field selector.
    pub fields: Option<String>,
    /// Keep `metadata.managedFields`, the bulk of most objects.
    pub managed_fields: bool,
}

/// Objects per page of a list that is not streamed.
const PAGE: u32 = 100;
/// Per cent by which a pause may be longer, so that not all watches come back at once.
const JITTER: u8 = 50;
/// Pauses after panics: what made it panic is probably in the next list too.
const AFTER_PANIC: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// The name under which panics of watches are counted, beside the controllers'.
pub(crate) const PANICS: &str = "watch";

/// Ends a pause early, or has everything listed again.
#[derive(Clone, Debug, Default)]
pub struct Wake {
    now: Arc<Notify>,
    again: Arc<Notify>,
}

impl Wake {
    /// Try again now.
    pub fn now(&self) {
        self.now.notify_one();
    }

    /// List everything again: what exists is reported once more, then [`super::Change::Synced`].
    pub fn again(&self) {
        self.again.notify_one();
    }

    /// Sleeps, or until [`Self::now`].
    pub(crate) async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.now.notified() => {}
        }
    }
}

/// What the loop reports.
pub(crate) enum Raw<K> {
    Seen(K),
    Gone(Gone),
    Synced,
    Failed(cluster::Error),
    /// Whoever hears of it panicked, with these words. Everything follows once more, deletions that were not taken too.
    /// What is done about this must not panic.
    Panicked(String),
}

fn error_of(error: watcher::Error) -> (cluster::Error, bool) {
    match error {
        watcher::Error::WatchStartFailed(error) => (error.into(), true),
        watcher::Error::InitialListFailed(error) | watcher::Error::WatchFailed(error) => {
            (error.into(), false)
        }
        watcher::Error::WatchError(status) => ((*status).into(), false),
        watcher::Error::NoResourceVersion => {
            (cluster::Error::invalid_request("an object without metadata.resourceVersion in a watch"), false)
        }
    }
}

/// Runs for ever; drop it to stop.
pub(crate) async fn follow<K>(api: Api<K>, scope: &Scope, wake: &Wake, mut emit: impl FnMut(Raw<K>))
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let mut config = watcher::Config {
        label_selector: scope.labels.clone(),
        field_selector: scope.fields.clone(),
        page_size: Some(PAGE),
        ..watcher::Config::default()
    };
    let mut known = Known::default();
    let mut failures = Failures::default();
    let mut panics = 0_u32;
    loop {
        config.initial_list_strategy = failures.begin(&known);
        let mut events = pin!(watcher(api.clone(), config.clone()));
        // Ends when another watcher has to begin.
        while let Some(event) = next(&mut events, wake).await {
            let error = match event {
                Ok(Event::Init) if failures.needs_another_list(&known) => break,
                Ok(event) => {
                    let is_complete = matches!(event, Event::InitDone);
                    if !matches!(event, Event::Init) {
                        failures.succeeded(is_complete);
                    }
                    let taken = AssertUnwindSafe(|| take(event, scope, &mut known, &mut emit));
                    if let Err(panic) = catch_unwind(taken) {
                        emit(Raw::Panicked(crate::panic::text(&*panic)));
                        wake.pause(Backoff::delay(AFTER_PANIC.0, AFTER_PANIC.1, panics)).await;
                        panics = panics.saturating_add(1);
                        break;
                    }
                    panics = if is_complete { 0 } else { panics };
                    continue;
                }
                Err(error) => error,
            };
            let (error, at_start) = error_of(error);
            match failures.react(error.classify(), at_start, Instant::now().into_std()) {
                Reaction::ListInstead => {
                    tracing::debug!(watch = %api.resource_url(), %error, "streaming lists are refused: list and watch");
                    break;
                }
                Reaction::Relist => break,
                Reaction::Resume { pause } => {
                    tracing::debug!(watch = %api.resource_url(), %error, "the watch broke off and is resumed");
                    wake.pause(lengthen(pause, JITTER)).await;
                    failures.resumed(Instant::now().into_std());
                }
                Reaction::Pause { pause, report, relist } => {
                    if report {
                        emit(Raw::Failed(error));
                    }
                    wake.pause(lengthen(pause, JITTER)).await;
                    if relist {
                        break;
                    }
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

/// The next event; none when everything is to be listed again.
async fn next<E>(events: &mut (impl Stream<Item = E> + Unpin), wake: &Wake) -> Option<E> {
    tokio::select! {
        event = events.next() => event,
        () = wake.again.notified() => None,
    }
}

/// What is gone is forgotten only once it has been taken: a panic before that leaves it to the next list.
fn take<K: Resource>(event: Event<K>, scope: &Scope, known: &mut Known, emit: &mut impl FnMut(Raw<K>)) {
    match event {
        Event::Init => known.begin(),
        Event::InitApply(mut object) | Event::Apply(mut object) => {
            let metadata = object.meta_mut();
            if !scope.managed_fields {
                metadata.managed_fields = None;
            }
            let (key, uid) = (ObjectKey::of(metadata), metadata.uid.clone().unwrap_or_default());
            if let Some(gone) = known.replaced_by(&key, &uid) {
                emit(Raw::Gone(gone));
            }
            known.seen(key, &uid);
            emit(Raw::Seen(object));
        }
        Event::Delete(object) => {
            let gone = Gone {
                key: ObjectKey::of(object.meta()),
                uid: object.meta().uid.clone().unwrap_or_default(),
                missed: false,
            };
            emit(Raw::Gone(gone.clone()));
            known.gone(&gone.key, &gone.uid);
        }
        Event::InitDone => {
            for gone in known.vanished() {
                emit(Raw::Gone(gone.clone()));
                known.gone(&gone.key, &gone.uid);
            }
            emit(Raw::Synced);
        }
    }
}
