//! Objects that the owner label does not show are read once per run: they may exist without it.

use std::collections::HashMap;
use std::sync::Arc;

use api::condition::READY;
use api::kustomization::Kustomization;
use cluster::Class;
use convergence::{Hidden, Owner, Seen, Visibility, inventory_mark, last_run};
use health::Rules;
use jiff::Timestamp;
use kube::Api;
use kube::core::DynamicObject;
use manifest::ObjectId;
use reconcile_core::watch_pool::WatchedKind;
use reconcile_core::{ObjectKey, condition, store};

use super::inventory::Entry;
use crate::context::Context;
use crate::observed::joined;
use crate::reconcile::held::Held;

/// Reads of absent objects in one assessment.
const PROBES: usize = 20;

/// What reads have given, with the run in which they were made.
type Probes = HashMap<ObjectId, (String, Visibility)>;

/// Puts what is known of absent objects in place, and reads those of which nothing is known for this run.
pub(super) async fn probe(context: &Context, object: &Kustomization, held: &mut Held, entries: &mut [Entry]) {
    let Some(run) = finished_run(object) else { return };
    let owner = Owner::by(object);
    let rules = context.rules.of(Some(&ObjectKey::of(&object.metadata)));
    let mut left = PROBES;
    let mut probes = Probes::new();
    for entry in entries.iter_mut() {
        let (Visibility::Absent, Some(kind)) = (&entry.visibility, entry.kind.as_ref()) else { continue };
        let found = match known(&mut held.probes, &entry.id, &run) {
            Some(found) => found,
            None if left == 0 => continue,
            None => {
                left -= 1;
                read(context, &entry.id, kind, &owner, &rules).await
            }
        };
        entry.visibility = found.clone();
        // Of an object with its labels the watch tells, a moment later: what was read would hide what it tells next.
        if !matches!(found, Visibility::Seen(_)) {
            probes.insert(entry.id.clone(), (run.clone(), found));
        }
    }
    held.probes = probes;
}

/// What a read in the same run has given.
fn known(probes: &mut Probes, id: &ObjectId, run: &str) -> Option<Visibility> {
    probes.remove(id).filter(|(of, _)| of == run).map(|(_, visibility)| visibility)
}

async fn read(
    context: &Context,
    id: &ObjectId,
    kind: &WatchedKind,
    owner: &Owner,
    rules: &Rules,
) -> Visibility {
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
        Ok(Some(found)) => read_back(kind, found, owner, rules, Timestamp::now()),
        Err(error) if error.classify() == Class::Forbidden => Visibility::Hidden(Hidden::Forbidden),
        Err(error) => Visibility::Hidden(Hidden::Failing(error.message().to_owned())),
    }
}

/// An object that was read because its watch does not show it. One that has its owner's labels is on its way: word of the
/// end of a run may come before word of what the run made, since those are two watches.
fn read_back(
    kind: &WatchedKind,
    found: DynamicObject,
    owner: &Owner,
    rules: &Rules,
    now: Timestamp,
) -> Visibility {
    let DynamicObject { mut metadata, data, .. } = found;
    let mark = inventory_mark::of(&metadata.managed_fields.take().unwrap_or_default());
    let version = store::version(&metadata);
    let uid = metadata.uid.clone().unwrap_or_default();
    let of = Owner::of(metadata.labels.as_ref());
    let seen = Seen::new(joined(kind, metadata, data, rules), version, uid, mark, of, rules, now);
    Visibility::Seen(Arc::new(seen)).for_owner(owner)
}

/// Tells one finished run from the next; `None` while one is under way, when objects are absent for good reason.
fn finished_run(object: &Kustomization) -> Option<String> {
    let status = object.status.as_ref()?;
    let ready =
        condition::get(&status.conditions, READY).filter(|ready| ready.status != api::condition::UNKNOWN)?;
    let last = last_run(status);
    Some(format!("{:?} {:?} {last:?}", status.last_attempted_revision, ready.last_transition_time.0))
}

#[cfg(test)]
mod tests;
