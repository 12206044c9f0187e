//! Who leads: holders of the controllers' Leases and when they were last renewed. A Lease that nobody renews means a
//! controller that does not answer, whatever its probes say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::Lease;

use super::report::span;
use super::seen::Read;
use crate::finding::Finding;
use crate::installed::Controller;

#[cfg(test)]
mod tests;

/// What to say of each Lease that a controller ought to hold.
pub(super) fn findings(found: &[Controller], leases: &Read<Lease>, now: Timestamp) -> Vec<Finding> {
    let mut wanted: BTreeMap<(&str, &str), Vec<&Controller>> = BTreeMap::new();
    for controller in found.iter().filter(|controller| controller.is_switched_on()) {
        if let Some(lease) = &controller.lease {
            wanted.entry((&controller.namespace, lease)).or_default().push(controller);
        }
    }
    let may_read = |namespace: &str| {
        !leases.refused.iter().any(|refused| refused.namespace.as_deref() == Some(namespace))
    };
    let wanted = wanted.into_iter().filter(|((namespace, _), _)| may_read(namespace));
    wanted
        .map(|((namespace, name), controllers)| {
            let is_it = |lease: &&Lease| {
                let metadata = &lease.metadata;
                metadata.namespace.as_deref() == Some(namespace) && metadata.name.as_deref() == Some(name)
            };
            let object = format!("Lease {namespace}/{name}");
            one(object, leases.found.iter().find(is_it), &controllers, now)
        })
        .collect()
}

fn one(object: String, lease: Option<&Lease>, controllers: &[&Controller], now: Timestamp) -> Finding {
    let (namespace, deployment) =
        controllers.first().map_or(("", ""), |first| (first.namespace.as_str(), first.deployment.as_str()));
    let hint = format!(
        "`kubectl -n {namespace} logs deployment/{deployment}` tells why; it needs the rights on leases of the chart"
    );
    let spec = lease.and_then(|lease| lease.spec.as_ref());
    let Some(spec) = spec else {
        return Finding::problem(object, format!("does not exist: {deployment} has never led")).hint(hint);
    };
    let Some(holder) = spec.holder_identity.as_deref().filter(|holder| !holder.is_empty()) else {
        return Finding::problem(object, "nobody holds it").hint(hint);
    };
    let Some(renewed) = &spec.renew_time else {
        return Finding::problem(object, format!("{holder} holds it and has never renewed it")).hint(hint);
    };
    let age = now.as_second().saturating_sub(renewed.0.as_second()).max(0);
    let message = format!("held by {holder}, renewed {} ago", span(age));
    if age > i64::from(spec.lease_duration_seconds.unwrap_or(35)) {
        return Finding::problem(object, format!("{message}: nobody leads")).hint(hint);
    }
    Finding::fine(object, message)
}
