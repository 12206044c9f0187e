//! Each object's readiness as Flux's controllers once told of it, for dashboards and alerts that still ask for that
//! (`--metrics-readiness`). It names objects, three series each, so that nobody gets it who has not asked for it.

use api::Condition;
use api::condition::{self, CONVERGED, FALSE, READY, TRUE, UNKNOWN};
use api::convergence::Convergence;
use api::kustomization::Kustomization;
use reconcile_core::metrics::table::known;
use reconcile_core::metrics::{IntGaugeVec, Metrics};
use reconcile_core::{ObjectKey, Store};

use crate::source_watches::Sources;

#[cfg(test)]
mod tests;

/// Shows it whenever somebody asks.
pub(crate) fn show_each(
    metrics: &Metrics,
    kustomizations: &Store<Kustomization>,
    convergences: &Store<Convergence>,
    sources: &Sources,
) {
    let gauges = metrics.gauges(&known::RECONCILE_CONDITION);
    let (kustomizations, convergences, sources) =
        (kustomizations.clone(), convergences.clone(), sources.clone());
    metrics.on_scrape(move || {
        gauges.reset();
        for object in kustomizations.all() {
            let conditions = object.status.as_ref().map_or(&[][..], |status| &status.conditions);
            set(&gauges, "Kustomization", &ObjectKey::of(&object.metadata), READY, found(conditions, READY));
        }
        for object in convergences.all() {
            let conditions = object.status.as_ref().map_or(&[][..], |status| &status.conditions);
            let key = ObjectKey::of(&object.metadata);
            set(&gauges, "Convergence", &key, CONVERGED, found(conditions, CONVERGED));
        }
        for (kind, key, ready) in sources.readiness() {
            set(&gauges, &kind, &key, READY, ready.as_deref());
        }
    });
}

fn found<'a>(conditions: &'a [Condition], type_: &str) -> Option<&'a str> {
    condition::get(conditions, type_).map(|condition| condition.status.as_str())
}

/// Sets the series of one object: 1 for the status that it has, which is Unknown without the condition.
fn set(gauges: &IntGaugeVec, kind: &str, key: &ObjectKey, type_: &str, status: Option<&str>) {
    let status = self::status(status.unwrap_or(UNKNOWN));
    for other in [TRUE, FALSE, UNKNOWN] {
        let labels = [kind, key.name.as_str(), key.namespace.as_str(), type_, other];
        gauges.with_label_values(&labels).set(i64::from(other == status));
    }
}

/// A status that a condition can have; another word is none.
fn status(word: &str) -> &'static str {
    match word {
        TRUE => TRUE,
        FALSE => FALSE,
        _ => UNKNOWN,
    }
}
