//! Rows: what the watch said last, what the manifest says, whether the absence is by design.

use super::{Last, is_by_design, is_departing, prune};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use serde_json::{Value, json};

const RUNNING: Last = Last::Seen { departing: false };
const ENDED: Last = Last::Seen { departing: true };

fn manifest(api_version: &str, kind: &str, spec: Value) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "spec": spec})
}

#[test]
fn an_absence_is_by_design_or_drift() {
    let ttl = json!({"ttlSecondsAfterFinished": 5});
    let rows = [
        (manifest("batch/v1", "Job", ttl.clone()), ENDED, true),
        (manifest("batch/v1", "Job", ttl.clone()), RUNNING, false),
        (manifest("batch/v1", "Job", ttl.clone()), Last::Missed, true),
        (manifest("batch/v1", "Job", json!({})), Last::Missed, false),
        (manifest("v1", "Pod", json!({})), ENDED, true),
        (manifest("v1", "Pod", json!({})), RUNNING, false),
        (manifest("apps/v1", "Deployment", json!({})), RUNNING, false),
        (manifest("apps/v1", "Deployment", json!({})), Last::Missed, false),
        // Its owner went: the garbage collector removes it again and again.
        (manifest("v1", "ConfigMap", json!({})), ENDED, true),
        (manifest("certificates.k8s.io/v1", "CertificateSigningRequest", json!({})), RUNNING, true),
        (manifest("jobset.x-k8s.io/v1alpha2", "JobSet", ttl), RUNNING, true),
        (manifest("argoproj.io/v1alpha1", "Workflow", json!({"ttlStrategy": {}})), RUNNING, true),
    ];
    for (manifest, last, wanted) in rows {
        assert_eq!(is_by_design(&manifest, last), wanted, "{manifest} {last:?}");
    }
    let token = json!({"apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token"});
    assert!(is_by_design(&token, RUNNING));
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque"});
    assert!(!is_by_design(&secret, RUNNING));
}

fn departing(kind: (&str, &str), mut body: Value) -> bool {
    let whole = is_departing(kind.0, kind.1, &ObjectMeta::default(), &body);
    prune(&mut body);
    assert_eq!(is_departing(kind.0, kind.1, &ObjectMeta::default(), &body), whole, "pruned too far: {body}");
    whole
}

#[test]
fn what_has_ended_may_go() {
    let job = |spec: Value, kind: &str, status: &str| json!({"spec": spec, "status": {"conditions": [{"type": kind, "status": status, "message": "m"}], "succeeded": 1}});
    let ttl = || json!({"ttlSecondsAfterFinished": 5, "parallelism": 2});
    assert!(departing(("batch", "Job"), job(ttl(), "Complete", "True")));
    assert!(departing(("batch", "Job"), job(ttl(), "Failed", "True")));
    assert!(!departing(("batch", "Job"), job(ttl(), "Complete", "False")));
    assert!(!departing(("batch", "Job"), job(ttl(), "Suspended", "True")));
    assert!(!departing(("batch", "Job"), job(json!({}), "Complete", "True")), "nothing removes it");
    assert!(!departing(("batch", "Job"), json!({"spec": ttl()})));
    assert!(departing(("", "Pod"), json!({"status": {"phase": "Succeeded"}})));
    assert!(departing(("", "Pod"), json!({"status": {"phase": "Failed"}})));
    assert!(!departing(("", "Pod"), json!({"status": {"phase": "Running"}})));
}

#[test]
fn what_depends_on_another_object_may_go() {
    let owned =
        ObjectMeta { owner_references: Some(vec![OwnerReference::default()]), ..ObjectMeta::default() };
    assert!(is_departing("", "ConfigMap", &owned, &Value::Null));
    assert!(!is_departing("", "ConfigMap", &ObjectMeta::default(), &Value::Null));
}
