//! What is told of all Convergences together: how many are in which health, how many objects are, what stands in the way,
//! and how long a health lasted (`reconcile_core::metrics` defines the series). Counts are read from the stores when
//! somebody asks; an assessment pays nothing.

mod readiness;
#[cfg(test)]
mod tests;

use std::time::Duration;

use api::condition::{self, CONVERGED};
use api::convergence::{Convergence, ConvergenceStatus, Counts, HealthState};
use reconcile_core::Store;
use reconcile_core::metrics::table::own;
use reconcile_core::metrics::{Bounded, HistogramVec, Metrics};

pub(crate) use readiness::show_each;

/// Every state that is shown, also when nothing is in it.
const STATES: [HealthState; 8] = [
    HealthState::Healthy,
    HealthState::Progressing,
    HealthState::Suspended,
    HealthState::Terminating,
    HealthState::Degraded,
    HealthState::Missing,
    HealthState::Unknown,
    HealthState::NotObserved,
];
/// Reasons that are told apart: there are fewer, but anybody with the right may write a status.
const REASONS: usize = 100;

/// What is measured as it happens.
pub(crate) struct Measures {
    lasted: HistogramVec,
}

impl Measures {
    /// Nothing has happened yet.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let lasted = metrics.histograms(&own::STATE_TIME);
        for state in STATES {
            // So that the first one that ends is a rise.
            drop(lasted.with_label_values(&[state.as_str()]));
        }
        Self { lasted }
    }

    /// A status was written in place of another.
    pub(crate) fn told(&self, old: Option<&ConvergenceStatus>, new: &ConvergenceStatus) {
        if let Some((state, lasted)) = old.and_then(|old| ended(old, new)) {
            self.lasted.with_label_values(&[state.as_str()]).observe(lasted.as_secs_f64());
        }
    }
}

/// The health that has ended with a new status, and how long it lasted.
fn ended(old: &ConvergenceStatus, new: &ConvergenceStatus) -> Option<(HealthState, Duration)> {
    let (old, new) = (old.health.as_ref()?, new.health.as_ref()?);
    let lasted = Duration::try_from(new.since.0.duration_since(old.since.0)).unwrap_or_default();
    (old.state != new.state).then_some((old.state, lasted))
}

/// Has Convergences counted whenever somebody asks.
pub(crate) fn show(metrics: &Metrics, convergences: &Store<Convergence>) {
    let (healths, blockers) = (metrics.gauges(&own::CONVERGENCES), metrics.gauges(&own::BLOCKERS));
    let (answers, objects) = (metrics.gauges(&own::KUSTOMIZATIONS), metrics.gauges(&own::OBJECTS));
    let (store, reasons) = (convergences.clone(), Bounded::new(REASONS));
    metrics.on_scrape(move || {
        for state in STATES {
            healths.with_label_values(&[state.as_str()]).set(0);
            objects.with_label_values(&[state.as_str()]).set(0);
        }
        blockers.reset();
        answers.reset();
        for object in store.all() {
            let Some(status) = &object.status else { continue };
            let health = status.health.as_ref().map_or(HealthState::Unknown, |health| health.state);
            healths.with_label_values(&[health.as_str()]).inc();
            for blocker in &status.blockers {
                blockers.with_label_values(&[blocker.code.as_str()]).inc();
            }
            answers.with_label_values(&[health.as_str(), reasons.label(reason(status))]).inc();
            let counts = status.counts.clone().unwrap_or_default();
            for (state, count) in counted(&counts) {
                objects.with_label_values(&[state.as_str()]).add(count);
            }
        }
    });
}

/// The reason of what a Convergence says; empty where it says nothing yet.
fn reason(status: &ConvergenceStatus) -> &str {
    condition::get(&status.conditions, CONVERGED).map_or("", |converged| converged.reason.as_str())
}

/// How many objects are in each state. Drifted ones are in one of these, too.
fn counted(counts: &Counts) -> [(HealthState, i64); 8] {
    STATES.map(|state| {
        let count = match state {
            HealthState::Healthy => counts.healthy,
            HealthState::Progressing => counts.progressing,
            HealthState::Suspended => counts.suspended,
            HealthState::Terminating => counts.terminating,
            HealthState::Degraded => counts.degraded,
            HealthState::Missing => counts.missing,
            HealthState::Unknown => counts.unknown,
            HealthState::NotObserved => counts.not_observed,
        };
        (state, count)
    })
}
