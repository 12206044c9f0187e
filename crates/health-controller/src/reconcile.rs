//! One assessment: gather what is known, explain it, publish the projection.

mod held;
mod view;

use std::time::{Duration, Instant};

use api::convergence::{ConvergenceStatus, HealthState};
use api::kustomization::Kustomization;
use cluster::Class;
use convergence::{Explained, Memory, View, explain, project};
use jiff::Timestamp;
use reconcile_core::ObjectKey;
use reconcile_core::metrics::Outcome;

use crate::context::Context;
use crate::publish::publish;
use view::Gathered;

pub(crate) use held::Held;

/// How long a verdict waits for watches that have not delivered yet.
const PATIENCE: Duration = Duration::from_secs(3);
/// After a write that failed.
const RETRY: Duration = Duration::from_secs(2);
/// Longest pause after writes that failed in a row.
const LONGEST_RETRY: Duration = Duration::from_secs(300);

/// Looks, explains, publishes; says when time alone makes the next assessment necessary.
pub(crate) async fn assess(context: &Context, key: &ObjectKey, held: &mut Held) -> Option<Duration> {
    let object = context.kustomizations.get(key)?;
    let begun = Instant::now();
    let published = context.convergences.get(key).and_then(|known| known.status.clone());
    let mut memory = held.memory.take().unwrap_or_else(|| Memory::restored(published.clone()));
    memory.published = published;
    let (gathered, waits) = view::look(context, key, &object, held).await;
    if waits {
        let since = *held.waiting.get_or_insert(begun);
        let left = PATIENCE.saturating_sub(since.elapsed());
        if !left.is_zero() {
            held.memory = Some(memory);
            return Some(left);
        }
    } else {
        held.waiting = None;
    }
    let in_namespace = |namespace: &str| context.pods.in_namespace(namespace);
    let Gathered { source, chain, objects } = gathered;
    let now = Timestamp::now();
    let view = View { kustomization: &object, source, chain, objects, pods: &in_namespace, now };
    let Explained { explanation, memory, recheck } = explain(&view, memory);
    let status = project(&explanation);
    let recheck = write(context, &object, &status, &memory, held, recheck, begun).await;
    held.memory = Some(memory);
    recheck
}

async fn write(
    context: &Context,
    object: &Kustomization,
    status: &ConvergenceStatus,
    memory: &Memory,
    held: &mut Held,
    recheck: Option<Duration>,
    begun: Instant,
) -> Option<Duration> {
    let key = ObjectKey::of(&object.metadata);
    let outcome = publish(&context.process.client, &context.convergences, object, status).await;
    let metrics = &context.process.metrics;
    match outcome {
        Ok(written) => {
            held.failures = 0;
            if written {
                tell(&key, memory.published.as_ref(), status);
                metrics.reconciled("convergence", "Convergence", &key, Outcome::Success, begun.elapsed());
            }
            recheck
        }
        Err(error) => {
            let class = error.classify();
            held.failures = held.failures.saturating_add(1);
            let pause = RETRY.saturating_mul(1 << held.failures.min(8)).min(LONGEST_RETRY);
            match class {
                // The watch will bring what somebody else wrote; what is gone is forgotten already.
                Class::Conflict | Class::NotFound => {
                    tracing::debug!(name = %key.name, namespace = %key.namespace, %error, "the Convergence changed meanwhile");
                    return Some(RETRY);
                }
                _ => {
                    tracing::error!(name = %key.name, namespace = %key.namespace, %error, "the Convergence could not be written");
                }
            }
            metrics.reconciled("convergence", "Convergence", &key, Outcome::Error, begun.elapsed());
            Some(recheck.map_or(pause, |recheck| recheck.min(pause)))
        }
    }
}

/// One log line when the answer changes, none when only details do.
fn tell(key: &ObjectKey, old: Option<&ConvergenceStatus>, new: &ConvergenceStatus) {
    let state = |status: &ConvergenceStatus| {
        let converged =
            status.conditions.first().map(|condition| (condition.status.clone(), condition.reason.clone()));
        (converged, status.health.as_ref().map(|health| health.state))
    };
    if old.map(state) == Some(state(new)) {
        return;
    }
    let health = new.health.as_ref().map_or(HealthState::Unknown, |health| health.state);
    let summary = new.summary.as_deref().unwrap_or_default();
    tracing::info!(controller = "convergence", name = %key.name, namespace = %key.namespace, health = health.as_str(), "{summary}");
}
