//! What is told of all objects together: how many are in which state, how overdue the worst is, and with
//! `--resource-info-metrics` each by itself as kube-state-metrics would show it with Flux's configuration.
//!
//! All of it is read from the controllers' stores when somebody asks, so that a run costs nothing more in a large fleet
//! than in a small one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use api::Condition;
use api::condition::{self, FALSE, READY, STALLED, TRUE};
use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Gauge, LabelPair, Metric, MetricFamily, MetricType};

use super::definition::Definition;
use super::table::{known, own};
use crate::key::ObjectKey;

/// A kind whose objects a process reconciles.
#[derive(Clone, Copy, Debug)]
pub struct FleetKind {
    /// API group.
    pub group: &'static str,
    /// API version without group.
    pub version: &'static str,
    /// Kind.
    pub kind: &'static str,
}

/// One object, as far as it is told of.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `status.conditions`.
    pub conditions: &'a [Condition],
    /// `spec.suspend`.
    pub suspended: bool,
    /// `spec.interval`.
    pub interval: Duration,
    /// Further labels of `gotk_resource_info`; empty ones are left out.
    pub labels: Vec<(&'static str, &'a str)>,
}

type Show = Box<dyn Fn(&mut dyn FnMut(&Resource<'_>)) + Send + Sync>;

struct Followed {
    kind: FleetKind,
    show: Show,
}

/// What an object counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    Failing,
    Progressing,
    Stalled,
    Suspended,
}

impl State {
    const ALL: [Self; 5] = [Self::Ready, Self::Failing, Self::Progressing, Self::Stalled, Self::Suspended];

    const fn label(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Failing => "failing",
            Self::Progressing => "progressing",
            Self::Stalled => "stalled",
            Self::Suspended => "suspended",
        }
    }

    fn of(resource: &Resource<'_>) -> Self {
        let status =
            |type_| condition::get(resource.conditions, type_).map(|condition| condition.status.as_str());
        match (resource.suspended, status(STALLED), status(READY)) {
            (true, _, _) => Self::Suspended,
            (_, Some(TRUE), _) => Self::Stalled,
            (_, _, Some(TRUE)) => Self::Ready,
            (_, _, Some(FALSE)) => Self::Failing,
            _ => Self::Progressing,
        }
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Fleet {
    shows_each: AtomicBool,
    kinds: Mutex<Vec<Followed>>,
    /// When each object was last reconciled well, or seen for the first time.
    well: Mutex<HashMap<(&'static str, ObjectKey), Instant>>,
}

impl Fleet {
    pub(super) fn show_each(&self) {
        self.shows_each.store(true, Ordering::Relaxed);
    }

    pub(super) fn follow(&self, kind: FleetKind, show: Show) {
        self.kinds.lock().push(Followed { kind, show });
    }

    pub(super) fn went_well(&self, kind: &'static str, key: &ObjectKey) {
        self.well.lock().insert((kind, key.clone()), Instant::now());
    }

    pub(super) fn forget(&self, kind: &'static str, key: &ObjectKey) {
        self.well.lock().remove(&(kind, key.clone()));
    }

    /// How many of its intervals ago an object was last reconciled well.
    fn overdue(&self, kind: &'static str, resource: &Resource<'_>, now: Instant) -> f64 {
        let mut well = self.well.lock();
        let since = *well.entry((kind, resource.key.clone())).or_insert(now);
        let interval = resource.interval.max(Duration::from_secs(1));
        now.saturating_duration_since(since).as_secs_f64() / interval.as_secs_f64()
    }

    fn families(&self, now: Instant) -> Vec<MetricFamily> {
        let shows_each = self.shows_each.load(Ordering::Relaxed);
        let (mut each, mut states, mut overdue) = (Vec::new(), Vec::new(), Vec::new());
        for Followed { kind, show } in self.kinds.lock().iter() {
            let (mut counts, mut worst) = ([0.0; State::ALL.len()], 0.0_f64);
            show(&mut |resource| {
                let state = State::of(resource);
                if let Some(count) = counts.get_mut(state as usize) {
                    *count += 1.0;
                }
                let late = self.overdue(kind.kind, resource, now);
                if state != State::Suspended {
                    worst = worst.max(late);
                }
                if shows_each {
                    each.push(metric(&info(kind, resource), 1.0));
                }
            });
            for (state, count) in State::ALL.iter().zip(counts) {
                states.push(metric(&[("kind", kind.kind), ("state", state.label())], count));
            }
            overdue.push(metric(&[("kind", kind.kind)], worst));
        }
        vec![
            family(&known::RESOURCE_INFO, each),
            family(&own::RESOURCES, states),
            family(&own::OVERDUE, overdue),
        ]
    }
}

/// The labels that Flux's configuration of kube-state-metrics gives.
fn info<'a>(kind: &FleetKind, resource: &'a Resource<'_>) -> Vec<(&'static str, &'a str)> {
    let ready = condition::get(resource.conditions, READY).map(|ready| ready.status.as_str());
    let mut labels = vec![
        ("customresource_group", kind.group),
        ("customresource_version", kind.version),
        ("customresource_kind", kind.kind),
        ("exported_namespace", resource.key.namespace.as_str()),
        ("name", resource.key.name.as_str()),
        ("ready", ready.unwrap_or_default()),
        ("suspended", if resource.suspended { "true" } else { "" }),
    ];
    labels.extend(resource.labels.iter().copied());
    labels.retain(|(_, value)| !value.is_empty());
    labels
}

fn metric(labels: &[(&str, &str)], value: f64) -> Metric {
    let pair = |(name, value): &(&str, &str)| {
        let mut pair = LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value((*value).to_owned());
        pair
    };
    let mut metric = Metric::from_label(labels.iter().map(pair).collect());
    let mut gauge = Gauge::default();
    gauge.set_value(value);
    metric.set_gauge(gauge);
    metric
}

fn family(of: &Definition, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(of.name.to_owned());
    family.set_help(of.help.to_owned());
    family.set_field_type(MetricType::GAUGE);
    family.set_metric(metrics);
    family
}

/// Shows the fleet when it is asked.
pub(super) struct FleetCollector {
    fleet: Arc<Fleet>,
    descriptions: Vec<Desc>,
}

impl FleetCollector {
    pub(super) fn new(fleet: Arc<Fleet>) -> Self {
        let families = [&known::RESOURCE_INFO, &own::RESOURCES, &own::OVERDUE];
        let describe = |family: &Definition| {
            let labels = family.labels.iter().map(|label| (*label).to_owned()).collect();
            Desc::new(family.name.to_owned(), family.help.to_owned(), labels, HashMap::new())
                .expect("names and labels are literals")
        };
        Self { fleet, descriptions: families.into_iter().map(describe).collect() }
    }
}

impl Collector for FleetCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.fleet.families(Instant::now())
    }
}

#[cfg(test)]
mod tests;
