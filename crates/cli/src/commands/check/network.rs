//! Whether names and ports that the controllers need are free in a namespace: Services of other people, and
//! NetworkPolicies that shut the controllers in.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::owner::Owner;
use super::seen::Place;
use crate::finding::Finding;

#[cfg(test)]
mod tests;

/// A port that others connect to: of which controller, its number and name, and who.
const PORTS: [(&str, i32, &str, &str); 2] = [
    ("source-controller", 9090, "http", "kustomize-controller fetches artifacts there"),
    ("source-controller", 8080, "http-prom", "Prometheus scrapes there"),
];

/// What stands in the way in the namespace.
pub(super) fn findings(namespace: &str, place: &Place) -> Vec<Finding> {
    let mut findings = place.refused();
    if place.namespace.found.is_empty() {
        return findings;
    }
    findings.extend(services(namespace, place));
    let policies = &place.policies.found;
    for (controller, port, name, reason) in PORTS {
        let selecting = selecting(policies, controller, "Ingress");
        let lets_in = |policy: &&NetworkPolicy| {
            let rules = policy.spec.as_ref().and_then(|spec| spec.ingress.as_ref());
            rules.into_iter().flatten().any(|rule| opens(rule.ports.as_deref(), port, name))
        };
        if !selecting.is_empty() && !selecting.iter().any(lets_in) {
            let message = format!(
                "{} {} to port {port} of {controller}: {reason}",
                names(&selecting),
                closes(&selecting)
            );
            let hint =
                "allow it with a NetworkPolicy of your own, or with networkPolicy in the chart's values";
            findings.push(Finding::warning(format!("Namespace {namespace}"), message).hint(hint));
        }
    }
    let selecting = selecting(policies, "source-controller", "Egress");
    let lets_out = |policy: &&NetworkPolicy| {
        policy.spec.as_ref().and_then(|spec| spec.egress.as_ref()).is_some_and(|rules| !rules.is_empty())
    };
    if !selecting.is_empty() && !selecting.iter().any(lets_out) {
        let message =
            format!("{} no connection out: no controller reaches the API server", names_allowing(&selecting));
        findings.push(
            Finding::problem(format!("Namespace {namespace}"), message)
                .hint("allow the controllers to connect to the API server, to DNS and to their sources"),
        );
    }
    findings
}

/// Services of the names that the chart's have, and of somebody else.
fn services(namespace: &str, place: &Place) -> Vec<Finding> {
    let is_strange = |labels: Option<&BTreeMap<String, String>>| {
        labels.and_then(|labels| labels.get(api::labels::PART_OF)).is_none_or(|part| part != "flux")
    };
    let taken = place.services.found.iter().filter(|service| {
        service.metadata.name.as_deref() == Some("source-controller")
            && is_strange(service.metadata.labels.as_ref())
    });
    taken
        .map(|service| {
            let message = format!("the name is taken, {}", Owner::of(&service.metadata));
            Finding::problem(format!("Service {namespace}/source-controller"), message)
                .hint("install into another namespace with -n, or remove the Service")
        })
        .collect()
}

/// The policies that say anything about a controller's Pods in one direction.
fn selecting<'a>(policies: &'a [NetworkPolicy], controller: &str, direction: &str) -> Vec<&'a NetworkPolicy> {
    let selects = |policy: &&NetworkPolicy| {
        let Some(spec) = &policy.spec else { return false };
        let directed = match &spec.policy_types {
            Some(types) if !types.is_empty() => types.iter().any(|found| found == direction),
            _ => direction == "Ingress" || spec.egress.is_some(),
        };
        directed && spec.pod_selector.as_ref().is_none_or(|selector| matches(selector, controller))
    };
    policies.iter().filter(selects).collect()
}

/// Whether a selector can match the Pods of a controller. Keys that are not known to be theirs do not.
fn matches(selector: &LabelSelector, controller: &str) -> bool {
    let label = |key: &str| match key {
        "app" | api::labels::COMPONENT => Some(controller),
        api::labels::PART_OF => Some("flux"),
        _ => None,
    };
    let labels =
        selector.match_labels.iter().flatten().all(|(key, value)| label(key) == Some(value.as_str()));
    let expressions = selector.match_expressions.iter().flatten().all(|demand| {
        let values = demand.values.as_deref().unwrap_or_default();
        let has = label(&demand.key);
        let listed = has.is_some_and(|value| values.iter().any(|listed| listed == value));
        match demand.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => has.is_some(),
            _ => has.is_none(),
        }
    });
    labels && expressions
}

fn opens(ports: Option<&[NetworkPolicyPort]>, port: i32, name: &str) -> bool {
    let Some(ports) = ports.filter(|ports| !ports.is_empty()) else {
        return true;
    };
    ports.iter().filter(|entry| entry.protocol.as_deref().unwrap_or("TCP") == "TCP").any(|entry| {
        match (&entry.port, entry.end_port) {
            (None, _) => true,
            (Some(IntOrString::Int(first)), Some(last)) => (*first..=last).contains(&port),
            (Some(IntOrString::Int(only)), None) => *only == port,
            (Some(IntOrString::String(named)), _) => named == name,
        }
    })
}

fn closes(policies: &[&NetworkPolicy]) -> &'static str {
    if policies.len() == 1 { "lets nobody in" } else { "let nobody in" }
}

fn names(policies: &[&NetworkPolicy]) -> String {
    let names: Vec<&str> = policies.iter().filter_map(|policy| policy.metadata.name.as_deref()).collect();
    let noun = if names.len() == 1 { "the NetworkPolicy" } else { "the NetworkPolicies" };
    format!("{noun} {}", names.join(", "))
}

fn names_allowing(policies: &[&NetworkPolicy]) -> String {
    format!("{} {}", names(policies), if policies.len() == 1 { "allows" } else { "allow" })
}
