//! Inventories, and what is to be looked at.

use convergence::Visibility;
use serde_json::{Value, json};

use super::{Entry, entries, watched};
use crate::samples::kustomization;

const INVENTORY: [(&str, &str); 5] = [
    ("apps_web_apps_Deployment", "v1"),
    ("apps_tls__Secret", "v1"),
    ("apps_s_example.com_Secret", "v1beta1"),
    ("_apps__Namespace", "v1"),
    ("nonsense", "v1"),
];

fn of(spec: &Value, observe_secrets: bool) -> Vec<Entry> {
    entries(&kustomization(&INVENTORY, spec, &json!({})), observe_secrets)
}

/// One line per object.
fn text(entries: &[Entry]) -> String {
    let line = |entry: &Entry| {
        let seen = match &entry.visibility {
            Visibility::Hidden(hidden) => format!("{hidden:?}"),
            other => format!("{other:?}"),
        };
        let watched = entry.kind.as_ref().map(|kind| format!("{}/{}", kind.api_version(), kind.kind));
        format!("{} {}: {seen}, {}", entry.id.kind, entry.id.name, watched.unwrap_or_else(|| "-".to_owned()))
    };
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_can_be_watched_is_absent_until_it_is_seen() {
    insta::assert_snapshot!(text(&of(&json!({}), false)), @r"
    Deployment web: Absent, apps/v1/Deployment
    Secret tls: Secret, -
    Secret s: Absent, example.com/v1beta1/Secret
    Namespace apps: Absent, v1/Namespace
    Malformed nonsense: Malformed, -
    ");
}

#[test]
fn secrets_are_watched_where_a_flag_says_so() {
    insta::assert_snapshot!(text(&of(&json!({}), true)), @r"
    Deployment web: Absent, apps/v1/Deployment
    Secret tls: Absent, v1/Secret
    Secret s: Absent, example.com/v1beta1/Secret
    Namespace apps: Absent, v1/Namespace
    Malformed nonsense: Malformed, -
    ");
}

#[test]
fn nothing_of_another_cluster_is_looked_at() {
    let remote = of(&json!({"kubeConfig": {"secretRef": {"name": "prod"}}}), true);
    insta::assert_snapshot!(text(&remote), @r"
    Deployment web: Remote, -
    Secret tls: Remote, -
    Secret s: Remote, -
    Namespace apps: Remote, -
    Malformed nonsense: Malformed, -
    ");
    assert!(watched(&remote).is_empty());
}

#[test]
fn what_is_watched_is_found_by_kind_and_name() {
    let keys: Vec<String> = watched(&of(&json!({}), false))
        .iter()
        .map(|(kind, key)| format!("{} {}/{}", kind.kind, key.namespace, key.name))
        .collect();
    assert_eq!(keys, ["Deployment apps/web", "Secret apps/s", "Namespace /apps"]);
}

#[test]
fn what_has_applied_nothing_has_nothing_to_look_at() {
    let mut object = kustomization(&[], &json!({}), &json!({}));
    assert!(entries(&object, true).is_empty());
    object.status = None;
    assert!(entries(&object, true).is_empty());
}
