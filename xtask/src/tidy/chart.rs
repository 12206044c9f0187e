//! That the rights in the chart can be installed by the tests as they are, and give no more than they say.
//! Whether they suffice is what the end-to-end tests show.

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::problem::Problem;
use crate::workspace::TextFile;

const NAMESPACE: &str = "{{ .Release.Namespace }}";

/// Every `rbac.yaml` that says too little or gives too much.
pub(super) fn check(templates: &[TextFile]) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for file in templates.iter().filter(|file| file.path.ends_with("/rbac.yaml")) {
        let rendered = file.text.replace(NAMESPACE, "release");
        if rendered.contains("{{") {
            problems.push(Problem::new(&file.path, format!("has a template expression besides {NAMESPACE}")));
            continue;
        }
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(&rendered).with_context(|| file.path.clone())?;
        problems.extend(check_head(file, &documents));
        problems.extend(documents.iter().flat_map(|document| check_rules(file, document)));
    }
    Ok(problems)
}

/// The head names the ClusterRoles that the controller is bound to, because the tests bind them to users.
fn check_head(file: &TextFile, documents: &[Value]) -> Option<Problem> {
    let mut bound: Vec<_> = documents
        .iter()
        .filter(|document| document["kind"] == "ClusterRoleBinding")
        .filter_map(|document| document["roleRef"]["name"].as_str())
        .collect();
    bound.sort_unstable();
    let named = file.text.lines().find_map(|line| line.strip_prefix("# ClusterRoles: ")).unwrap_or_default();
    let mut named: Vec<_> = named.split(", ").collect();
    named.sort_unstable();
    (named != bound).then(|| {
        Problem::new(
            &file.path,
            format!("its line `# ClusterRoles: ` must name exactly {}", bound.join(", ")),
        )
    })
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

    const GOOD: &str = "# Rights.\n# ClusterRoles: a\nkind: ClusterRole\nmetadata: {name: a}\n\
        rules: [{apiGroups: [apps], resources: ['*'], verbs: [get]}]\n---\nkind: ClusterRoleBinding\n\
        roleRef: {name: a}\nsubjects: [{namespace: {{ .Release.Namespace }}}]\n";

    fn check_text(text: &str) -> Vec<Problem> {
        let path = "charts/flyball/templates/a/rbac.yaml".to_owned();
        check(&[TextFile { path, text: text.to_owned() }]).expect("YAML")
    }

    #[test]
    fn rights_can_be_installed_as_they_are() {
        assert_eq!(check_text(GOOD), []);
        assert_eq!(check_text(&format!("{{{{- if .Values.x }}}}\n{GOOD}")).len(), 1);
        assert_eq!(check_text(&GOOD.replace("ClusterRoles: a", "ClusterRoles: b")).len(), 1);
    }

    #[test]
    fn rights_are_no_wider_than_needed() {
        assert_eq!(check_text(&GOOD.replace("verbs: [get]", "verbs: ['*']")).len(), 1);
        assert_eq!(check_text(&GOOD.replace("[apps]", "['*']")).len(), 1);
        assert_eq!(check_text(&GOOD.replace("[apps]", "['']")).len(), 1);
        let reader = GOOD
            .replace("name: a}", "name: flyball-health-reader}")
            .replace("Roles: a", "Roles: flyball-health-reader");
        assert_eq!(check_text(&reader), []);
        assert_eq!(check_text(&reader.replace("[get]", "[get, patch]")).len(), 1);
    }
}
