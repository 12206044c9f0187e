//! What was learned of a kind from its objects: whether their controller reports on them, and whether anybody here gives
//! them addresses. Nothing is judged here; who keeps what was learned, and for how long, is the caller's.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::kstatus::{group_kind, text};

/// How many kinds, or classes of one, are learned of. Of others nothing is: they are judged as if they were the first.
pub const MAX_KINDS: usize = 1000;

/// Longest name of a kind with its class that is kept.
const MAX_NAME: usize = 400;

/// How long an object waits for an address until it shows that nobody gives one.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// Conditions by which a controller says whether an object is well.
const TELLING: [&str; 6] = ["Ready", "Available", "Healthy", "Synced", "Accepted", "Reconciled"];

/// What the objects of a kind have shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// One of them has a condition that says whether it is well, so that all will get one.
    pub reports: bool,
    /// One of them has waited for an address for long, and none ever had one: nobody gives them any here.
    pub unaddressed: bool,
}

/// What one kind, or one class of it, has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shown {
    reports: bool,
    addressed: bool,
    waited: bool,
}

/// What was learned of kinds. It only grows, up to [`MAX_KINDS`]; clones are values of their own.
#[derive(Clone, Debug, Default)]
pub struct Learned {
    kinds: BTreeMap<Box<str>, Shown>,
}

impl Learned {
    /// Learns from an object, pruned or whole. True if another profile follows from it for objects of its kind, so that
    /// they have to be judged again.
    pub fn saw(&mut self, object: &Value, now: Timestamp) -> bool {
        let shown = shown(object, now);
        if shown == Shown::default() {
            return false;
        }
        let Some(name) = name(object) else { return false };
        let before = self.kinds.get(name.as_str()).copied();
        if before.is_none() && self.kinds.len() >= MAX_KINDS {
            return false;
        }
        let known = before.unwrap_or_default();
        let after = Shown {
            reports: known.reports || shown.reports,
            addressed: known.addressed || shown.addressed,
            waited: known.waited || shown.waited,
        };
        if before != Some(after) {
            self.kinds.insert(name.into(), after);
        }
        profile(known) != profile(after)
    }

    /// What is known of the kind of an object.
    #[must_use]
    pub fn profile(&self, object: &Value) -> Profile {
        let known = name(object).and_then(|name| self.kinds.get(name.as_str()).copied());
        profile(known.unwrap_or_default())
    }
}

/// After which time an object shows more of its kind than now, without any change to it; `None` when it does not.
#[must_use]
pub fn tells_in(object: &Value, now: Timestamp) -> Option<Duration> {
    let waits = wants_address(object) && !has_address(object);
    let age = age(object, now).filter(|_| waits)?;
    Duration::try_from(PATIENCE - age).ok().filter(|left| !left.is_zero())
}

const fn profile(shown: Shown) -> Profile {
    Profile { reports: shown.reports, unaddressed: shown.waited && !shown.addressed }
}

fn shown(object: &Value, now: Timestamp) -> Shown {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let reports = conditions.is_some_and(|list| {
        list.iter().any(|item| text(item, &["type"]).is_some_and(|type_| TELLING.contains(&type_)))
    });
    if !wants_address(object) {
        return Shown { reports, ..Shown::default() };
    }
    let addressed = has_address(object);
    Shown { reports, addressed, waited: !addressed && age(object, now).is_some_and(|age| age >= PATIENCE) }
}

/// Whether somebody has to give an address to an object: an Ingress, or a Service for a load balancer.
pub(crate) fn wants_address(object: &Value) -> bool {
    match group_kind(object) {
        ("networking.k8s.io" | "extensions", "Ingress") => true,
        ("", "Service") => text(object, &["spec", "type"]) == Some("LoadBalancer"),
        _ => false,
    }
}

/// Whether an Ingress or a Service has an address.
pub(crate) fn has_address(object: &Value) -> bool {
    object
        .pointer("/status/loadBalancer/ingress")
        .and_then(Value::as_array)
        .is_some_and(|addresses| !addresses.is_empty())
}

/// How long ago an object was created, if it says so and the clocks agree.
pub(crate) fn age(object: &Value, now: Timestamp) -> Option<SignedDuration> {
    let created: Timestamp = text(object, &["metadata", "creationTimestamp"])?.parse().ok()?;
    Some(now.duration_since(created)).filter(|age| !age.is_negative())
}

/// Group, kind and, where objects of one kind belong to several controllers, whose it is.
fn name(object: &Value) -> Option<String> {
    let (group, kind) = group_kind(object);
    let class = match kind {
        "Ingress" => text(object, &["spec", "ingressClassName"]),
        "Service" => text(object, &["spec", "loadBalancerClass"]),
        _ => None,
    };
    let name = format!("{group}/{kind}/{}", class.unwrap_or_default());
    (name.len() <= MAX_NAME).then_some(name)
}

#[cfg(test)]
mod tests;
