//! Controllers that would work on the same objects. Two of them undo each other's work; two that share a Lease take
//! turns instead.

use crate::finding::Finding;
use crate::installed::Controller;

#[cfg(test)]
mod tests;

/// Every pair of controllers of one name whose objects meet.
pub(super) fn findings(found: &[Controller]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, one) in found.iter().enumerate() {
        for other in found.iter().skip(at + 1) {
            let both = one.is_switched_on() && other.is_switched_on();
            if both && one.name == other.name && one.scope.meets(&other.scope) {
                findings.push(pair(one, other));
            }
        }
    }
    findings
}

fn pair(one: &Controller, other: &Controller) -> Finding {
    let object = format!("{} and {}", one.object(), other.object());
    let makers = format!("{} of {} and of {}", one.name, one.maker, other.maker);
    if one.lease.is_some() && one.lease == other.lease && one.namespace == other.namespace {
        let message = format!("{makers} share a Lease: one of them works, the other waits for it to end");
        return Finding::warning(object, message)
            .hint("scale down the one that is not to work; this is the state in the middle of a swap");
    }
    let message = format!("{makers} both work on {}, and undo each other's work", what(one));
    Finding::problem(object, message).hint(format!(
        "scale one of them to zero, for example `kubectl -n {} scale deployment {} --replicas=0`, or give each \
         a --watch-label-selector that leaves out the other's objects",
        other.namespace, other.deployment,
    ))
}

/// What a controller works on.
fn what(controller: &Controller) -> &'static str {
    match controller.name.as_str() {
        "source-controller" => "the same sources",
        "kustomize-controller" => "the same Kustomizations",
        "health-controller" => "the Convergences of the same Kustomizations",
        "helm-controller" => "the same HelmReleases",
        "notification-controller" => "the same Receivers and Alerts",
        _ => "the same objects",
    }
}
