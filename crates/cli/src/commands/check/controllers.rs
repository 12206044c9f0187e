//! Which controllers there are and whether they answer: replicas, ends of containers, versions, what is missing.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::pods;
use super::seen::Seen;
use crate::finding::Finding;
use crate::installed::{Controller, Maker};

#[cfg(test)]
mod tests;

/// What nothing works without, and what it is for.
const NEEDED: [(&str, &str); 2] =
    [("source-controller", "nothing fetches sources"), ("kustomize-controller", "nothing is applied")];

/// What to say of all controllers.
pub(super) fn findings(found: &[Controller], seen: &Seen, now: Timestamp) -> Vec<Finding> {
    if found.is_empty() {
        if !seen.deployments.refused.is_empty() {
            return Vec::new();
        }
        let nothing = "no Deployment has the label app.kubernetes.io/part-of=flux: nothing is installed";
        return vec![Finding::problem("controllers", nothing).hint(
            "see whether Flyball can be installed with `flyball check --pre`, then install its chart",
        )];
    }
    let mut findings: Vec<Finding> = found.iter().map(|controller| one(controller, seen, now)).collect();
    if seen.deployments.refused.is_empty() {
        findings.extend(missing(found));
    }
    findings.extend(versions(found));
    findings
}

fn one(controller: &Controller, seen: &Seen, now: Timestamp) -> Finding {
    let Controller { namespace, desired, ready, .. } = controller;
    let pods = pods::of(controller, &seen.pods.found);
    let version = controller.version.as_deref().unwrap_or("of an unknown version,");
    let who = format!("{} {version} of {}", controller.name, controller.maker);
    let mut message = format!("{who}: {ready} of {desired} ready, watches {}", controller.scope);
    let end = pods::last_end(&pods, now);
    if let Some(end) = &end {
        let times = if end.restarts == 1 { "once".to_owned() } else { format!("{} times", end.restarts) };
        message =
            format!("{message}; {} was started again {times}, last after {} {}", end.pod, end.how, end.when);
    }
    let logs = |pod: &str| format!("`kubectl -n {namespace} logs {pod} --previous` shows its last words");
    if *desired == 0 {
        return Finding::warning(controller.object(), format!("{who}: scaled to zero, so it does nothing"))
            .hint(format!(
                "`kubectl -n {namespace} scale deployment {} --replicas=1` switches it on",
                controller.deployment
            ));
    }
    if ready < desired {
        let why = pods::why_unready(&pods).map(|why| format!("; {why}")).unwrap_or_default();
        let describe =
            format!("`kubectl -n {namespace} describe deployment {}` tells more", controller.deployment);
        let hint = end.map_or(describe, |end| logs(&end.pod));
        return Finding::problem(controller.object(), format!("{message}{why}")).hint(hint);
    }
    match end.filter(|end| end.matters) {
        Some(end) if end.how.starts_with("OOMKilled") => Finding::warning(controller.object(), message)
            .hint("raise its memory limit: resources.limits.memory in the chart's values"),
        Some(end) => Finding::warning(controller.object(), message).hint(logs(&end.pod)),
        None => Finding::fine(controller.object(), message),
    }
}

/// What nobody does, because no controller for it is switched on or watches everything.
fn missing(found: &[Controller]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, consequence) in NEEDED {
        let mut there = found.iter().filter(|controller| controller.name == name).peekable();
        if there.peek().is_none() {
            let message = format!("is not installed, neither Flyball's nor Flux's: {consequence}");
            findings.push(
                Finding::problem(name, message).hint("install it, or switch it on in the chart's values"),
            );
        } else if !there.any(|controller| controller.scope.has_unlabelled()) {
            let message =
                "every Deployment of it has a label selector, and none takes objects without such labels";
            findings.push(Finding::warning(name, message).hint(
                "give one of them the selector !sharding.fluxcd.io/key, if there are objects without a shard",
            ));
        }
    }
    findings
}

/// Controllers of ours that are not of one release.
fn versions(found: &[Controller]) -> Option<Finding> {
    let ours = found.iter().filter(|controller| controller.maker == Maker::Flyball);
    let versions: BTreeSet<&str> = ours.filter_map(|controller| controller.version.as_deref()).collect();
    (versions.len() > 1).then(|| {
        let list = versions.into_iter().collect::<Vec<_>>().join(", ");
        Finding::warning("controllers", format!("Flyball's are of several versions: {list}")).hint(
            "versions are tested together: upgrade the chart, and take out image tags of single controllers",
        )
    })
}
