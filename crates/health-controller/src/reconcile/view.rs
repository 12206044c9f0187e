//! What an assessment looks at: what the watches know, and the few objects that no watch shows. It keeps watched what
//! it has to look at, and wakes nobody.

mod around;
mod inventory;
mod leaving;
mod probe;
mod rivals;
mod source;
mod untouched;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::convergence::Blocker;
use api::drift_report::DriftReportStatus;
use api::kustomization::Kustomization;
use convergence::dependencies::{Chain, Reach};
use convergence::{Hidden, Memory, Rival, Seen, SourceView, Visibility, dependencies};
use health::learned::tells_in;
use jiff::Timestamp;
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;

use super::held::Held;
use super::kinds;
use super::quarrels::Quarrels;
use crate::context::Context;
use crate::source_watches::Found;
use crate::wakes::Touched;
use inventory::Entry;
use leaving::LeftKind;

/// What the watches know.
pub(super) struct Gathered {
    pub(super) source: SourceView,
    pub(super) chain: Chain,
    pub(super) objects: Vec<(ObjectId, Visibility)>,
    pub(super) leaving: Vec<(ObjectId, Arc<Seen>)>,
    pub(super) rivals: Vec<Rival>,
    /// What is to be remembered of them once they are told of.
    pub(super) quarrels: Quarrels,
    pub(super) drift: Option<Arc<DriftReportStatus>>,
    /// When time alone makes another look necessary.
    pub(super) recheck: Option<Duration>,
}

/// Gathers what is known; true beside it when watches have not delivered yet. `memory` is what was known before.
pub(super) async fn look(
    context: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    held: &mut Held,
    memory: &Memory,
) -> (Gathered, bool) {
    let published = memory.published.as_ref().map_or(&[][..], |published| &published.blockers);
    let chain = chain(context, key, object);
    let (source, mut waits) = match source::look(context, key, object, held) {
        Found::View(view) => (view, false),
        Found::Starting => (SourceView::Hidden, true),
    };
    // Before all are known, one that is not may be a dependency or a rival.
    waits |= !context.are_kustomizations_known();
    // Its controller says something of it in a moment, mostly: what is said before is said for that moment only.
    waits |= memory.published.is_none() && untouched::is_untouched(object);
    let mut entries = inventory::entries(object, context.options.observe_secrets);
    if held.quarrels.is_none() {
        restore(context, object, held, published, &entries).await;
    }
    // What is in another cluster carries no labels here.
    let is_here = object.spec.kube_config.is_none();
    let deleted = if is_here { context.watches.observed.leaving(key) } else { Vec::new() };
    let recheck = follow(context, key, held, &entries, &deleted);
    waits |= is_starting(context, held) | !context.watches.drift_reports.is_settled();
    for entry in &mut entries {
        let Some(kind) = &entry.kind else { continue };
        entry.visibility = context.watches.observed.visibility(kind, &inventory::key_of(&entry.id), key);
        waits |= matches!(entry.visibility, Visibility::Hidden(Hidden::Starting));
    }
    // What is waited for no longer keeps nobody from reading what is absent by then.
    if !waits || held.has_waited(Instant::now()) {
        probe::probe(context, object, held, &mut entries).await;
    }
    let recheck = recheck.into_iter().chain(learn(context, &entries)).min();
    let leaving = leaving::outside(deleted, &entries);
    waits |= look_beside(context, key, object, held, &entries, &leaving);
    let look = rivals::Look { key, object, entries: &entries, memory, published };
    let (rivals, quarrels) = rivals::look(context, &look, held);
    let drift = context.watches.drift_reports.of(key, object);
    let objects = entries.into_iter().map(|entry| (entry.id, entry.visibility)).collect();
    (Gathered { source, chain, objects, leaving, rivals, quarrels, drift, recheck }, waits)
}

/// What a Kustomization waits for. It follows all of it, and not only what it depends on itself: the cause is at the end.
fn chain(context: &Context, key: &ObjectKey, object: &Kustomization) -> Chain {
    let reach: Reach = context.options.reach;
    let get = |id: &ObjectId| context.kustomizations.get(&inventory::key_of(id));
    let own: Vec<ObjectKey> = dependencies::within(object, reach).map(|id| inventory::key_of(&id)).collect();
    // Followed before they are looked at, so that nothing is missed.
    context.wakes.follow_dependencies(key, own.iter().cloned());
    let chain = dependencies::chain(object, reach, get);
    let further = chain.links.iter().map(|link| inventory::key_of(&link.id));
    let all: BTreeSet<ObjectKey> = own.into_iter().chain(further).collect();
    context.wakes.follow_dependencies(key, all.into_iter());
    chain
}

/// Watches the kinds of what an earlier process saw leaving, as if they had just left the inventory: nothing else says
/// that there is something of them.
async fn restore(
    context: &Context,
    object: &Kustomization,
    held: &mut Held,
    published: &[Blocker],
    entries: &[Entry],
) {
    let mapper = &context.process.mapper;
    for LeftKind { group, kind } in leaving::published(&dependencies::id_of(object), published, entries) {
        let resolved = match group {
            Some(group) => mapper.resolve_any_version(&group, &kind).await.map(|one| vec![one]),
            // Which one it was is not known: nothing of the others is found.
            None => mapper.resolve_name(&kind).await,
        };
        // Not served: then nothing of it is left. Not to be found out: then it has to do without.
        for resource in resolved.unwrap_or_default().into_iter().map(|resolved| resolved.api_resource) {
            let is_secret = resource.group.is_empty() && resource.kind == "Secret";
            if is_secret && !context.options.observe_secrets {
                continue;
            }
            let kind = WatchedKind::gvk(&resource.group, &resource.version, &resource.kind);
            let interest = context.watches.objects.acquire(&kind);
            held.kinds.entry(kinds::name(&kind)).or_insert(interest);
        }
    }
}

/// Whether the first list of a kind that has left the inventory is awaited.
fn is_starting(context: &Context, held: &Held) -> bool {
    let left = held.left.keys().filter_map(|name| held.kinds.get(name));
    left.into_iter().any(|interest| context.watches.observed.is_starting(interest.kind()))
}

/// Keeps the kinds watched that there is something of, or may be; says when one may be given up.
fn follow(
    context: &Context,
    key: &ObjectKey,
    held: &mut Held,
    entries: &[Entry],
    deleted: &[(WatchedKind, ObjectKey, Arc<Seen>)],
) -> Option<Duration> {
    let watched = inventory::watched(entries);
    let mut wanted = BTreeMap::new();
    for (kind, _) in &watched {
        wanted.entry(kinds::name(kind)).or_insert(kind);
    }
    let leaving: BTreeSet<_> = deleted.iter().map(|(kind, _, _)| kinds::name(kind)).collect();
    let inventory: BTreeSet<_> = wanted.keys().cloned().collect();
    let (kept, recheck) =
        kinds::kept(held.kinds.keys(), &inventory, &leaving, &mut held.left, Instant::now());
    held.kinds.retain(|name, _| kept.contains(name));
    let left = held.left.keys().filter_map(|name| held.kinds.get(name));
    let left: Vec<WatchedKind> = left.map(|interest| interest.kind().clone()).collect();
    // Followed before the watch begins, so that nothing is missed.
    context.wakes.follow_objects(key, &watched, &left);
    for (name, kind) in wanted {
        held.kinds.entry(name).or_insert_with(|| context.watches.objects.acquire(kind));
    }
    recheck
}

/// Learns from what has not changed, but has been as it is for long; says when there will be more to learn.
fn learn(context: &Context, entries: &[Entry]) -> Option<Duration> {
    let (observed, now) = (&context.watches.observed, Timestamp::now());
    let mut soonest = None::<Duration>;
    for entry in entries {
        let (Visibility::Seen(seen), Some(kind)) = (&entry.visibility, &entry.kind) else { continue };
        let Some(object) = seen.object().filter(|_| !seen.is_well()) else { continue };
        if let Some(left) = tells_in(object, now) {
            soonest = Some(soonest.map_or(left, |other| other.min(left)));
        } else if observed.learn(object, now) {
            context.wakes.wake_for(&Touched::Kind(kind.clone()));
        }
    }
    soonest
}

/// Watches what is beside objects where it would tell more, and only there; true when it has not been listed yet. A
/// verdict without it would take back what an earlier process has explained.
fn look_beside(
    context: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    held: &mut Held,
    entries: &[Entry],
    leaving: &[(ObjectId, Arc<Seen>)],
) -> bool {
    let rules = context.rules.of(Some(key));
    let mut wanted = {
        let around = context.watches.around(&held.beside);
        around::places(entries, leaving, &rules, &around)
    };
    for place in around::of_refusals(object, context.options.reach) {
        wanted.want(place);
    }
    held.beside.retain(|place, _| wanted.watched.contains(place));
    // Followed before the watches begin, so that the first list already wakes.
    context.wakes.follow_beside(key, wanted.followed.into_iter());
    let watches = &context.watches.beside;
    for place in wanted.watched {
        held.beside.entry(place).or_insert_with_key(|place| watches.acquire(place));
    }
    held.beside.keys().any(|place| !watches.is_settled(place))
}

/// The uid of the source that a Kustomization names, if it is looked at and known.
pub(super) fn source_uid(context: &Context, key: &ObjectKey, object: &Kustomization) -> Option<String> {
    source::uid(context, key, object)
}
