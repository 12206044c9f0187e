//! That the rights of an installation give no more than they must. Whether they suffice, and whether each is used, is
//! what the end-to-end tests show; that they are the chart's, what code generation checks.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::problem::Problem;
use crate::workspace::TextFile;

/// Every file of rights that gives too much.
pub(super) fn check(rights: &[TextFile]) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for file in rights.iter().filter(|file| file.path.ends_with("/rights.yaml")) {
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(&file.text).with_context(|| file.path.clone())?;
        problems.extend(documents.iter().flat_map(|document| check_rules(file, document)));
    }
    Ok(problems)
}

fn check_rules(file: &TextFile, document: &Value) -> Vec<Problem> {
    let name = document["metadata"]["name"].as_str().unwrap_or_default();
    let rules = document["rules"].as_array().map_or(&[][..], Vec::as_slice);
    let mut problems = Vec::new();
    for rule in rules {
        let has = |key: &str, value: &str| {
            rule[key].as_array().is_some_and(|list| list.iter().any(|item| item == value))
        };
        if has("verbs", "*") || has("apiGroups", "*") {
            problems.push(Problem::new(&file.path, format!("{name} gives every verb or every group")));
        }
        if has("apiGroups", "") && has("resources", "*") {
            problems.push(Problem::new(
                &file.path,
                format!("{name} gives Secrets by giving all of the core group"),
            ));
        }
        let reader = name.starts_with("flyball-health-reader");
        let reads = |verb: &Value| ["get", "list", "watch"].iter().any(|read| verb == read);
        if reader && !rule["verbs"].as_array().is_some_and(|verbs| verbs.iter().all(reads)) {
            problems.push(Problem::new(&file.path, format!("{name} gives more than reading")));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "kind: ClusterRole\nmetadata: {name: a}\n\
        rules: [{apiGroups: [apps], resources: ['*'], verbs: [get]}]\n---\nkind: ServiceAccount\n";

    fn check_text(text: &str) -> Vec<Problem> {
        let path = "config/rbac/a/rights.yaml".to_owned();
        check(&[TextFile { path, text: text.to_owned() }]).expect("YAML")
    }

    #[test]
    fn rights_are_no_wider_than_needed() {
        assert_eq!(check_text(GOOD), []);
        assert_eq!(check_text(&GOOD.replace("verbs: [get]", "verbs: ['*']")).len(), 1);
        assert_eq!(check_text(&GOOD.replace("[apps]", "['*']")).len(), 1);
        assert_eq!(check_text(&GOOD.replace("[apps]", "['']")).len(), 1);
        let reader = GOOD.replace("name: a}", "name: flyball-health-reader}");
        assert_eq!(check_text(&reader), []);
        assert_eq!(check_text(&reader.replace("[get]", "[get, patch]")).len(), 1);
    }
}
