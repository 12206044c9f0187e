//! Which objects can be asked, and what they say of themselves.

use super::*;
use serde_json::json;

fn object(group: &str, kind: &str, spec: Value) -> Value {
    json!({"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": "a", "namespace": "apps"}, "spec": spec})
}

const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io";
const SOURCE: &str = "source.toolkit.fluxcd.io";

#[test]
fn who_can_be_asked() {
    let is_static = |object: Value| matches!(standing(&object), Standing::Static(_));
    assert_eq!(standing(&object(KUSTOMIZE, "Kustomization", json!({}))), Standing::Runs);
    assert_eq!(standing(&object("helm.toolkit.fluxcd.io", "HelmRelease", json!({}))), Standing::Runs);
    assert_eq!(standing(&object(SOURCE, "HelmRepository", json!({"type": "default"}))), Standing::Runs);
    assert!(is_static(object(SOURCE, "HelmRepository", json!({"type": "oci"}))));
    assert!(is_static(object(SOURCE, "ExternalArtifact", json!({}))));
    assert!(is_static(object("notification.toolkit.fluxcd.io", "Alert", json!({}))));
    assert!(is_static(object("apps", "Deployment", json!({}))));
    assert!(is_static(json!({"apiVersion": "v1", "kind": "Pod"})));
}

#[test]
fn who_can_be_suspended() {
    for (group, kind, can) in [
        (KUSTOMIZE, "Kustomization", true),
        ("notification.toolkit.fluxcd.io", "Alert", true),
        (SOURCE, "ExternalArtifact", false),
        ("apps", "Deployment", false),
    ] {
        assert_eq!(can_be_suspended(&object(group, kind, json!({}))).is_ok(), can, "{kind}");
    }
}

#[test]
fn a_suspended_object_says_who_and_why() {
    let mut suspended = object(KUSTOMIZE, "Kustomization", json!({"suspend": true}));
    assert_eq!(standing(&suspended), Standing::Suspended(String::new()));
    suspended["metadata"]["annotations"] = json!({
        "flyball.dev/suspendedBy": "jane", "flyball.dev/suspendedAt": "2026-01-01T00:00:00Z",
        "flyball.dev/suspendReason": "moving\nthe database",
    });
    let said = " by jane since 2026-01-01T00:00:00Z: moving the database".to_owned();
    assert_eq!(standing(&suspended), Standing::Suspended(said));
    suspended["spec"]["suspend"] = json!(false);
    assert_eq!(standing(&suspended), Standing::Runs, "annotations alone suspend nothing");
    suspended["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(standing(&suspended), Standing::Leaving);
}

#[test]
fn sources_are_found_where_each_kind_names_them() {
    let reference = json!({"kind": "GitRepository", "name": "app"});
    let found = |object: Value| source_of(&object);
    let wanted = |kind: &str, namespace: &str, name: &str| {
        Ok((kind.to_owned(), namespace.to_owned(), name.to_owned()))
    };
    assert_eq!(
        found(object(KUSTOMIZE, "Kustomization", json!({"sourceRef": reference}))),
        wanted("GitRepository", "apps", "app")
    );
    let elsewhere = json!({"kind": "Bucket", "name": "b", "namespace": "infra"});
    assert_eq!(
        found(object(KUSTOMIZE, "Kustomization", json!({"sourceRef": elsewhere}))),
        wanted("Bucket", "infra", "b")
    );
    let chart = json!({"chart": {"spec": {"sourceRef": {"kind": "HelmRepository", "name": "charts"}}}});
    assert_eq!(
        found(object("helm.toolkit.fluxcd.io", "HelmRelease", chart)),
        wanted("HelmRepository", "apps", "charts")
    );
    let chart = json!({"chartRef": {"kind": "OCIRepository", "name": "charts"}});
    assert_eq!(
        found(object("helm.toolkit.fluxcd.io", "HelmRelease", chart)),
        wanted("OCIRepository", "apps", "charts")
    );
    assert_eq!(
        found(object(SOURCE, "GitRepository", json!({}))).unwrap_err(),
        "GitRepository names no source: leave out --with-source"
    );
}
