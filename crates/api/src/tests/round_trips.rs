//! Objects as a cluster with Flux holds them, through our types and back.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::bucket::Bucket;
use crate::convergence::Convergence;
use crate::drift_report::DriftReport;
use crate::external_artifact::ExternalArtifact;
use crate::git_repository::{GitRepository, GitRepositoryStatus};
use crate::kustomization::{Kustomization, KustomizationStatus};
use crate::meta::SourceKind;
use crate::oci_repository::OCIRepository;
use crate::{ArtifactSource, Duration};

fn check<T: Serialize + DeserializeOwned>(object: &Value) -> T {
    let decoded: T = serde_json::from_value(object.clone()).expect("decodes");
    assert_eq!(&serde_json::to_value(&decoded).expect("encodes"), object);
    decoded
}

fn conditions() -> Value {
    json!([
        {"type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored artifact",
         "lastTransitionTime": "2026-01-02T03:04:05Z", "observedGeneration": 3},
        {"type": "ArtifactInStorage", "status": "True", "reason": "Succeeded", "message": "stored artifact",
         "lastTransitionTime": "2026-01-02T03:04:05Z", "observedGeneration": 3},
    ])
}

fn artifact() -> Value {
    json!({
        "path": "gitrepository/apps/app/b1946ac9.tar.gz",
        "url": "http://source-controller.flux-system.svc.cluster.local./gitrepository/apps/app/b1946ac9.tar.gz",
        "revision": "main@sha1:132f4e719209eb10b9485302f8593fc0e680f4fc",
        "digest": "sha256:95a3c4f2d2a9ec2c7e0aa5e7b6a4ef9b3d0e9b2ad7d4c8c1e1f1e9bb0a7f1c3d",
        "lastUpdateTime": "2026-01-02T03:04:05Z", "size": 4157,
    })
}

#[test]
fn kustomization_of_flux() {
    let object = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "app", "namespace": "apps", "generation": 4, "finalizers": ["finalizers.fluxcd.io"]},
        "spec": {
            "interval": "10m0s", "retryInterval": "1m0s", "timeout": "5m0s", "prune": true, "force": true, "wait": true,
            "path": "./deploy", "sourceRef": {"kind": "OCIRepository", "name": "app", "namespace": "flux-system"},
            "deletionPolicy": "Orphan", "targetNamespace": "apps", "serviceAccountName": "deployer",
            "dependsOn": [{"name": "infra", "namespace": "infra", "readyExpr": "self.status.ok"}],
            "healthChecks": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "app", "namespace": "apps"}],
            "healthCheckExprs": [{"apiVersion": "a/v1", "kind": "A", "current": "true", "inProgress": "x", "failed": "y"}],
            "kubeConfig": {"secretRef": {"name": "prod", "key": "value"}},
            "namePrefix": "a-", "nameSuffix": "-b",
            "commonMetadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
            "patches": [{"patch": "- op: add", "target": {"kind": "Deployment", "labelSelector": "a=b",
                "annotationSelector": "c=d", "group": "apps", "version": "v1", "name": "x", "namespace": "y"}}],
            "images": [{"name": "app", "newName": "b", "newTag": "v2", "digest": "sha256:ab"}],
            "components": ["../c"], "ignoreMissingComponents": true, "buildMetadata": ["originAnnotations"],
            "postBuild": {"substitute": {"a": "b"}, "substituteStrategy": "Always",
                "substituteFrom": [{"kind": "Secret", "name": "s", "optional": true}]},
            "decryption": {"provider": "sops", "secretRef": {"name": "keys"}, "serviceAccountName": "kms"},
            "ignore": [{"paths": ["/spec/replicas"], "target": {"kind": "Deployment"}}],
        },
        "status": {
            "observedGeneration": 4, "conditions": conditions(), "lastHandledReconcileAt": "now",
            "lastAttemptedRevision": "main@sha1:ab", "lastAppliedRevision": "main@sha1:ab",
            "lastAppliedOriginRevision": "main@sha1:cd",
            "inventory": {"entries": [{"id": "apps_app_apps_Deployment", "v": "v1"}, {"id": "_apps__Namespace", "v": "v1"}]},
            "history": [{
                "digest": "sha256:e3b0", "firstReconciled": "2026-01-02T03:04:05Z", "lastReconciled": "2026-01-02T04:04:05Z",
                "lastReconciledDuration": "1.204567891s", "lastReconciledStatus": "ReconciliationSucceeded",
                "totalReconciliations": 7, "metadata": {"revision": "main@sha1:ab", "originRevision": "main@sha1:cd"},
            }],
        },
    });
    let decoded: Kustomization = check(&object);
    assert_eq!(decoded.spec.source_ref.subject("apps"), "OCIRepository/flux-system/app");
    assert_eq!(decoded.spec.interval, Duration::from_secs(600));
}

#[test]
fn sources_of_flux() {
    let git = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "app", "namespace": "apps"},
        "spec": {
            "url": "ssh://git@example.com/app", "interval": "1m0s", "timeout": "1m0s", "secretRef": {"name": "auth"},
            "provider": "github", "ref": {"branch": "main", "tag": "v1", "semver": "1.x", "name": "refs/x", "commit": "ab"},
            "verify": {"mode": "TagAndHEAD", "secretRef": {"name": "keys"}}, "ignore": "", "suspend": true,
            "recurseSubmodules": true, "sparseCheckout": ["deploy"], "proxySecretRef": {"name": "proxy"},
            "include": [{"repository": {"name": "other"}, "fromPath": "a", "toPath": "b"}],
        },
        "status": {
            "observedGeneration": 3, "conditions": conditions(), "artifact": artifact(), "includedArtifacts": [artifact()],
            "observedIgnore": "", "observedRecurseSubmodules": true, "observedSparseCheckout": ["deploy"],
            "observedInclude": [{"repository": {"name": "other"}}], "sourceVerificationMode": "HEAD",
            "sourceVerificationFingerprint": "sha256:ab", "lastHandledReconcileAt": "now",
        },
    });
    let decoded: GitRepository = check(&git);
    assert_eq!(decoded.artifact().and_then(|artifact| artifact.size), Some(4157));
    assert_eq!(decoded.status.as_ref().map_or(0, |status| status.conditions.len()), 2);

    check::<OCIRepository>(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository", "metadata": {"name": "app"},
        "spec": {
            "url": "oci://ghcr.io/a/b", "interval": "5m0s", "ref": {"semver": ">=1", "semverFilter": ".*", "tag": "a", "digest": "b"},
            "layerSelector": {"mediaType": "a/b", "operation": "copy"}, "provider": "generic", "insecure": true,
            "verify": {"provider": "cosign", "matchOIDCIdentity": [{"issuer": "a", "subject": "b"}],
                "trustedRootSecretRef": {"name": "root"}},
        },
        "status": {"observedGeneration": -1, "url": "http://x/latest.tar.gz", "observedLayerSelector": {"operation": "copy"}},
    }));
    check::<Bucket>(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "Bucket", "metadata": {"name": "app"},
        "spec": {
            "bucketName": "b", "endpoint": "minio:9000", "interval": "5m0s", "provider": "generic", "region": "eu", "prefix": "p",
            "sts": {"provider": "ldap", "endpoint": "https://sts", "secretRef": {"name": "s"}}, "insecure": true,
        },
        "status": {"observedGeneration": 1, "artifact": artifact()},
    }));
    let external: ExternalArtifact = check(&json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "ExternalArtifact", "metadata": {"name": "app"},
        "spec": {"sourceRef": {"apiVersion": "a/v1", "kind": "A", "name": "n"}},
        "status": {"conditions": conditions(), "artifact": artifact(), "exportedInputs": {"a": [1, {"b": null}], "c": "d"}},
    }));
    assert_eq!(external.artifact().map(|artifact| artifact.metadata.len()), Some(0));
    assert_eq!(<ExternalArtifact as ArtifactSource>::KIND, SourceKind::ExternalArtifact);
}

#[test]
fn an_object_nobody_has_seen_has_generation_minus_one() {
    let status: KustomizationStatus = serde_json::from_str("{}").expect("a status");
    assert_eq!(status.observed_generation, -1);
    assert_eq!(status, KustomizationStatus::default());
    assert_eq!(GitRepositoryStatus::default().observed_generation, -1);
    let status: GitRepositoryStatus =
        serde_json::from_str(r#"{"observedGeneration": -1}"#).expect("a status");
    assert_eq!(serde_json::to_value(status).expect("JSON"), json!({"observedGeneration": -1}));
}

#[test]
fn fields_of_a_newer_flux_do_not_break_decoding() {
    let decoded: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "app"},
        "spec": {"interval": "1m", "prune": false, "sourceRef": {"kind": "Satellite", "name": "app", "orbit": 1},
            "newField": {"a": 1}},
        "status": {"newField": true, "conditions": [{"type": "A", "status": "True", "reason": "B", "message": "",
            "lastTransitionTime": "2026-01-02T03:04:05.123456Z", "new": 1}]},
    }))
    .expect("decodes");
    assert_eq!(decoded.spec.source_ref.kind, SourceKind::Unrecognised);
    assert_eq!(decoded.status.expect("a status").conditions.len(), 1);
}

#[test]
fn bad_values_are_errors_and_no_panics() {
    let with = |interval: Value| {
        serde_json::from_value::<Kustomization>(json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "app"},
            "spec": {"interval": interval, "prune": true, "sourceRef": {"kind": "Bucket", "name": "b"}},
        }))
    };
    with(json!("1m")).expect("a good one");
    with(json!("99999999999999h")).expect_err("too long for Go as well");
    with(json!(60)).expect_err("not a text");
    with(Value::Null).expect_err("required");
}

#[test]
fn convergence() {
    let since = "2026-01-02T03:04:05Z";
    check::<Convergence>(&json!({
        "apiVersion": "flyball.dev/v1alpha1", "kind": "Convergence", "metadata": {"name": "app", "namespace": "apps"},
        "status": {
            "target": {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "namespace": "apps", "name": "app"},
            "desired": {"revision": "main@sha1:ab", "since": since}, "applied": {"revision": "main@sha1:aa", "since": since},
            "sync": {"state": "RevisionPending", "since": since}, "health": {"state": "Degraded", "since": since},
            "summary": "1 of 2 objects is degraded", "omitted": 3,
            "counts": {"total": 2, "healthy": 1, "progressing": 0, "suspended": 0, "terminating": 0, "degraded": 1, "missing": 0, "drifted": 0, "unknown": 0,
                "notObserved": 0},
            "objects": [{"id": "apps_app_apps_Deployment", "sync": "Applied", "health": "Degraded", "reason": "CrashLoop",
                "message": "exit code 1", "since": since}],
            "blockers": [{"code": "HealthFailed", "object": "apps_app_apps_Deployment", "message": "the pod crashes",
                "evidence": ["exit code 1"], "hint": "look at its logs", "since": since}],
            "lastResult": {"revision": "main@sha1:ab", "reason": "HealthCheckFailed", "message": "timeout"},
            "conditions": conditions(),
        },
    }));
}

#[test]
fn drift_report() {
    let since = "2026-01-02T03:04:05Z";
    check::<DriftReport>(&json!({
        "apiVersion": "flyball.dev/v1alpha1", "kind": "DriftReport", "metadata": {"name": "app", "namespace": "apps"},
        "status": {
            "target": {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "namespace": "apps", "name": "app"},
            "mode": "Report", "counts": {"drifted": 1, "healed": 1, "fights": 1, "ignored": 1},
            "objects": [
                {"id": "apps_web_apps_Deployment", "state": "Failed", "since": since, "omittedPaths": 3,
                 "message": "Deployment/apps/web apply failed: no", "paths": [
                    {"path": "/spec/replicas", "desired": "1", "live": "2", "manager": "kubectl", "changedAt": since}]},
                {"id": "apps_gone__ConfigMap", "state": "Healed", "deleted": true, "since": since, "healedAt": since},
            ],
            "omitted": 7,
            "fights": [{"id": "apps_web_apps_Deployment", "path": "/spec/replicas", "manager": "scaler", "desired": "1",
                "live": "5", "corrections": 4, "since": since, "retryAt": since}],
            "ignored": [{"id": "apps_web_apps_Deployment", "path": "/spec/x", "rule": "spec.ignore[0]", "desired": "1",
                "live": "2", "manager": "kubectl", "since": since}],
        },
    }));
}
