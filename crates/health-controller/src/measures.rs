//! What is told of all Convergences together: how many are in which health, and what stands in the way
//! (`reconcile_core::metrics` defines the series). Read from the store when somebody asks; an assessment pays nothing.

use api::convergence::{Convergence, HealthState};
use reconcile_core::Store;
use reconcile_core::metrics::Metrics;
use reconcile_core::metrics::table::own;

/// Every state that is shown, also when nothing is in it.
const STATES: [HealthState; 6] = [
    HealthState::Healthy,
    HealthState::Progressing,
    HealthState::Degraded,
    HealthState::Missing,
    HealthState::Unknown,
    HealthState::NotObserved,
];

/// Has Convergences counted whenever somebody asks.
pub(crate) fn show(metrics: &Metrics, convergences: &Store<Convergence>) {
    let (healths, blockers) = (metrics.gauges(&own::CONVERGENCES), metrics.gauges(&own::BLOCKERS));
    let store = convergences.clone();
    metrics.on_scrape(move || {
        for state in STATES {
            healths.with_label_values(&[state.as_str()]).set(0);
        }
        blockers.reset();
        for object in store.all() {
            let Some(status) = &object.status else { continue };
            let health = status.health.as_ref().map_or(HealthState::Unknown, |health| health.state);
            healths.with_label_values(&[health.as_str()]).inc();
            for blocker in &status.blockers {
                blockers.with_label_values(&[blocker.code.as_str()]).inc();
            }
        }
    });
}

#[cfg(test)]
mod tests;
