//! The rights that the chart gives a controller by name, one verb of one resource each, and which of them no request
//! has used. What a controller is given by a wildcard, to apply or to read whatever people declare, is not counted.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use manifest::yaml::{Dialect, read_all};
use serde_json::Value;

use crate::binaries;
use crate::cluster::Requests;

/// One verb of one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The verb.
    pub verb: String,
    /// `resource.group`, or the resource alone in the core group; with `/subresource` behind the resource.
    pub resource: String,
}

impl Right {
    /// A right, by words.
    #[must_use]
    pub fn new(verb: &str, resource: &str) -> Self {
        Self { verb: verb.to_owned(), resource: resource.to_owned() }
    }
}

impl std::fmt::Display for Right {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)
    }
}

/// The rights that the chart gives a controller.
pub fn of(controller: &str) -> Result<BTreeSet<Right>> {
    let file = binaries::root().join(format!("charts/flyball/templates/{controller}/rbac.yaml"));
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    read(&text).with_context(|| file.display().to_string())
}

/// The rights in a file of the chart.
fn read(text: &str) -> Result<BTreeSet<Right>> {
    let text = text.replace("{{ .Release.Namespace }}", "release");
    let mut rights = BTreeSet::new();
    for object in read_all(&text, Dialect::V2)? {
        for rule in object["rules"].as_array().into_iter().flatten() {
            let words = |field: &str| -> Vec<String> {
                let list = rule[field].as_array().map(Vec::as_slice).unwrap_or_default();
                list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            };
            // A role that others add to is as wide as what people apply.
            if object["metadata"]["labels"]["flyball.dev/aggregate-to-health"] == "true" {
                continue;
            }
            for (group, resource) in words("apiGroups")
                .iter()
                .flat_map(|group| words("resources").into_iter().map(move |one| (group.clone(), one)))
            {
                let resource = named(&group, &resource);
                rights.extend(words("verbs").iter().map(|verb| Right::new(verb, &resource)));
            }
        }
    }
    Ok(rights)
}

/// The verbs that read.
const READS: [&str; 3] = ["get", "list", "watch"];

/// The rights that none of the requests of the accounts called `controller` has used. Reading is one right: who may
/// watch may see whatever a get or a list shows, and which of them is sent depends on what the API server can do.
#[must_use]
pub fn unused(rights: &BTreeSet<Right>, requests: &Requests, controller: &str) -> Vec<Right> {
    let account = format!(":{controller}");
    let mut used = BTreeSet::new();
    for request in requests.0.iter().filter(|request| request.user.ends_with(&account)) {
        if request.impersonated.is_empty() {
            used.insert(Right::new(&request.verb, &named(&request.group, &request.resource)));
        } else {
            used.insert(Right::new("impersonate", "serviceaccounts"));
        }
    }
    let read = |right: &Right| READS.iter().any(|verb| used.contains(&Right::new(verb, &right.resource)));
    let is_used =
        |right: &&Right| used.contains(*right) || READS.contains(&right.verb.as_str()) && read(right);
    rights.iter().filter(|right| !is_used(right)).cloned().collect()
}

fn named(group: &str, resource: &str) -> String {
    if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Request;

    #[test]
    fn what_no_request_used_is_left() {
        let text = "kind: ClusterRole\nrules:\n- {apiGroups: [''], resources: [serviceaccounts], verbs: [get, impersonate]}\n\
            - {apiGroups: [a.b], resources: [cs, cs/status], verbs: [patch]}\n- {nonResourceURLs: [/x], verbs: [head]}\n---\n\
            kind: ClusterRole\nmetadata: {labels: {flyball.dev/aggregate-to-health: 'true'}}\n\
            rules: [{apiGroups: [apps], resources: ['*'], verbs: [get]}]\n";
        let rights = read(text).expect("rights");
        let request = |impersonated: &str, verb: &str, group: &str, resource: &str| Request {
            user: "system:serviceaccount:n:k".to_owned(),
            impersonated: impersonated.to_owned(),
            verb: verb.to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            namespace: String::new(),
            name: String::new(),
            code: 200,
            uri: String::new(),
            agent: String::new(),
        };
        let requests =
            Requests(vec![request("", "patch", "a.b", "cs"), request("x", "get", "", "serviceaccounts")]);
        let left = unused(&rights, &requests, "k");
        assert_eq!(left, [Right::new("get", "serviceaccounts"), Right::new("patch", "cs/status.a.b")]);
        assert_eq!(unused(&rights, &requests, "other").len(), 4);
    }
}
