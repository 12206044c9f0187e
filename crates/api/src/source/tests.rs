//! Statuses as their controller reads them back.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::SourceStatus;
use super::bucket::BucketStatus;
use super::git_repository::GitRepositoryStatus;
use super::helm_chart::HelmChartStatus;
use super::helm_repository::HelmRepositoryStatus;
use super::oci_repository::OCIRepositoryStatus;

fn read<S: DeserializeOwned>(status: &Value) -> S {
    serde_json::from_value(status.clone()).expect("a status")
}

fn check_read_alike<S: SourceStatus + DeserializeOwned>() {
    let artifact = json!({
        "path": "kind/ns/app/a.tar.gz", "url": "http://source/kind/ns/app/a.tar.gz", "revision": "main@sha1:aa",
        "digest": "sha256:bb", "lastUpdateTime": "2026-01-02T03:04:05Z", "size": 7,
    });
    let full = json!({
        "observedGeneration": 3, "artifact": artifact, "observedIgnore": "", "lastHandledReconcileAt": "now",
        "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored",
            "lastTransitionTime": "2026-01-02T03:04:05Z", "observedGeneration": 3}],
    });
    let status: S = read(&full);
    assert_eq!(status.observed_generation(), 3);
    assert_eq!(status.artifact().map(|artifact| artifact.revision.as_str()), Some("main@sha1:aa"));
    assert_eq!(status.observed_ignore(), Some(""), "empty is not the same as not set");
    assert_eq!(status.last_handled_reconcile_at(), Some("now"));
    assert_eq!(status.conditions().len(), 1);
    assert!(status.observed().is_empty());
    let empty: S = read(&json!({}));
    assert_eq!(empty.observed_generation(), crate::meta::NEVER_OBSERVED);
    assert!(empty.artifact().is_none() && empty.conditions().is_empty());
    assert_eq!((empty.observed_ignore(), empty.last_handled_reconcile_at()), (None, None));
}

#[test]
fn all_kinds_are_read_alike() {
    check_read_alike::<GitRepositoryStatus>();
    check_read_alike::<OCIRepositoryStatus>();
    check_read_alike::<BucketStatus>();
}

#[test]
fn the_link_is_read_back_where_a_kind_has_one() {
    fn check<S: SourceStatus + DeserializeOwned>(wanted: Option<&str>) {
        let status: S = read(&json!({"url": "http://source/latest.tar.gz"}));
        assert_eq!(status.url(), wanted);
        assert_eq!(read::<S>(&json!({})).url(), None);
    }
    let link = Some("http://source/latest.tar.gz");
    check::<OCIRepositoryStatus>(link);
    check::<BucketStatus>(link);
    check::<HelmRepositoryStatus>(link);
    check::<HelmChartStatus>(link);
    check::<GitRepositoryStatus>(None);
}

#[test]
fn with_what_a_git_repository_s_artifact_was_made() {
    let artifact = json!({"path": "p", "url": "u", "revision": "r", "digest": "sha256:bb",
        "lastUpdateTime": "2026-01-02T03:04:05Z"});
    for (field, value) in [
        ("includedArtifacts", json!([artifact])),
        ("observedRecurseSubmodules", json!(true)),
        ("observedInclude", json!([{"repository": {"name": "other"}}])),
        ("observedSparseCheckout", json!(["deploy"])),
        ("sourceVerificationMode", json!("HEAD")),
        ("sourceVerificationFingerprint", json!("ab")),
    ] {
        let status: GitRepositoryStatus = read(&json!({field: value, "observedIgnore": ""}));
        assert_eq!(Value::Object(status.observed()), json!({field: value}));
    }
}
