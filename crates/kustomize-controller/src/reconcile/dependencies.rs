//! Whether what a Kustomization depends on is ready (contracts/kustomize-controller.md 18).
//!
//! Judging is pure; only a dependency that is not in the store is read. Nobody waits long here: the watch on
//! dependencies wakes the task (decisions 5.6).

use super::scope::Scope;
use crate::context::Context;
use crate::expressions::{ReadyError, is_ready};
use crate::fault::{Fault, FaultKind};
use api::condition;
use api::kustomization::Kustomization;
use kube::Api;
use reconcile_core::ObjectKey;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How much of a cycle a message shows.
const SHOWN: usize = 10;
/// How long a dependency that is about to follow is awaited quietly.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a dependency stands.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    Ready,
    NotReady,
    /// Ready, but at another revision of the source that we share.
    Behind,
}

fn judge(
    dependent: &Kustomization,
    own_namespace: &str,
    dependency: &Kustomization,
    revision: &str,
) -> Standing {
    let Some(status) = &dependency.status else { return Standing::NotReady };
    let observed = dependency.metadata.generation == Some(status.observed_generation);
    if !observed || !reconcile_core::condition::is_true(&status.conditions, condition::READY) {
        return Standing::NotReady;
    }
    let (ours, theirs) = (&dependent.spec.source_ref, &dependency.spec.source_ref);
    let their_namespace = dependency.metadata.namespace.as_deref().unwrap_or_default();
    let shared = ours.kind == theirs.kind
        && ours.name == theirs.name
        && ours.namespace_or(own_namespace) == theirs.namespace_or(their_namespace);
    if shared && status.last_applied_revision.as_deref() != Some(revision) {
        return Standing::Behind;
    }
    Standing::Ready
}

/// Checks every dependency. One that is about to follow is awaited for a moment without publishing it: one that shares our
/// source and is only behind its new revision, or one in the middle of a run (decisions 4.8).
pub(crate) async fn ready(scope: &Scope<'_>, revision: &str) -> Result<(), Fault> {
    let Scope { ctx, key, object, control, .. } = scope;
    let deadline = tokio::time::Instant::now() + PATIENCE.min(ctx.options.requeue_dependency);
    loop {
        let mut changes = ctx.changes.subscribe();
        let fault = match check(ctx, key, object, revision).await {
            Ok(()) => return Ok(()),
            Err(fault) => fault,
        };
        if control.is_cancelled() {
            return Err(Fault::cancelled());
        }
        let follows = fault.kind == FaultKind::DependencyBehind
            || (fault.kind.awaits_dependency() && is_in_progress(ctx, key, object));
        if !follows {
            return Err(fault);
        }
        tokio::select! {
            _ = changes.changed() => {}
            () = tokio::time::sleep_until(deadline) => return Err(fault),
            () = control.cancelled() => return Err(Fault::cancelled()),
        }
    }
}

/// Whether a dependency is in the middle of a run.
fn is_in_progress(ctx: &Context, key: &ObjectKey, object: &Kustomization) -> bool {
    object.spec.depends_on.iter().any(|reference| {
        let key = ObjectKey::new(reference.namespace_or(&key.namespace), reference.name.clone());
        ctx.kustomizations.get(&key).is_some_and(|dependency| {
            let conditions =
                dependency.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
            reconcile_core::condition::get(conditions, condition::READY)
                .is_some_and(|c| c.status == condition::UNKNOWN)
        })
    })
}

/// The first dependency that is not ready is the fault.
async fn check(ctx: &Context, key: &ObjectKey, object: &Kustomization, revision: &str) -> Result<(), Fault> {
    let requeue = api::Duration::from(ctx.options.requeue_dependency);
    for reference in &object.spec.depends_on {
        let namespace = reference.namespace_or(&key.namespace);
        let name = format!("{namespace}/{}", reference.name);
        let event = format!("Dependencies do not meet ready condition, retrying in {requeue}");
        let wait = |kind: FaultKind, message: String| Fault::new(kind, message).event(event.clone());
        let found = find(ctx, namespace, &reference.name).await;
        let found = found.map_err(|error| {
            let message = format!("dependency '{name}' not found: {}", error.message());
            wait(FaultKind::DependencyUnread, message)
        })?;
        let Some(dependency) = found else {
            return Err(wait(
                FaultKind::DependencyNotReady,
                format!(
                    "dependency '{name}' not found: kustomizations.kustomize.toolkit.fluxcd.io \"{}\" not found",
                    reference.name
                ),
            ));
        };
        if let Some(text) = reference.ready_expr.as_deref().filter(|text| !text.is_empty()) {
            match is_ready_by(text, object, &dependency) {
                Ok(true) if ctx.options.additive_ready_expr => {}
                Ok(true) => continue,
                Ok(false) => {
                    let message = format!("dependency '{name}' is not ready according to readyExpr eval");
                    return Err(wait(FaultKind::DependencyNotReady, message));
                }
                Err(ReadyError::Compile(error)) => {
                    let message = format!(
                        "Reconciliation failed terminally due to configuration error: terminal error: failed to evaluate \
                         dependency {}: {error}",
                        reference.name
                    );
                    return Err(Fault::new(FaultKind::InvalidExpression, message));
                }
                Err(error @ ReadyError::Evaluate(_)) => {
                    return Err(wait(FaultKind::DependencyNotReady, error.to_string()));
                }
            }
        }
        match judge(object, &key.namespace, &dependency, revision) {
            Standing::Ready => {}
            Standing::NotReady => {
                let cycle = cycle(ctx, key, &ObjectKey::new(namespace, reference.name.clone()));
                let message = format!("dependency '{name}' is not ready{cycle}");
                return Err(wait(FaultKind::DependencyNotReady, message));
            }
            Standing::Behind => {
                let message = format!("dependency '{name}' revision is not up to date");
                return Err(wait(FaultKind::DependencyBehind, message));
            }
        }
    }
    Ok(())
}

fn is_ready_by(text: &str, object: &Kustomization, dependency: &Kustomization) -> Result<bool, ReadyError> {
    // Kustomizations always serialise.
    let value = |object: &Kustomization| serde_json::to_value(object).unwrap_or_default();
    is_ready(text, &value(object), &value(dependency))
}

/// `: it depends on this one in turn (…)` where that is so: such a wait has no end.
fn cycle(ctx: &Context, key: &ObjectKey, dependency: &ObjectKey) -> String {
    let mut road = vec![key.clone(), dependency.clone()];
    let mut seen: BTreeSet<ObjectKey> = [dependency.clone()].into();
    // The places on the road, each with the dependencies that were not tried yet.
    let mut open = vec![on(ctx, dependency)];
    if dependency == key {
        open.clear();
    } else {
        while let Some(next) = open.last_mut() {
            let Some(to) = next.pop() else {
                open.pop();
                road.pop();
                continue;
            };
            if to == *key {
                road.push(to);
                break;
            }
            if seen.insert(to.clone()) {
                open.push(on(ctx, &to));
                road.push(to);
            }
        }
        if open.is_empty() {
            return String::new();
        }
    }
    let names: Vec<String> = road.iter().map(|key| format!("{}/{}", key.namespace, key.name)).collect();
    let shown = match (names.get(..SHOWN), names.last()) {
        (Some(first), Some(last)) if names.len() > SHOWN => format!("{} -> … -> {last}", first.join(" -> ")),
        _ => names.join(" -> "),
    };
    format!(": the dependencies are a cycle: {shown}")
}

/// What a Kustomization depends on, the last first.
fn on(ctx: &Context, key: &ObjectKey) -> Vec<ObjectKey> {
    let Some(object) = ctx.kustomizations.get(key) else { return Vec::new() };
    let references = object.spec.depends_on.iter().rev();
    references.map(|to| ObjectKey::new(to.namespace_or(&key.namespace).to_owned(), to.name.clone())).collect()
}

async fn find(
    ctx: &Context,
    namespace: &str,
    name: &str,
) -> Result<Option<Arc<Kustomization>>, cluster::Error> {
    let key = ObjectKey { namespace: namespace.to_owned(), name: name.to_owned() };
    if let Some(object) = ctx.kustomizations.get(&key) {
        return Ok(Some(object));
    }
    // Another shard's, or in a namespace that is not watched.
    let api: Api<Kustomization> = Api::namespaced(ctx.client.clone(), namespace);
    match api.get_opt(name).await {
        Ok(object) => Ok(object.map(Arc::new)),
        Err(error) => Err(cluster::Error::from(error)),
    }
}

#[cfg(test)]
mod tests;
