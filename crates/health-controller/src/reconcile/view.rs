//! What an assessment looks at: what the watches know, and the few objects that no watch shows, read once per run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use api::condition::READY;
use api::kustomization::Kustomization;
use api::labels;
use cluster::Class;
use convergence::{Hidden, Seen, SourceView, Visibility, dependencies, inventory_mark, last_run};
use health::explain::has_pods;
use jiff::Timestamp;
use kube::Api;
use kube::core::DynamicObject;
use manifest::ObjectId;
use reconcile_core::watch_pool::WatchedKind;
use reconcile_core::{ObjectKey, condition, store};

use super::held::Held;
use crate::context::{Context, every};
use crate::observed::joined;
use crate::source_watches::Found;

/// Reads of absent objects in one assessment.
const PROBES: usize = 20;

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
    context.by_dependency.set(key, dependencies::of(object).map(|id| key_of(&id)));
    let chain = dependencies::chain(object, |id| context.kustomizations.get(&key_of(id)));
    let source = match source(context, key, object, held) {
        Found::View(view) => view,
        Found::Starting => {
            waits = true;
            SourceView::Hidden
        }
    };
    let entries = object.status.as_ref().and_then(|status| status.inventory.as_ref());
    let entries = entries.map_or(&[][..], |inventory| &inventory.entries);
    let mut objects = Vec::with_capacity(entries.len());
    let mut watched = Vec::new();
    for entry in entries {
        let Ok(id) = ObjectId::from_inventory(&entry.id) else {
            let id = ObjectId { name: entry.id.clone(), kind: "Malformed".to_owned(), ..ObjectId::default() };
            objects.push((id, None, Visibility::Hidden(Hidden::Malformed)));
            continue;
        };
        if object.spec.kube_config.is_some() {
            objects.push((id, None, Visibility::Hidden(Hidden::Remote)));
            continue;
        }
        if id.group.is_empty() && id.kind == "Secret" && !context.options.observe_secrets {
            objects.push((id, None, Visibility::Hidden(Hidden::Secret)));
            continue;
        }
        let kind = WatchedKind::gvk(&id.group, &entry.v, &id.kind);
        watched.push((kind.clone(), key_of(&id)));
        objects.push((id, Some(kind), Visibility::Absent));
    }
    subscribe(context, key, held, &watched);
    for (id, kind, visibility) in &mut objects {
        let Some(kind) = kind else { continue };
        *visibility = context.observed.visibility(kind, &key_of(id));
        waits |= matches!(visibility, Visibility::Hidden(Hidden::Starting));
    }
    if !waits {
        probe(context, object, held, &mut objects).await;
    }
    waits |= follow_pods(context, key, held, &objects);
    let objects = objects.into_iter().map(|(id, _, visibility)| (id, visibility)).collect();
    (Gathered { source, chain, objects }, waits)
}

/// Watches Pods where they would tell more, and only there; true when they have not been listed yet. A verdict
/// without them would take back what an earlier process has explained.
fn follow_pods(
    context: &Context,
    key: &ObjectKey,
    held: &mut Held,
    objects: &[(ObjectId, Option<WatchedKind>, Visibility)],
) -> bool {
    let wanted: BTreeSet<String> = objects
        .iter()
        .filter(|(id, _, visibility)| match visibility {
            Visibility::Seen(seen) | Visibility::Unlabelled(seen) => {
                !id.namespace.is_empty() && has_pods(&id.group, &id.kind) && seen.object().is_some()
            }
            _ => false,
        })
        .map(|(id, _, _)| id.namespace.clone())
        .collect();
    held.pods.retain(|namespace, _| wanted.contains(namespace));
    // The subscription comes first, so that the first list already wakes.
    context.pods.subscribe(key, wanted.iter().cloned());
    for namespace in wanted {
        held.pods.entry(namespace).or_insert_with_key(|namespace| context.pods.acquire(namespace));
    }
    held.pods.keys().any(|namespace| !context.pods.is_settled(namespace))
}

fn subscribe(context: &Context, key: &ObjectKey, held: &mut Held, watched: &[(WatchedKind, ObjectKey)]) {
    let mut kinds = BTreeMap::new();
    for (kind, _) in watched {
        kinds.entry((kind.group.clone(), kind.version.clone(), kind.kind.clone())).or_insert(kind);
    }
    // Subscribed before the watch begins, so that nothing is missed.
    context.by_object.set(key, watched.iter().cloned());
    context.by_kind.set(key, kinds.values().map(|kind| (*kind).clone()));
    held.kinds.retain(|name, _| kinds.contains_key(name));
    for (name, kind) in kinds {
        held.kinds.entry(name).or_insert_with(|| context.objects.acquire(kind));
    }
}

fn source(context: &Context, key: &ObjectKey, object: &Kustomization, held: &mut Held) -> Found {
    let reference = &object.spec.source_ref;
    let namespace = reference.namespace.clone().unwrap_or_else(|| key.namespace.clone());
    let elsewhere =
        context.process.args.watch_namespace.as_ref().is_some_and(|watched| *watched != namespace);
    if elsewhere || reference.kind.as_str().is_empty() {
        held.source = None;
        context.by_source.remove(key);
        return Found::View(SourceView::Hidden);
    }
    let kind = WatchedKind::gvk(api::SOURCE_GROUP, api::FLUX_VERSION, reference.kind.as_str());
    let source = ObjectKey::new(namespace, reference.name.clone());
    context.by_source.set(key, [(kind.clone(), source.clone()), (kind.clone(), every())]);
    if held.source.as_ref().is_none_or(|interest| *interest.kind() != kind) {
        held.source = Some(context.source_pool.acquire(&kind));
    }
    context.sources.find(&kind, &source)
}

/// Objects that the owner label does not show are read once per run: they may exist without it.
async fn probe(
    context: &Context,
    object: &Kustomization,
    held: &mut Held,
    objects: &mut [(ObjectId, Option<WatchedKind>, Visibility)],
) {
    let Some(run) = finished_run(object) else { return };
    let mut left = PROBES;
    let mut probes = HashMap::new();
    for (id, kind, visibility) in objects.iter_mut() {
        let (Visibility::Absent, Some(kind)) = (&*visibility, kind.as_ref()) else { continue };
        let known = held.probes.remove(id).filter(|(of, _)| *of == run).map(|(_, visibility)| visibility);
        let found = match known {
            Some(found) => found,
            None if left == 0 => continue,
            None => {
                left -= 1;
                read(context, id, kind).await
            }
        };
        *visibility = found.clone();
        // Of an object with its labels the watch tells, a moment later: what was read would hide what it tells next.
        if !matches!(found, Visibility::Seen(_)) {
            probes.insert(id.clone(), (run.clone(), found));
        }
    }
    held.probes = probes;
}

async fn read(context: &Context, id: &ObjectId, kind: &WatchedKind) -> Visibility {
    let resolved = match context.process.mapper.resolve(&kind.group, &kind.version, &kind.kind).await {
        Ok(resolved) => resolved,
        Err(error) if error.classify() == Class::NotFound => return Visibility::KindUnknown,
        Err(error) => return Visibility::Hidden(Hidden::Failing(error.message().to_owned())),
    };
    let client = context.process.client.clone();
    let api: Api<DynamicObject> = if resolved.namespaced {
        Api::namespaced_with(client, &id.namespace, &resolved.api_resource)
    } else {
        Api::all_with(client, &resolved.api_resource)
    };
    match api.get_opt(&id.name).await.map_err(cluster::Error::from) {
        Ok(None) => Visibility::Absent,
        Ok(Some(found)) => read_back(kind, found, Timestamp::now()),
        Err(error) if error.classify() == Class::Forbidden => Visibility::Hidden(Hidden::Forbidden),
        Err(error) => Visibility::Hidden(Hidden::Failing(error.message().to_owned())),
    }
}

/// An object that was read because its watch does not show it. One that has the label is on its way: word of the end of
/// a run may come before word of what the run made, since those are two watches.
fn read_back(kind: &WatchedKind, found: DynamicObject, now: Timestamp) -> Visibility {
    let DynamicObject { mut metadata, data, .. } = found;
    let mark = inventory_mark::of(&metadata.managed_fields.take().unwrap_or_default());
    let version = store::version(&metadata);
    let uid = metadata.uid.clone().unwrap_or_default();
    let labelled = metadata.labels.as_ref().is_some_and(|labels| labels.contains_key(labels::OWNER_NAME));
    let seen = Arc::new(Seen::new(joined(kind, metadata, data), version, uid, mark, now));
    if labelled { Visibility::Seen(seen) } else { Visibility::Unlabelled(seen) }
}

/// Tells one finished run from the next; `None` while one is under way, when objects are absent for good reason.
fn finished_run(object: &Kustomization) -> Option<String> {
    let status = object.status.as_ref()?;
    let ready =
        condition::get(&status.conditions, READY).filter(|ready| ready.status != api::condition::UNKNOWN)?;
    let last = last_run(status);
    Some(format!("{:?} {:?} {last:?}", status.last_attempted_revision, ready.last_transition_time.0))
}

fn key_of(id: &ObjectId) -> ObjectKey {
    ObjectKey::new(id.namespace.clone(), id.name.clone())
}

#[cfg(test)]
mod tests;
