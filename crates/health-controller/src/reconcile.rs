//! One assessment: gather what is known, explain it, publish the projection, and say when to look again. What is known
//! is `view`'s to gather, what follows from it the crate `convergence`'s to say.

mod held;
mod kinds;
mod news;
mod progress;
mod quarrels;
mod traces;
mod view;

use std::time::{Duration, Instant};

use api::convergence::{ConvergenceStatus, HealthState};
use api::kustomization::Kustomization;
use convergence::{Explained, Memory, Onlooker, View, explain, project};
use jiff::Timestamp;
use reconcile_core::metrics::Outcome;
use reconcile_core::{ObjectKey, trace};

use crate::context::Context;
use crate::fault::Fault;
use crate::publish::publish;
use news::is_news;
use view::Gathered;

pub(crate) use held::Held;

/// Looks, explains, publishes; says when time alone makes the next assessment necessary.
pub(crate) async fn assess(context: &Context, key: &ObjectKey, held: &mut Held) -> Option<Duration> {
    trace::keep(false);
    let object = context.kustomizations.get(key)?;
    let begun = Instant::now();
    let published = context.convergences.get(key).and_then(|known| known.status.clone());
    traces::begin(&object, held, published.as_ref());
    let mut memory = held.memory.take().unwrap_or_else(|| Memory::restored(published.clone()));
    memory.published = published;
    let (mut gathered, waits) = view::look(context, key, &object, held, &memory).await;
    if let Some(left) = held.put_off(waits, begun, Instant::now()) {
        held.keep(memory);
        return Some(left);
    }
    let (look_again, quarrels) = (gathered.recheck, std::mem::take(&mut gathered.quarrels));
    held.quarrels = Some(quarrels);
    let Explained { explanation, memory, recheck } = explained(context, key, &object, held, gathered, memory);
    let status = project(&explanation);
    context.explanations.keep(key, explanation);
    context.alerts.observe(&object, memory.published.as_ref(), &status);
    let recheck = recheck.into_iter().chain(look_again).min();
    let recheck = write(context, &object, &status, &memory, held, recheck, begun).await;
    held.keep(memory);
    recheck
}

/// What is known, explained by the rules that hold for the Kustomization.
fn explained(
    context: &Context,
    key: &ObjectKey,
    object: &Kustomization,
    held: &Held,
    gathered: Gathered,
    memory: Memory,
) -> Explained {
    let Gathered { source, chain, objects, leaving, rivals, drift, .. } = gathered;
    let rules = context.rules.of(Some(key));
    let around = context.watches.around(&held.beside);
    let view = View {
        kustomization: object,
        source,
        chain,
        objects,
        leaving,
        rivals,
        drift: drift.as_deref(),
        beside: &around,
        rules: &rules,
        now: Timestamp::now(),
        onlooker: Onlooker::Controller,
    };
    explain(&view, memory)
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
    let error = match outcome {
        Ok(written) => {
            held.refusals.reset();
            if written {
                context.measures.told(memory.published.as_ref(), status);
                traces::told(context, object, held, memory.published.as_ref(), status);
                tell(&key, memory.published.as_ref(), status);
                metrics.reconciled("convergence", "Convergence", &key, Outcome::Success, begun.elapsed());
            }
            return recheck;
        }
        Err(error) => error,
    };
    let fault = Fault::of(error.classify());
    match fault {
        Fault::Overtaken => {
            tracing::debug!(name = %key.name, namespace = %key.namespace, %error, "the Convergence changed meanwhile");
        }
        Fault::Refused => {
            tracing::error!(name = %key.name, namespace = %key.namespace, %error, "the Convergence could not be written");
            metrics.reconciled("convergence", "Convergence", &key, Outcome::Error, begun.elapsed());
        }
    }
    Some(fault.retry(recheck, &mut held.refusals, Instant::now()))
}

/// One log line when the answer changes, none when only details do.
fn tell(key: &ObjectKey, old: Option<&ConvergenceStatus>, new: &ConvergenceStatus) {
    if !is_news(old, new) {
        return;
    }
    let health = new.health.as_ref().map_or(HealthState::Unknown, |health| health.state);
    let summary = new.summary.as_deref().unwrap_or_default();
    tracing::info!(controller = "convergence", name = %key.name, namespace = %key.namespace, health = health.as_str(),
        traceID = trace::trace_id(), "{summary}");
}
