//! The loop under every watch: kube's watcher, a fall-back when streaming lists are refused, pauses after failures,
//! and the comparison that finds what vanished.
//!
//! Decoding and meaning are the caller's.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Debug;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use cluster::Class;
use futures::StreamExt as _;
use kube::{Api, Resource};
use kube_runtime::watcher::{self, Event, InitialListStrategy, watcher};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::key::ObjectKey;

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

/// An object that is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone {
    /// Namespace and name.
    pub key: ObjectKey,
    /// Which one of that name.
    pub uid: String,
    /// A list did not hold it any more: when it went, and in which state, is not known.
    pub missed: bool,
}

const FIRST_PAUSE: Duration = Duration::from_millis(800);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Where somebody has to change something first: a role, or a CRD.
const FIRST_SLOW_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_SLOW_PAUSE: Duration = Duration::from_secs(120);
/// A failure that comes later than this after the one before counts as the first of its kind again.
const EXCUSED_FOR: Duration = Duration::from_secs(10);
/// Pages of the fall-back.
const PAGE: u32 = 100;

/// Ends a pause early.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Try again now.
    pub fn now(&self) {
        self.0.notify_one();
    }

    /// Sleeps, or until [`Self::now`].
    pub(crate) async fn pause(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.0.notified() => {}
        }
    }
}

/// What the loop reports.
pub(crate) enum Raw<K> {
    Seen(K),
    Gone(Gone),
    Synced,
    Failed(cluster::Error),
}

/// Keys and uids of what exists, to notice what vanished.
///
/// That a list lacks an object proves that it is gone only if the list is newer than what was seen before: see
/// [`strategy`]. Within one watch the API server keeps the order of writes, so a deletion never comes after its successor.
#[derive(Default)]
pub(crate) struct Known {
    uids: HashMap<ObjectKey, (Box<str>, u64)>,
    /// The round of listing that is going on.
    round: u64,
}

impl Known {
    pub(crate) fn is_empty(&self) -> bool {
        self.uids.is_empty()
    }

    pub(crate) fn begin(&mut self) {
        self.round += 1;
    }

    /// Takes an object in; the one it replaces, if that had another uid.
    pub(crate) fn seen(&mut self, key: ObjectKey, uid: &str) -> Option<Gone> {
        match self.uids.entry(key) {
            Entry::Occupied(mut entry) => {
                let gone = (&*entry.get().0 != uid).then(|| Gone {
                    key: entry.key().clone(),
                    uid: entry.get().0.to_string(),
                    missed: true,
                });
                entry.insert((uid.into(), self.round));
                gone
            }
            Entry::Vacant(entry) => {
                entry.insert((uid.into(), self.round));
                None
            }
        }
    }

    /// Forgets an object, unless another of that name took its place.
    pub(crate) fn gone(&mut self, key: &ObjectKey, uid: &str) {
        if self.uids.get(key).is_some_and(|(known, _)| &**known == uid) {
            self.uids.remove(key);
        }
    }

    /// Ends a round of listing: what it did not name is gone.
    pub(crate) fn finish(&mut self) -> Vec<Gone> {
        let round = self.round;
        let gone: Vec<Gone> = self
            .uids
            .iter()
            .filter(|(_, (_, seen))| *seen != round)
            .map(|(key, (uid, _))| Gone { key: key.clone(), uid: uid.to_string(), missed: true })
            .collect();
        self.uids.retain(|_, (_, seen)| *seen == round);
        gone
    }
}

/// Growing pauses with jitter.
struct Pause {
    failures: u32,
}

impl Pause {
    fn next(&mut self, slow: bool) -> Duration {
        let (first, longest) =
            if slow { (FIRST_SLOW_PAUSE, LONGEST_SLOW_PAUSE) } else { (FIRST_PAUSE, LONGEST_PAUSE) };
        let pause = first.saturating_mul(1 << self.failures.min(10)).min(longest);
        self.failures += 1;
        pause.mul_f64(1.0 + rand::random::<f64>() * 0.5)
    }
}

/// What to do about a failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// List and watch from now on.
    ListInstead,
    /// Routine: the resourceVersion is too old.
    Relist,
    /// Report and pause.
    Pause {
        /// Somebody has to change something first.
        slow: bool,
    },
}

/// Decides about a failure. `streaming`: the initial list was asked for as a stream.
pub(crate) fn react(class: Class, at_start: bool, streaming: bool) -> Reaction {
    match class {
        Class::Expired => Reaction::Relist,
        Class::Invalid | Class::BadRequest if at_start && streaming => Reaction::ListInstead,
        Class::Forbidden | Class::Unauthorized | Class::NotFound | Class::BadRequest | Class::Invalid => {
            Reaction::Pause { slow: true }
        }
        _ => Reaction::Pause { slow: false },
    }
}

/// How to list. kube asks for streamed lists with resourceVersion 0, which any API server answers from its cache however
/// far that is behind: against it, an object that another server has shown already would be taken for deleted. So a
/// list is streamed only while nothing is known that it could deny; a plain list is consistent.
pub(crate) fn strategy(known: &Known, streaming_refused: bool) -> InitialListStrategy {
    if streaming_refused || !known.is_empty() {
        InitialListStrategy::ListWatch
    } else {
        InitialListStrategy::StreamingList
    }
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
    let mut streaming_refused = false;
    let mut known = Known::default();
    let mut pause = Pause { failures: 0 };
    let mut reported: Option<Class> = None;
    loop {
        config.initial_list_strategy = strategy(&known, streaming_refused);
        let streaming = config.initial_list_strategy == InitialListStrategy::StreamingList;
        let mut events = pin!(watcher(api.clone(), config.clone()));
        let mut listed = false;
        let mut excused: Option<Instant> = None;
        // Ends when the watcher has to be made anew.
        while let Some(event) = events.next().await {
            let error = match event {
                // kube begins a streamed list that broke off anew by itself.
                Ok(Event::Init) if streaming && !known.is_empty() => break,
                Ok(event) => {
                    if !matches!(event, Event::Init) {
                        pause.failures = 0;
                        reported = None;
                        excused = None;
                    }
                    listed |= matches!(event, Event::InitDone);
                    take(event, scope, &mut known, &mut emit);
                    continue;
                }
                Err(error) => error,
            };
            let (error, at_start) = error_of(error);
            match react(error.classify(), at_start, streaming) {
                Reaction::ListInstead => {
                    tracing::debug!(watch = %api.resource_url(), %error, "streaming lists are refused: list and watch");
                    streaming_refused = true;
                    break;
                }
                Reaction::Relist => break,
                Reaction::Pause { slow } => {
                    // A connection that broke is resumed, and nobody needs to know. That it was resumed cannot be
                    // seen before the next event, so what fails twice is listed anew: the second `Synced` says so.
                    let first = excused.is_none_or(|at| at.elapsed() > EXCUSED_FOR);
                    if listed && first && !slow {
                        tracing::debug!(watch = %api.resource_url(), %error, "the watch broke off and is resumed");
                        wake.pause(pause.next(slow)).await;
                        excused = Some(Instant::now());
                        continue;
                    }
                    let class = error.classify();
                    if reported != Some(class) {
                        reported = Some(class);
                        emit(Raw::Failed(error));
                    }
                    wake.pause(pause.next(slow)).await;
                    if listed {
                        break;
                    }
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

fn take<K: Resource>(event: Event<K>, scope: &Scope, known: &mut Known, emit: &mut impl FnMut(Raw<K>)) {
    match event {
        Event::Init => known.begin(),
        Event::InitApply(mut object) | Event::Apply(mut object) => {
            let metadata = object.meta_mut();
            if !scope.managed_fields {
                metadata.managed_fields = None;
            }
            let uid = metadata.uid.as_deref().unwrap_or_default();
            if let Some(gone) = known.seen(ObjectKey::of(metadata), uid) {
                emit(Raw::Gone(gone));
            }
            emit(Raw::Seen(object));
        }
        Event::Delete(object) => {
            let gone = Gone {
                key: ObjectKey::of(object.meta()),
                uid: object.meta().uid.clone().unwrap_or_default(),
                missed: false,
            };
            known.gone(&gone.key, &gone.uid);
            emit(Raw::Gone(gone));
        }
        Event::InitDone => {
            for gone in known.finish() {
                emit(Raw::Gone(gone));
            }
            emit(Raw::Synced);
        }
    }
}
