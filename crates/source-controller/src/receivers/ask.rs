//! Asks for the objects that a Receiver means: the annotation that every Flux controller heeds, on each of them. Which they
//! are is decided in the crate `receiver`.
//!
//! The answer to such a write is the object as it is then. One of this process' own kinds is told of it at once, so that
//! its run begins before the watch says anything; what the watch says later is the same and starts nothing.
//!
//! ```text
//! entry ─▶ plan: objects with the labels, page by page ─▶ filters (own thread) ─▶ targets ─▶ annotate
//! ```

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use futures::{StreamExt as _, stream};
use kube::core::ObjectMeta;
use manifest::budget::{Budget, Cancel};
use receiver::{Filter, Known, Named, Resource};
use serde_json::{Value, json};

use self::failure::{Failure, MOST};
pub(super) use self::objects::InCluster;
use self::objects::Objects;
use super::table::Open;

mod failure;
mod objects;
#[cfg(test)]
mod tests;

/// Entries of `spec.resources` that are looked at at a time, and objects that are asked for at a time.
const AT_A_TIME: usize = 8;

/// What it takes to ask.
pub(super) struct Asker<O> {
    pub(super) objects: O,
    pub(super) no_cross_namespace_refs: bool,
}

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Objects that were asked for.
    pub(super) objects: usize,
    /// Objects, or whole entries of `spec.resources`, that could not be.
    pub(super) failures: usize,
    /// Objects that were not asked for in time.
    pub(super) late: usize,
    /// Entries whose objects are not known, for the same reason.
    pub(super) late_entries: usize,
}

impl Asked {
    /// Whether all were asked for.
    pub(super) const fn is_complete(&self) -> bool {
        self.failures == 0 && self.late == 0 && self.late_entries == 0
    }
}

/// One that is meant.
#[derive(Debug)]
struct Target {
    named: Arc<Named>,
    name: String,
}

/// One, or what an entry names, that is not asked for.
#[derive(Debug)]
struct Miss {
    target: Option<Target>,
    failure: Failure,
}

impl Miss {
    fn tell(&self) {
        let target = self.target.as_ref();
        let (kind, namespace) =
            target.map_or(("", ""), |Target { named, .. }| (named.known.kind, named.namespace.as_str()));
        let name = target.map_or("", |target| target.name.as_str());
        tracing::error!(kind, namespace, name, error = %self.failure, "unable to request reconciliation");
    }
}

type Planned = Vec<Result<Target, Miss>>;

/// What filters look at and what is left to them, for all entries of a request.
struct Sight {
    request: Arc<Value>,
    budget: Budget,
}

/// Ends what filters do once nobody waits for it.
struct Ending(Cancel);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl<O: Objects> Asker<O> {
    /// Asks for all objects of a Receiver, as far as its filters accept them; `request` is what these see as `req`. One that
    /// fails, and one that takes long, holds up no other.
    pub(super) async fn all(&self, open: &Open, request: Value, within: Duration) -> Asked {
        let ending = Ending(Cancel::default());
        let sight = Sight { request: Arc::new(request), budget: receiver::budget(ending.0.clone()) };
        let entries = &open.hook.resources;
        let plans: Vec<_> = entries.iter().map(|entry| self.plan(open, entry, &sight)).collect();
        let (known, planned) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ends = stream::iter(plans)
            .buffer_unordered(AT_A_TIME)
            .flat_map(|plan| {
                known.fetch_add(plan.len(), Relaxed);
                planned.fetch_add(1, Relaxed);
                stream::iter(plan)
            })
            .map(|target| self.one(target))
            .buffer_unordered(AT_A_TIME);
        let (mut ends, mut asked) = (pin!(ends), Asked::default());
        let deadline = tokio::time::Instant::now() + within;
        loop {
            match tokio::time::timeout_at(deadline, ends.next()).await {
                Ok(Some(Ok(()))) => asked.objects += 1,
                Ok(Some(Err(miss))) => {
                    asked.failures += 1;
                    miss.tell();
                }
                Ok(None) => return asked,
                Err(_) => {
                    asked.late = known.load(Relaxed) - asked.objects - asked.failures;
                    asked.late_entries = entries.len() - planned.load(Relaxed);
                    tracing::error!(
                        asked = asked.objects,
                        not_asked = asked.late,
                        entries_not_looked_at = asked.late_entries,
                        "the API server did not answer in time"
                    );
                    return asked;
                }
            }
        }
    }

    /// What an entry of `spec.resources` comes to.
    async fn plan(&self, open: &Open, entry: &Resource, sight: &Sight) -> Planned {
        let named = match entry.named(&open.key.namespace, self.no_cross_namespace_refs) {
            Ok(named) => Arc::new(named),
            Err(refused) => return vec![Err(Miss { target: None, failure: refused.into() })],
        };
        let filters: Arc<[Filter]> = open.hook.filter.iter().chain(&entry.filter).cloned().collect();
        let meant = match &named.name {
            Some(name) if filters.is_empty() => {
                Ok(vec![Ok(Target { named: Arc::clone(&named), name: name.clone() })])
            }
            Some(name) => match self.objects.metadata(&named, name).await {
                Ok(object) => accepted(&named, &filters, vec![object], sight).await,
                Err(failure) => Err(failure),
            },
            None => self.listed(&named, &filters, sight).await,
        };
        meant.unwrap_or_else(|failure| {
            let name = named.name.clone().unwrap_or_else(|| "*".to_owned());
            vec![Err(Miss { target: Some(Target { named, name }), failure })]
        })
    }

    /// Those that have the labels and that filters accept. What is held of those are their names.
    async fn listed(
        &self,
        named: &Arc<Named>,
        filters: &Arc<[Filter]>,
        sight: &Sight,
    ) -> Result<Planned, Failure> {
        let (mut meant, mut found, mut token) = (Vec::new(), 0, None);
        loop {
            let page = self.objects.page(named, token).await?;
            found += page.objects.len();
            if found > MOST {
                return Err(Failure::TooMany);
            }
            meant.extend(accepted(named, filters, page.objects, sight).await?);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        if found == 0 {
            tracing::error!(kind = named.known.kind, namespace = %named.namespace,
                "no resources found with matching labels");
        }
        Ok(meant)
    }

    async fn one(&self, target: Result<Target, Miss>) -> Result<(), Miss> {
        let target = target?;
        let Target { named, name } = &target;
        match self.objects.annotate(named, name).await {
            Ok(()) => {
                tracing::info!(kind = named.known.kind, namespace = %named.namespace, name = %name, "annotated");
                Ok(())
            }
            Err(failure) => Err(Miss { target: Some(target), failure }),
        }
    }
}

/// Has filters choose, where they hold up nobody.
async fn accepted(
    named: &Arc<Named>,
    filters: &Arc<[Filter]>,
    objects: Vec<ObjectMeta>,
    sight: &Sight,
) -> Result<Planned, Failure> {
    if filters.is_empty() {
        let target =
            |object: ObjectMeta| Target { named: Arc::clone(named), name: object.name.unwrap_or_default() };
        return Ok(objects.into_iter().map(target).map(Ok).collect());
    }
    let (named, filters) = (Arc::clone(named), Arc::clone(filters));
    let (request, budget, span) =
        (Arc::clone(&sight.request), sight.budget.clone(), tracing::Span::current());
    let choosing = move || span.in_scope(|| chosen(&named, &filters, objects, &request, &budget));
    tokio::task::spawn_blocking(choosing).await.map_err(|_| Failure::Panicked)
}

/// Those that filters accept, and those of which they cannot tell. Nothing follows once nothing is left of the budget.
fn chosen(
    named: &Arc<Named>,
    filters: &[Filter],
    objects: Vec<ObjectMeta>,
    request: &Value,
    budget: &Budget,
) -> Planned {
    let mut chosen = Vec::new();
    for object in objects {
        let name = object.name.clone().unwrap_or_default();
        let seen = seen(named, &object);
        let mut verdicts = filters.iter().map(|filter| filter.accepts(&seen, request, budget));
        let target = Target { named: Arc::clone(named), name };
        match verdicts.find(|one| *one != Ok(true)).unwrap_or(Ok(true)) {
            Ok(true) => chosen.push(Ok(target)),
            Ok(false) => {
                tracing::debug!(kind = named.known.kind, namespace = %named.namespace, name = %target.name,
                    "not annotated because the filter returned false");
            }
            Err(error) => {
                let is_last = error.is_last();
                chosen.push(Err(Miss { target: Some(target), failure: error.into() }));
                if is_last {
                    break;
                }
            }
        }
    }
    chosen
}

/// `res`.
fn seen(named: &Named, metadata: &ObjectMeta) -> Value {
    let Named { known: Known { kind, group, .. }, version, .. } = named;
    json!({ "apiVersion": format!("{group}/{version}"), "kind": kind, "metadata": metadata })
}
