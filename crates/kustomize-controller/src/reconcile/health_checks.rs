//! The health checks that the spec asks for (contracts/kustomize-controller.md 17): which objects, how long, and what is
//! said of it. Waiting is `wait`'s.

use super::execute::Applied;
use super::look;
use super::recorder::{Recorder, Step};
use super::scope::{Resolved, Scope};
use super::wait::{End, is_self, is_settled, targets_of, wait};
use crate::fault::{Fault, FaultKind};
use crate::object_follow::Target;
use ::apply::Change;
use api::condition::{self, reason};
use health::Rules;
use manifest::{Gvk, ObjectId};
use reconcile_core::events::Severity;
use std::time::Instant;

/// Runs them.
pub(crate) async fn check_health(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    resolved: &Resolved,
    applied: &Applied,
) -> Result<(), Fault> {
    if !scope.object.spec.wait && scope.object.spec.health_checks.is_empty() {
        recorder.without_health();
        return Ok(());
    }
    let started = Instant::now();
    let targets: Vec<Target> = match scope.object.spec.wait {
        true => all_targets(scope, applied),
        false => named_targets(scope, applied),
    };
    if targets.is_empty() {
        // Nothing was applied, or all of it skipped: nothing can be said of it.
        recorder.without_health();
        return Ok(());
    }
    let targets: Vec<Target> = targets.into_iter().filter(|target| !is_self(scope, &target.id)).collect();
    recorder.enter(Step::HealthChecks);
    // As it was before this run writes anything.
    let before = reconcile_core::condition::get(&recorder.stored().conditions, condition::HEALTHY).cloned();
    let was_healthy = before.as_ref().is_some_and(|healthy| healthy.status == condition::TRUE);
    let mut waits = !is_settled(scope, &targets);
    if waits && was_healthy {
        waits = !look::finds_current(scope, recorder.looker(), &targets).await;
    }
    let unhealthy = |text: String| {
        let took = api::Duration::from(started.elapsed());
        let message = api::awaited::failed_after(took, &text);
        Fault { unhealthy: Some(text), ..Fault::new(FaultKind::Unhealthy, message) }
    };
    if waits {
        recorder.wait_for_health().await?;
        if let Some(text) = without_namespace(scope, &targets).await {
            return Err(unhealthy(text));
        }
        match wait(scope, targets, resolved.timeout, scope.ctx.options.fail_fast).await {
            End::Ready => {}
            End::Cancelled => return Err(Fault::cancelled()),
            End::Failed(text) => return Err(unhealthy(text)),
        }
    }
    let message = format!("Health check passed in {}", api::Duration::from(started.elapsed()));
    let new_revision = recorder.stored().last_applied_revision.as_ref() != Some(&resolved.artifact.revision);
    if !was_healthy || (new_revision && applied.changes.iter().any(Change::is_write)) {
        scope.ctx.reporter.event(
            &scope.object,
            Some(&resolved.artifact),
            Severity::Info,
            reason::PROGRESSING,
            &message,
        );
    }
    // Healthy as before without a wait: the old message stays, so that a run that changes nothing writes nothing here.
    let message = match before {
        Some(before) if was_healthy && !waits => before.message,
        _ => message,
    };
    recorder.healthy(&message);
    Ok(())
}

/// The first of the objects that are in namespaces and for which the spec names none: no wait will find it (17).
async fn without_namespace(scope: &Scope<'_>, targets: &[Target]) -> Option<String> {
    for Target { id, .. } in targets.iter().filter(|target| target.id.namespace.is_empty()) {
        let resolved = scope.target.mapper().resolve_any_version(&id.group, &id.kind).await;
        if resolved.is_ok_and(|resolved| resolved.namespaced) {
            let dot = if id.group.is_empty() { "" } else { "." };
            let kind = format!("{}{dot}{}", id.kind, id.group);
            return Some(format!(
                "resource {kind} {} is namespace scoped, but namespace is not set",
                id.name
            ));
        }
    }
    None
}

/// All objects but skipped ones (17).
fn all_targets(scope: &Scope<'_>, applied: &Applied) -> Vec<Target> {
    if applied.shallow {
        let desired = scope.memory.objects.managed();
        return desired
            .iter()
            .map(|object| Target {
                id: object.id(),
                version: object.gvk().version,
                object: None,
                labelled: true,
                may_vanish: Rules::built_in().has_ttl(object.value()),
            })
            .collect();
    }
    let kept: Vec<Change> =
        applied.changes.iter().filter(|change| change.action != ::apply::Action::Skipped).cloned().collect();
    targets_of(&kept)
}

/// The objects of `spec.healthChecks` (2).
fn named_targets(scope: &Scope<'_>, applied: &Applied) -> Vec<Target> {
    let references = scope.object.spec.health_checks.iter();
    references
        .map(|reference| {
            let gvk = Gvk::parse(
                reference.api_version.as_deref().filter(|v| !v.is_empty()).unwrap_or("apps/v1"),
                &reference.kind,
            );
            let id = ObjectId {
                namespace: reference.namespace.clone().unwrap_or_default(),
                name: reference.name.clone(),
                group: gvk.group,
                kind: gvk.kind,
            };
            let change = applied.changes.iter().find(|change| change.id == id);
            let object = change.and_then(|change| change.object.clone());
            Target {
                may_vanish: object.as_ref().is_some_and(|object| Rules::built_in().has_ttl(object)),
                id,
                version: gvk.version,
                object,
                labelled: false,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
