//! What an assessment looks at: what the watches know, and the few objects that no watch shows. It keeps watched what
//! it has to look at, and wakes nobody.

mod inventory;
mod probe;

use std::collections::{BTreeMap, BTreeSet};

use api::kustomization::Kustomization;
use convergence::dependencies::Reach;
use convergence::{Hidden, Owner, SourceView, Visibility, dependencies};
use health::Rules;
use manifest::ObjectId;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;

use super::held::Held;
use crate::context::Context;
use crate::source_watches::Found;
use inventory::Entry;

/// What the watches know.
pub(super) struct Gathered {
    pub(super) source: SourceView,
    pub(super) chain: Vec<String>,
    pub(super) objects: Vec<(ObjectId, Visibility)>,
}

/// Gathers what is known; true beside it when watches have not delivered yet.
pub(super) async fn look(
    context: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    held: &mut Held,
) -> (Gathered, bool) {
    let mut waits = false;
    let reach = context.options.reach;
    context
        .wakes
        .follow_dependencies(key, dependencies::within(object, reach).map(|id| inventory::key_of(&id)));
    let chain = dependencies::chain(object, reach, |id| context.kustomizations.get(&inventory::key_of(id)));
    let source = match source(context, key, object, held) {
        Found::View(view) => view,
        Found::Starting => {
            waits = true;
            SourceView::Hidden
        }
    };
    let mut entries = inventory::entries(object, context.options.observe_secrets);
    follow(context, key, held, &entries);
    let owner = Owner::by(object);
    for entry in &mut entries {
        let Some(kind) = &entry.kind else { continue };
        entry.visibility = context.watches.observed.visibility(kind, &inventory::key_of(&entry.id), &owner);
        waits |= matches!(entry.visibility, Visibility::Hidden(Hidden::Starting));
    }
    if !waits {
        probe::probe(context, object, held, &mut entries).await;
    }
    waits |= follow_pods(context, key, held, &entries);
    let objects = entries.into_iter().map(|entry| (entry.id, entry.visibility)).collect();
    (Gathered { source, chain, objects }, waits)
}

/// Watches Pods where they would tell more, and only there; true when they have not been listed yet. A verdict
/// without them would take back what an earlier process has explained.
fn follow_pods(context: &Context, key: &ObjectKey, held: &mut Held, entries: &[Entry]) -> bool {
    let (wanted, pods) = (troubled(entries, context.rules), &context.watches.pods);
    held.pods.retain(|namespace, _| wanted.contains(namespace));
    // Followed before the watch begins, so that the first list already wakes.
    context.wakes.follow_pods(key, wanted.iter().cloned());
    for namespace in wanted {
        held.pods.entry(namespace).or_insert_with_key(|namespace| pods.acquire(namespace));
    }
    held.pods.keys().any(|namespace| !pods.is_settled(namespace))
}

/// Namespaces in which an object is not well whose Pods would tell more.
fn troubled(entries: &[Entry], rules: &Rules) -> BTreeSet<String> {
    let asks = |entry: &&Entry| match &entry.visibility {
        Visibility::Seen(seen) => {
            !entry.id.namespace.is_empty()
                && rules.of(&entry.id.group, &entry.id.kind).pods.exist()
                && !seen.is_well()
        }
        _ => false,
    };
    entries.iter().filter(asks).map(|entry| entry.id.namespace.clone()).collect()
}

fn follow(context: &Context, key: &ObjectKey, held: &mut Held, entries: &[Entry]) {
    let watched = inventory::watched(entries);
    let mut kinds = BTreeMap::new();
    for (kind, _) in &watched {
        kinds.entry((kind.group.clone(), kind.version.clone(), kind.kind.clone())).or_insert(kind);
    }
    // Followed before the watch begins, so that nothing is missed.
    context.wakes.follow_objects(key, &watched);
    held.kinds.retain(|name, _| kinds.contains_key(name));
    for (name, kind) in kinds {
        held.kinds.entry(name).or_insert_with(|| context.watches.objects.acquire(kind));
    }
}

fn source(context: &Context, key: &ObjectKey, object: &Kustomization, held: &mut Held) -> Found {
    let source =
        source_of(key, object, context.options.reach, context.process.args.watch_namespace.as_deref());
    context.wakes.follow_source(key, source.as_ref().ok());
    let (kind, source) = match source {
        Ok(source) => source,
        Err(view) => {
            held.source = None;
            return Found::View(view);
        }
    };
    if held.source.as_ref().is_none_or(|interest| *interest.kind() != kind) {
        held.source = Some(context.watches.source_pool.acquire(&kind));
    }
    context.watches.sources.find(&kind, &source)
}

/// The uid of the source that a Kustomization names, if it is looked at and known.
pub(super) fn source_uid(context: &Context, key: &ObjectKey, object: &Kustomization) -> Option<String> {
    let namespace = context.process.args.watch_namespace.as_deref();
    let (kind, source) = source_of(key, object, context.options.reach, namespace).ok()?;
    context.watches.sources.uid(&kind, &source)
}

/// The source that a Kustomization names; of one that is not looked at, what is said instead.
fn source_of(
    key: &ObjectKey,
    object: &Kustomization,
    reach: Reach,
    watch_namespace: Option<&str>,
) -> Result<(WatchedKind, ObjectKey), SourceView> {
    let reference = &object.spec.source_ref;
    let namespace = reference.namespace.clone().unwrap_or_else(|| key.namespace.clone());
    if !reach.includes(&key.namespace, &namespace) {
        return Err(SourceView::Elsewhere);
    }
    let unwatched = watch_namespace.is_some_and(|watched| watched != namespace);
    if unwatched || reference.kind.as_str().is_empty() {
        return Err(SourceView::Hidden);
    }
    let kind = WatchedKind::gvk(api::SOURCE_GROUP, api::FLUX_VERSION, reference.kind.as_str());
    Ok((kind, ObjectKey::new(namespace, reference.name.clone())))
}

#[cfg(test)]
mod tests;
