//! Whether an installation would find its place: the namespace, and controllers that are there already. Rights, CRDs and
//! ports are looked at by the modules beside.

use super::seen::{Place, Read};
use crate::finding::Finding;
use crate::installed::Controller;

#[cfg(test)]
mod tests;

const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// The namespace: whether it is there, and what it enforces.
pub(super) fn namespace(name: &str, place: &Place) -> Finding {
    let object = format!("Namespace {name}");
    if !place.namespace.refused.is_empty() {
        return Finding::fine(object, "is where the installation would be");
    }
    let Some(found) = place.namespace.found.first() else {
        return Finding::fine(object, "is not there yet; `helm install --create-namespace` makes it");
    };
    if found.metadata.deletion_timestamp.is_some() {
        return Finding::problem(object, "is being deleted")
            .hint("wait until it is gone; `kubectl describe namespace` tells what holds it up");
    }
    match found.metadata.labels.as_ref().and_then(|labels| labels.get(ENFORCE)).map(String::as_str) {
        Some(level @ ("restricted" | "baseline" | "privileged")) => Finding::fine(
            object,
            format!("enforces the Pod Security Standard {level}, which the controllers meet"),
        ),
        Some(level) => {
            Finding::warning(object, format!("names a Pod Security Standard that does not exist: {level:?}"))
                .hint(format!(
                    "`kubectl label --overwrite namespace {name} {ENFORCE}=restricted` sets the strictest"
                ))
        }
        None => Finding::fine(
            object,
            "enforces no Pod Security Standard; the controllers meet the strictest, restricted",
        ),
    }
}

/// Controllers that are there already and those that are to come, if both would do the same.
pub(super) fn controllers<T>(found: &[Controller], wanted: &[&str], deployments: &Read<T>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for controller in found {
        let who = format!(
            "{} {} of {} is there, and watches {}",
            controller.name,
            controller.version.as_deref().unwrap_or("of an unknown version"),
            controller.maker,
            controller.scope,
        );
        let is_wanted = wanted.contains(&controller.name.as_str());
        findings.push(if !is_wanted {
            Finding::fine(controller.object(), who)
        } else if !controller.is_switched_on() {
            Finding::fine(controller.object(), format!("{who}; it is scaled to zero"))
        } else {
            Finding::problem(controller.object(), format!("{who}: a second {} would undo its work", controller.name))
                .hint(format!(
                    "leave it out with {}.enabled=false in the chart's values (and --controllers here), or replace it: \
                     scale it to zero first",
                    camel_case(&controller.name),
                ))
        });
    }
    if findings.is_empty() && deployments.refused.is_empty() {
        findings.push(Finding::fine("controllers", "there are none yet"));
    }
    findings
}

/// As the chart's values have it: `kustomizeController`.
fn camel_case(name: &str) -> String {
    let mut parts = name.split('-');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut all, part| {
        let mut letters = part.chars();
        all.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        all.push_str(letters.as_str());
        all
    })
}
