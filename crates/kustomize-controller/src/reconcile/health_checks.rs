//! The health checks that the spec asks for (contracts/kustomize-controller.md 17): which objects, how long, and what is
//! said of it. Waiting is `wait`'s.

use super::execute::Applied;
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
    recorder.enter(Step::HealthChecks);
    // As it was before this run writes anything.
    let before = reconcile_core::condition::get(&recorder.stored().conditions, condition::HEALTHY).cloned();
    let was_healthy = before.as_ref().is_some_and(|healthy| healthy.status == condition::TRUE);
    let waits = !is_settled(scope, &targets);
    if waits {
        recorder.wait_for_health().await?;
        match wait(scope, targets, resolved.timeout, scope.ctx.options.fail_fast).await {
            End::Ready => {}
            End::Cancelled => return Err(Fault::cancelled()),
            End::Failed(text) => {
                let took = api::Duration::from(started.elapsed());
                let message = api::awaited::failed_after(took, &text);
                return Err(Fault { unhealthy: Some(text), ..Fault::new(FaultKind::Unhealthy, message) });
            }
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

/// All objects but skipped ones and this Kustomization itself (17).
fn all_targets(scope: &Scope<'_>, applied: &Applied) -> Vec<Target> {
    if applied.shallow {
        let desired = scope.memory.objects.managed();
        return desired
            .iter()
            .filter(|object| !is_self(scope, &object.id()))
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
    targets_of(scope, &kept)
}

/// The objects of `spec.healthChecks`; an empty namespace looks for a cluster-scoped object (2).
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
        .filter(|target| !is_self(scope, &target.id))
        .collect()
}

#[cfg(test)]
mod tests;
