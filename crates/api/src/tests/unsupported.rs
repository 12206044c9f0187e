//! Which fields stall an object.

use serde_json::{Value, json};

use crate::{bucket, git_repository, kustomization, oci_repository, unsupported};

fn merged(mut base: Value, extra: Value) -> Value {
    let (Value::Object(base_map), Value::Object(extra)) = (&mut base, extra) else { unreachable!("objects") };
    base_map.extend(extra);
    base
}

fn kustomization(extra: Value) -> Option<String> {
    let base =
        json!({"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}});
    let spec: kustomization::KustomizationSpec = serde_json::from_value(merged(base, extra)).expect("a spec");
    unsupported::kustomization(&spec)
}

fn git(extra: Value) -> Option<String> {
    let base = json!({"interval": "1m", "url": "https://example.com/app.git"});
    let spec: git_repository::GitRepositorySpec =
        serde_json::from_value(merged(base, extra)).expect("a spec");
    unsupported::git_repository(&spec)
}

#[test]
fn a_kustomization_with_supported_fields() {
    let full = json!({
        "retryInterval": "10s", "timeout": "2m", "path": "./deploy", "force": true, "wait": true, "suspend": true,
        "healthChecks": [{"kind": "Deployment", "name": "app", "namespace": "apps"}],
        "dependsOn": [{"name": "infra"}, {"name": "crds", "namespace": "infra"}],
        "targetNamespace": "apps", "namePrefix": "a-", "nameSuffix": "-b",
        "patches": [{"patch": "[]", "target": {"kind": "Deployment"}}],
        "images": [{"name": "app", "newTag": "v2"}],
        "commonMetadata": {"labels": {"team": "a"}, "annotations": {"b": "c"}},
        "serviceAccountName": "deployer", "deletionPolicy": "WaitForTermination",
        "components": ["../c"], "decryption": {"provider": "sops"}, "ignoreMissingComponents": true, "buildMetadata": ["originAnnotations"],
        "healthCheckExprs": [], "ignore": [{"paths": ["/spec/replicas"]}],
    });
    assert_eq!(kustomization(full), None);
}

#[test]
fn a_kustomization_with_unsupported_fields() {
    for (extra, path) in [
        (json!({"deletionPolicy": "Archive"}), "spec.deletionPolicy"),
        (json!({"sourceRef": {"kind": "HelmChart", "name": "app"}}), "spec.sourceRef.kind"),
    ] {
        assert_eq!(kustomization(extra).as_deref(), Some(path));
    }
}

#[test]
fn a_git_repository() {
    assert_eq!(
        git(json!({
            "ref": {"branch": "main", "tag": "v1", "semver": "1.x", "name": "refs/heads/main", "commit": "abc"},
            "secretRef": {"name": "auth"}, "ignore": "", "timeout": "30s", "suspend": true, "provider": "generic",
            "recurseSubmodules": true, "include": [{"repository": {"name": "other"}}],
            "verify": {"secretRef": {"name": "keys"}}, "sparseCheckout": ["deploy"],
            "proxySecretRef": {"name": "proxy"},
        })),
        None
    );
    for url in ["ssh://git@example.com/app.git", "http://example.com/app.git"] {
        assert_eq!(git(json!({"url": url, "provider": "github"})), None, "{url}");
    }
    for provider in ["azure", "aws"] {
        assert_eq!(git(json!({"provider": provider, "serviceAccountName": "robot"})), None, "{provider}");
    }
    assert_eq!(git(json!({"provider": "other"})).as_deref(), Some("spec.provider"));
}

#[test]
fn an_oci_repository() {
    let oci = |extra: Value| {
        let base = json!({"interval": "1m", "url": "oci://example.com/app"});
        let spec: oci_repository::OCIRepositorySpec =
            serde_json::from_value(merged(base, extra)).expect("a spec");
        unsupported::oci_repository(&spec)
    };
    let cosign = json!({"provider": "cosign", "secretRef": {"name": "keys"}});
    assert_eq!(
        oci(json!({
            "ref": {"digest": "sha256:aa", "semver": "1.x", "semverFilter": "a", "tag": "v1"}, "provider": "generic",
            "layerSelector": {"mediaType": "x", "operation": "copy"}, "secretRef": {"name": "auth"},
            "serviceAccountName": "robot", "certSecretRef": {"name": "tls"}, "proxySecretRef": {"name": "proxy"},
            "insecure": true, "ignore": "", "suspend": true, "timeout": "5s", "verify": cosign,
        })),
        None
    );
    for (extra, path) in [
        (json!({"provider": "other"}), "spec.provider"),
        (json!({"verify": {"provider": "other", "secretRef": {"name": "x"}}}), "spec.verify.provider"),
    ] {
        assert_eq!(oci(extra).as_deref(), Some(path));
    }
}

#[test]
fn providers_of_buckets() {
    let with =
        |provider: &str| bucket::BucketSpec { provider: Some(provider.to_owned()), ..Default::default() };
    for provider in ["", "generic", "aws", "gcp", "azure"] {
        assert_eq!(unsupported::bucket(&with(provider)), None, "{provider}");
    }
    assert_eq!(unsupported::bucket(&with("other")).as_deref(), Some("spec.provider"));
}
