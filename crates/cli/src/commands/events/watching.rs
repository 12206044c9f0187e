//! Events as they come: a watch for each place, begun anew where it ends, without telling anything twice.

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _};
use jiff::Timestamp;
use kube::Api;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::core::DynamicObject;

use super::told::{Told, read};
use crate::look::pages;

/// How long a watch that broke off is not begun anew.
const PAUSE: Duration = Duration::from_secs(2);

/// Where a list stands, so that a watch can go on from there.
pub(super) struct Place {
    pub(super) events: Api<DynamicObject>,
    pub(super) version: String,
}

struct Watching {
    place: Place,
    watch: Option<BoxStream<'static, Result<WatchEvent<DynamicObject>, kube::Error>>>,
    /// Found by a list, and not told yet.
    pending: VecDeque<Told>,
    /// The time of the newest event that was told.
    newest: Timestamp,
}

/// What is told in these places from now on, without end.
pub(super) fn watch(places: Vec<Place>) -> impl Stream<Item = Told> {
    let newest = Timestamp::now();
    let streams = places.into_iter().map(|place| {
        let watching = Watching { place, watch: None, pending: VecDeque::new(), newest };
        stream::unfold(watching, |watching| async move { Some(watching.next().await) }).boxed()
    });
    stream::select_all(streams.collect::<Vec<_>>())
}

impl Watching {
    async fn next(mut self) -> (Told, Self) {
        loop {
            if let Some(told) = self.pending.pop_front() {
                self.newest = self.newest.max(told.last);
                return (told, self);
            }
            let event = match &mut self.watch {
                Some(watch) => watch.next().await,
                None => {
                    self.begin().await;
                    continue;
                }
            };
            match event {
                Some(Ok(WatchEvent::Added(object) | WatchEvent::Modified(object))) => {
                    self.pending.extend(read_event(&object));
                    self.reach(object.metadata.resource_version);
                }
                Some(Ok(WatchEvent::Deleted(object))) => self.reach(object.metadata.resource_version),
                Some(Ok(WatchEvent::Bookmark(_))) => {}
                // The version is too old.
                Some(Ok(WatchEvent::Error(_))) => self.list().await,
                Some(Err(_)) | None => {
                    self.watch = None;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn reach(&mut self, version: Option<String>) {
        if let Some(version) = version {
            self.place.version = version;
        }
    }

    async fn begin(&mut self) {
        match self.place.events.watch(&WatchParams::default(), &self.place.version).await {
            Ok(watch) => self.watch = Some(watch.boxed()),
            Err(_) => {
                tokio::time::sleep(PAUSE).await;
                self.list().await;
            }
        }
    }

    /// What came meanwhile is told by its time.
    async fn list(&mut self) {
        self.watch = None;
        let Ok(list) = pages::list(&self.place.events, &ListParams::default()).await else {
            tokio::time::sleep(PAUSE).await;
            return;
        };
        self.place.version = list.version;
        let mut later: Vec<Told> =
            list.items.iter().filter_map(read_event).filter(|told| told.last > self.newest).collect();
        later.sort_by_key(|told| told.last);
        self.pending.extend(later);
    }
}

/// An event as a list or a watch has it.
pub(super) fn read_event(object: &DynamicObject) -> Option<Told> {
    // What came as JSON goes as JSON.
    read(&serde_json::to_value(object).unwrap_or_default())
}
