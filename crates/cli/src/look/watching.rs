//! Watches that say when something has changed, so that nobody has to ask again and again. What is known of the objects is
//! kept where it is wanted, and thrown away otherwise.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use kube::Api;
use kube::api::{ListParams, WatchEvent, WatchParams};
use kube::core::DynamicObject;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::fleet::Key;
use super::pages::{self, Listed};

#[cfg(test)]
mod tests;

/// How long a watch that broke off is not begun anew, and one that is refused.
const PAUSE: Duration = Duration::from_secs(1);
const LONG_PAUSE: Duration = Duration::from_secs(15);
/// From where on everything that exists is told first.
const FROM_ANYWHERE: &str = "0";

/// Which objects of a kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Selection {
    /// Field selector.
    pub(crate) fields: Option<String>,
    /// Label selector.
    pub(crate) labels: Option<String>,
}

impl Selection {
    /// The object of this name.
    pub(crate) fn named(name: &str) -> Self {
        Self { fields: Some(format!("metadata.name={name}")), labels: None }
    }

    /// Those with these labels.
    pub(crate) fn labelled(labels: String) -> Self {
        Self { fields: None, labels: Some(labels) }
    }

    fn watch(&self) -> WatchParams {
        let mut params = WatchParams::default();
        params.field_selector.clone_from(&self.fields);
        params.label_selector.clone_from(&self.labels);
        params
    }

    fn list(&self) -> ListParams {
        let mut params = ListParams::default();
        params.field_selector.clone_from(&self.fields);
        params.label_selector.clone_from(&self.labels);
        params
    }
}

/// Rings when something that it watches changes. The watches end with it.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rings: Arc<Notify>,
    watches: JoinSet<()>,
}

impl Bell {
    /// Rings for these objects from now on.
    pub(crate) fn watch(&mut self, objects: Api<DynamicObject>, selection: &Selection) {
        let (rings, params) = (Arc::clone(&self.rings), selection.watch());
        self.watches.spawn(async move {
            loop {
                let pause = ring(&objects, &params, &rings).await;
                tokio::time::sleep(pause).await;
            }
        });
    }

    /// Rings for these objects from now on, and keeps them at hand.
    pub(crate) fn keep(&mut self, objects: Api<DynamicObject>, selection: &Selection) -> Kept {
        let kept = Kept::default();
        let (rings, selection, into) = (Arc::clone(&self.rings), selection.clone(), kept.clone());
        self.watches.spawn(async move {
            loop {
                let pause = follow(&objects, &selection, &into, &rings).await;
                tokio::time::sleep(pause).await;
            }
        });
        kept
    }

    /// Waits until it has rung since the last time.
    pub(crate) async fn rung(&self) {
        self.rings.notified().await;
    }
}

/// Objects as they were last seen. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    is_whole: bool,
    is_cut: bool,
    refused: Option<String>,
    objects: BTreeMap<Key, DynamicObject>,
}

impl Kept {
    /// All of them; `None` as long as they are not known.
    pub(crate) fn all(&self) -> Option<Vec<DynamicObject>> {
        let inner = self.lock();
        inner.is_whole.then(|| inner.objects.values().cloned().collect())
    }

    /// Why they are not known, if the server said so.
    pub(crate) fn refused(&self) -> Option<String> {
        self.lock().refused.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there are more than these.
    pub(crate) fn is_cut(&self) -> bool {
        self.lock().is_cut
    }

    fn replace(&self, list: Listed<DynamicObject>) {
        let mut inner = self.lock();
        inner.is_cut = list.is_cut;
        inner.objects = list.items.into_iter().map(|object| (key(&object), object)).collect();
        inner.is_whole = true;
        inner.refused = None;
    }

    fn refuse(&self, why: String) {
        self.lock().refused = Some(why);
    }

    /// Takes in an event; false if it ends the watch.
    fn take(&self, event: WatchEvent<DynamicObject>) -> bool {
        let mut inner = self.lock();
        match event {
            WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                inner.objects.insert(key(&object), object);
                true
            }
            WatchEvent::Deleted(object) => {
                inner.objects.remove(&key(&object));
                true
            }
            WatchEvent::Bookmark(_) => true,
            WatchEvent::Error(_) => false,
        }
    }
}

fn key(object: &DynamicObject) -> Key {
    let metadata = &object.metadata;
    (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
}

/// One watch up to its end; how long to wait until the next.
async fn ring(objects: &Api<DynamicObject>, params: &WatchParams, rings: &Notify) -> Duration {
    let Ok(stream) = objects.watch_metadata(params, FROM_ANYWHERE).await else { return LONG_PAUSE };
    let mut stream = std::pin::pin!(stream);
    while let Some(event) = stream.next().await {
        match event {
            Ok(WatchEvent::Bookmark(_)) => {}
            Ok(WatchEvent::Error(_)) | Err(_) => break,
            Ok(_) => rings.notify_one(),
        }
    }
    PAUSE
}

/// One list and one watch up to its end; how long to wait until the next.
async fn follow(
    objects: &Api<DynamicObject>,
    selection: &Selection,
    kept: &Kept,
    rings: &Notify,
) -> Duration {
    let list = match pages::list(objects, &selection.list()).await {
        Ok(found) => found,
        Err(error) => {
            kept.refuse(error.message().to_owned());
            rings.notify_one();
            return LONG_PAUSE;
        }
    };
    let version = list.version.clone();
    kept.replace(list);
    rings.notify_one();
    let Ok(stream) = objects.watch(&selection.watch(), &version).await else { return PAUSE };
    let mut stream = std::pin::pin!(stream);
    while let Some(event) = stream.next().await {
        let Ok(event) = event else { break };
        let is_news = !matches!(event, WatchEvent::Bookmark(_));
        if !kept.take(event) {
            break;
        }
        if is_news {
            rings.notify_one();
        }
    }
    PAUSE
}
