//! The table of kinds, and the rights that the chart gives for it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{names, resources};

#[test]
fn names_are_those_of_kubernetes() {
    for (controller, kind, resource) in names() {
        assert_eq!((kind, controller), (resource.as_str(), resource.to_lowercase().as_str()));
    }
    let unique: BTreeSet<_> = names().into_iter().map(|(controller, ..)| controller).collect();
    assert_eq!(unique.len(), names().len(), "the folder in the storage tells kinds apart");
}

#[test]
fn the_chart_gives_the_rights_that_every_kind_needs() {
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rbac/source-controller/rights.yaml");
    let text = std::fs::read_to_string(chart).unwrap();
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    let role = documents.iter().find(|document| document["kind"] == "ClusterRole").unwrap();
    let given = |resource: &str| -> BTreeSet<String> {
        let names = |value: &Value, name: &str| value.as_array().unwrap().iter().any(|one| one == name);
        let rules = role["rules"].as_array().unwrap().iter();
        rules
            .filter(|rule| rule["apiGroups"].is_array() && names(&rule["apiGroups"], api::SOURCE_GROUP))
            .filter(|rule| names(&rule["resources"], resource))
            .flat_map(|rule| rule["verbs"].as_array().unwrap())
            .map(|verb| verb.as_str().unwrap().to_owned())
            .collect()
    };
    for plural in resources() {
        for (resource, verbs) in [
            (plural.clone(), &["get", "list", "watch", "patch"][..]),
            (format!("{plural}/status"), &["patch"]),
            (format!("{plural}/finalizers"), &["update"]),
        ] {
            let missing: Vec<_> = verbs.iter().filter(|verb| !given(&resource).contains(**verb)).collect();
            assert!(missing.is_empty(), "{resource} lacks {missing:?}");
        }
    }
}
