//! Sources of the kinds that Kustomizations name, each kind watched while somebody names it.

use std::collections::HashMap;
use std::sync::Arc;

use cluster::Class;
use convergence::{Source, SourceView, source_status};
use parking_lot::Mutex;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::{Body, Options, PoolEvent, WatchedKind};

use crate::wakes::Touched;

#[derive(Default)]
struct OfKind {
    synced: bool,
    hidden: bool,
    objects: HashMap<ObjectKey, Source>,
    uids: HashMap<ObjectKey, String>,
}

/// All kinds of source. Clones share.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    kinds: Arc<Mutex<HashMap<WatchedKind, OfKind>>>,
}

/// What is known of a source, or that it has to be waited for.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// This.
    View(SourceView),
    /// Its kind's first list is under way.
    Starting,
}

impl Sources {
    /// How the pool behind this is to watch.
    pub(crate) fn options(namespace: Option<String>) -> Options {
        Options {
            namespace,
            body: Body::Full(Arc::new(|_, body| source_status::prune(body))),
            ..Options::default()
        }
    }

    /// Takes in what the pool says; what that concerns, if anything.
    pub(crate) fn take(&self, event: PoolEvent) -> Option<Touched> {
        let mut kinds = self.kinds.lock();
        match event {
            PoolEvent::Applied(seen) => {
                let key = seen.key();
                let source = Source::read(&seen.body);
                let of_kind = kinds.entry(seen.kind.clone()).or_default();
                of_kind.uids.insert(key.clone(), seen.metadata.uid.clone().unwrap_or_default());
                let old = of_kind.objects.insert(key.clone(), source.clone());
                (old.as_ref() != Some(&source)).then_some(Touched::Source(seen.kind, key))
            }
            PoolEvent::Deleted { kind, gone } => {
                let of_kind = kinds.entry(kind.clone()).or_default();
                of_kind.objects.remove(&gone.key);
                of_kind.uids.remove(&gone.key);
                Some(Touched::Source(kind, gone.key))
            }
            PoolEvent::Synced(kind) => {
                let of_kind = kinds.entry(kind.clone()).or_default();
                let changed = !std::mem::replace(&mut of_kind.synced, true) || of_kind.hidden;
                of_kind.hidden = false;
                changed.then_some(Touched::Sources(kind))
            }
            PoolEvent::Failed { kind, error } => {
                let of_kind = kinds.entry(kind.clone()).or_default();
                match error.classify() {
                    Class::NotFound => {
                        // No CRD, so no source.
                        of_kind.objects.clear();
                        of_kind.uids.clear();
                        of_kind.synced = true;
                    }
                    _ if of_kind.synced => return None,
                    _ => of_kind.hidden = true,
                }
                Some(Touched::Sources(kind))
            }
            PoolEvent::Stopped(kind) => {
                kinds.remove(&kind);
                None
            }
        }
    }

    /// The uid of one that is known.
    pub(crate) fn uid(&self, kind: &WatchedKind, key: &ObjectKey) -> Option<String> {
        self.kinds.lock().get(kind)?.uids.get(key).filter(|uid| !uid.is_empty()).cloned()
    }

    /// Kind, name and status of Ready of all that are known.
    pub(crate) fn readiness(&self) -> Vec<(String, ObjectKey, Option<String>)> {
        let kinds = self.kinds.lock();
        let all =
            kinds.iter().flat_map(|(kind, of_kind)| of_kind.objects.iter().map(move |source| (kind, source)));
        all.map(|(kind, (key, source))| {
            let ready = source.ready.as_ref().map(|(status, _, _)| status.clone());
            (kind.kind.clone(), key.clone(), ready)
        })
        .collect()
    }

    /// Looks one up.
    pub(crate) fn find(&self, kind: &WatchedKind, key: &ObjectKey) -> Found {
        let kinds = self.kinds.lock();
        let Some(of_kind) = kinds.get(kind) else { return Found::Starting };
        match of_kind.objects.get(key) {
            Some(source) => Found::View(SourceView::Known(source.clone())),
            None if of_kind.synced => Found::View(SourceView::Absent),
            None if of_kind.hidden => Found::View(SourceView::Hidden),
            None => Found::Starting,
        }
    }
}

#[cfg(test)]
mod tests;
