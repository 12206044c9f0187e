//! One look at objects that were well before, where nothing shows that they are not: a run that finds them so waits for
//! nothing, and writes nothing on the way. What they lack takes time, and is `wait`'s.

use super::scope::Scope;
use super::wait;
use crate::object_follow::Target;
use kube::Api;
use kube::api::DynamicObject;
use manifest::Gvk;
use std::collections::BTreeMap;

/// Objects that are read one by one.
const READS: usize = 8;

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looker {
    /// The first run of this process: others look at the same kinds now.
    Newcomer,
    /// A later one.
    Resident,
}

/// Whether all are Current after one look. It ends with the first that is not.
pub(crate) async fn finds_current(scope: &Scope<'_>, looker: Looker, targets: &[Target]) -> bool {
    let mut single = Vec::new();
    let mut kinds: BTreeMap<Gvk, Vec<&Target>> = BTreeMap::new();
    for target in targets.iter().filter(|target| !wait::is_known_current(scope, target)) {
        if target.object.is_some() {
            // It was judged as it is.
            return false;
        }
        let (_, newest) = scope.memory.objects.verdict(&target.id);
        if looker == Looker::Newcomer && newest != 0 && !scope.health.covers(&target.id) {
            let kind = Gvk {
                group: target.id.group.clone(),
                version: target.version.clone(),
                kind: target.id.kind.clone(),
            };
            kinds.entry(kind).or_default().push(target);
        } else {
            single.push(target);
        }
    }
    if single.len() > READS {
        return false;
    }
    for (kind, members) in kinds {
        let looked = scope.target.health_looks.of(&scope.target.cluster, &kind);
        let shown = tokio::select! {
            shown = looked => shown,
            () = scope.control.cancelled() => return false,
        };
        for target in members {
            let version = shown.get().and_then(|shown| shown.current_at(&target.id));
            let (_, newest) = scope.memory.objects.verdict(&target.id);
            match version {
                Some(version) if version >= newest => scope.memory.objects.set_current(&target.id, version),
                _ => return false,
            }
        }
    }
    for target in single {
        if !is_current(scope, target).await {
            return false;
        }
    }
    true
}

/// Reads one object as the account that may.
async fn is_current(scope: &Scope<'_>, target: &Target) -> bool {
    let Ok(client) = scope.client() else { return false };
    let Ok(resolved) =
        scope.target.mapper().resolve(&target.id.group, &target.version, &target.id.kind).await
    else {
        return false;
    };
    let api: Api<DynamicObject> = if resolved.namespaced && !target.id.namespace.is_empty() {
        Api::namespaced_with(client, &target.id.namespace, &resolved.api_resource)
    } else if resolved.namespaced {
        // No wait will find it: that is said by the wait.
        return false;
    } else {
        Api::all_with(client, &resolved.api_resource)
    };
    let read = tokio::select! {
        read = api.get(&target.id.name) => read,
        () = scope.control.cancelled() => return false,
    };
    let Some(object) = read.ok().and_then(|object| serde_json::to_value(object).ok()) else { return false };
    wait::is_seen_current(scope, target, &object)
}

#[cfg(test)]
mod tests;
