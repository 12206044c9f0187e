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

fn ids(ids: &[(&str, &str)]) -> Vec<Entry> {
    entries(&kustomization(ids, &json!({}), &json!({})), true)
}

#[test]
fn what_kubernetes_cannot_have_is_malformed() {
    let long = format!("apps_{}__ConfigMap", "a".repeat(254));
    for (id, version) in [
        ("apps_../../../victim/configmaps/plain__ConfigMap", "v1"),
        ("apps_a%2fb__ConfigMap", "v1"),
        ("apps_a?x=__ConfigMap", "v1"),
        ("apps_x#__ConfigMap", "v1"),
        ("apps_..__ConfigMap", "v1"),
        ("apps_a\u{1b}[2J__ConfigMap", "v1"),
        ("a/b_x__ConfigMap", "v1"),
        ("a?x=_x__ConfigMap", "v1"),
        ("Apps_x__ConfigMap", "v1"),
        ("apps_x_gro/up_ConfigMap", "v1"),
        ("apps_x_..._ConfigMap", "v1"),
        ("apps_x__Config/Map", "v1"),
        ("apps_x__Config Map", "v1"),
        ("apps_x__ConfigMap", "v1/../v2"),
        ("apps_x__ConfigMap", ""),
        ("apps_x__ConfigMap", "v1?watch=true"),
        (long.as_str(), "v1"),
    ] {
        let read = ids(&[(id, version)]);
        assert!(text(&read).ends_with(": Malformed, -"), "{id} {version}: {}", text(&read));
        assert!(read[0].id.name.chars().all(|c| !c.is_control()), "{id:?}");
        assert!(read[0].id.name.chars().count() <= 100);
        assert!(watched(&read).is_empty());
    }
}

#[test]
fn what_kubernetes_has_is_read() {
    for (id, version) in [
        ("_system__coredns_rbac.authorization.k8s.io_ClusterRole", "v1"),
        ("kube-system_a.b-c__ConfigMap", "v1"),
        ("_v1.example.com_apiregistration.k8s.io_APIService", "v1beta1"),
        ("apps_a_example.com_X509Certificate", "v1alpha1"),
    ] {
        assert_eq!(watched(&ids(&[(id, version)])).len(), 1, "{id}");
    }
}
