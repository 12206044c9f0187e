//! The rights that the chart gives a controller by name, one verb of one resource each, and which of them no request
//! has used. What a controller is given by a wildcard, to apply or to read whatever people declare, is not counted.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use crate::cluster::Requests;
use crate::rendered::Rendered;

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
    Ok(read(Rendered::installation()?.roles_of(controller)))
}

/// The rights of roles.
fn read<'a>(roles: impl Iterator<Item = &'a Value>) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for rule in roles.flat_map(|role| role["rules"].as_array().into_iter().flatten()) {
        let words = |field: &str| -> Vec<String> {
            let list = rule[field].as_array().map(Vec::as_slice).unwrap_or_default();
            list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        for (group, resource) in words("apiGroups")
            .iter()
            .flat_map(|group| words("resources").into_iter().map(move |one| (group.clone(), one)))
        {
            let resource = named(&group, &resource);
            rights.extend(words("verbs").iter().map(|verb| Right::new(verb, &resource)));
        }
    }
    rights
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
        let role = serde_json::json!({"rules": [
            {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get", "impersonate"]},
            {"apiGroups": ["a.b"], "resources": ["cs", "cs/status"], "verbs": ["patch"]},
            {"nonResourceURLs": ["/x"], "verbs": ["head"]},
        ]});
        let rights = read([&role].into_iter());
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
            received: 0,
        };
        let requests =
            Requests(vec![request("", "patch", "a.b", "cs"), request("x", "get", "", "serviceaccounts")]);
        let left = unused(&rights, &requests, "k");
        assert_eq!(left, [Right::new("get", "serviceaccounts"), Right::new("patch", "cs/status.a.b")]);
        assert_eq!(unused(&rights, &requests, "other").len(), 4);
    }
}
