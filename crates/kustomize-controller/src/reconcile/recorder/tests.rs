//! What is written, and in which order: the requests are recorded instead of sent.

use super::{Digests, Facts, Recorder, Step};
use crate::fault::{Fault, FaultKind};
use crate::memory::OwnStatus;
use crate::reconcile::scope::Resolved;
use crate::status::{Answer, Draft, Requests, WriteError};
use ::apply::inventory::Ids;
use api::kustomization::Kustomization;
use api::{Artifact, labels};
use futures::FutureExt as _;
use manifest::ObjectId;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// The object as it would be stored, and every patch of its status.
#[derive(Clone, Default)]
struct Log {
    object: Arc<Mutex<Value>>,
    patches: Arc<Mutex<Vec<Value>>>,
}

fn merge(into: &mut Value, from: &Value) {
    let (Value::Object(into), Value::Object(from)) = (&mut *into, from) else {
        *into = from.clone();
        return;
    };
    for (key, value) in from {
        if value.is_null() {
            into.remove(key);
        } else {
            merge(into.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

impl Log {
    fn new(status: Value) -> Self {
        let object = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": "a", "namespace": "ns", "resourceVersion": "1", "generation": 3},
            "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
            "status": status,
        });
        Self { object: Arc::new(Mutex::new(object)), patches: Arc::default() }
    }

    fn stored(&self) -> Kustomization {
        serde_json::from_value(self.object.lock().clone()).unwrap()
    }

    /// As somebody else's write.
    fn change(&self, patch: &Value) {
        let mut object = self.object.lock();
        merge(&mut object, patch);
        let version: u64 = object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
        object["metadata"]["resourceVersion"] = json!((version + 1).to_string());
    }

    fn status(&self) -> Value {
        self.object.lock()["status"].clone()
    }

    /// `Type=Status Reason: message`, a line each.
    fn conditions(&self) -> String {
        let status = self.status();
        let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
        let text = |condition: &Value, field: &str| condition[field].as_str().unwrap().to_owned();
        let lines = conditions.iter().map(|c| {
            format!("{}={} {}: {}", text(c, "type"), text(c, "status"), text(c, "reason"), text(c, "message"))
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines.join("\n")
    }

    fn draft<'a>(&self, own: &'a OwnStatus) -> Recorder<'a> {
        Recorder::over(Draft::new(Box::new(self.clone()), &self.stored(), own))
    }
}

impl Requests for Log {
    fn patch_status<'r>(&'r self, status: &'r Value, version: &'r str) -> Answer<'r, Kustomization> {
        if self.object.lock()["metadata"]["resourceVersion"] != version {
            let conflict = kube::core::Status::failure("it was changed", "Conflict").with_code(409);
            return std::future::ready(Err(cluster::Error::from(conflict))).boxed();
        }
        self.patches.lock().push(status.clone());
        self.change(&json!({ "status": status }));
        std::future::ready(Ok(self.stored())).boxed()
    }

    fn patch_finalizers<'r>(
        &'r self,
        finalizers: &'r [String],
        _: &'r str,
    ) -> Answer<'r, Option<Kustomization>> {
        self.change(&json!({"metadata": {"finalizers": finalizers}}));
        std::future::ready(Ok(Some(self.stored()))).boxed()
    }

    fn read(&self) -> Answer<'_, Option<Kustomization>> {
        std::future::ready(Ok(Some(self.stored()))).boxed()
    }
}

fn resolved() -> Resolved {
    let artifact: Artifact = serde_json::from_value(json!({
        "path": "p", "url": "http://example.com/p", "revision": "main@sha1:1", "digest": "sha256:1",
        "lastUpdateTime": "2026-01-01T00:00:00Z",
    }))
    .unwrap();
    Resolved { artifact, timeout: Duration::from_secs(30) }
}

fn facts() -> Facts<'static> {
    let now = jiff::Timestamp::from_second(1_767_225_600).unwrap();
    Facts { now, took: Duration::from_millis(5), full_pass_at: None }
}

fn digests() -> Digests {
    Digests { rendered: "sha256:r".into(), input: Some("i".into()) }
}

fn ids(names: &[&str]) -> Ids {
    let mut ids = Ids::default();
    for name in names {
        let (namespace, name, kind) = ("ns".into(), (*name).into(), "ConfigMap".into());
        ids.insert(&ObjectId { namespace, name, group: String::new(), kind }, "v1");
    }
    ids
}

/// A history item with the mark that lets the next process trust the live objects.
fn marked() -> Value {
    json!({"history": [{
        "digest": "sha256:r", "firstReconciled": "2026-01-01T00:00:00Z", "lastReconciled": "2026-01-01T00:00:00Z",
        "lastReconciledDuration": "1s", "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 1,
        "metadata": {labels::FINGERPRINT: "f", labels::INPUT: "i", "revision": "main@sha1:0"},
    }]})
}

#[tokio::test]
async fn the_write_ahead_names_the_objects_says_that_work_began_and_takes_the_mark_back() {
    let (log, own) = (Log::new(marked()), OwnStatus::default());
    let mut recorder = log.draft(&own);
    recorder.resolved(&resolved());
    recorder.enter(Step::DetectingDrift);
    recorder.write_ahead(&ids(&["a", "b"])).await.unwrap();
    assert_eq!(log.patches.lock().len(), 1);
    insta::assert_snapshot!(log.conditions(), @r"
    Ready=Unknown Progressing: Reconciliation in progress
    Reconciling=True Progressing: Detecting drift for revision main@sha1:1 with a timeout of 30s
    ");
    let status = log.status();
    assert_eq!(status["inventory"]["entries"].as_array().unwrap().len(), 2);
    assert!(status["history"][0]["metadata"].get(labels::FINGERPRINT).is_none(), "{status}");
    assert_eq!(status["history"][0]["metadata"][labels::INPUT], "i");
}

#[tokio::test]
async fn a_success_ends_what_was_under_way() {
    let (log, own) = (
        Log::new(
            json!({"conditions": [{"type": "Foreign", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}),
        ),
        OwnStatus::default(),
    );
    let mut recorder = log.draft(&own);
    recorder.resolved(&resolved());
    recorder.built(digests());
    recorder.write_ahead(&ids(&["a", "stale"])).await.unwrap();
    recorder.set_inventory(&ids(&["a"]));
    recorder.handle(Some(&"token".to_owned()));
    recorder.succeed(&facts(), Some("f".into()));
    recorder.write().await.unwrap();
    assert_eq!(log.patches.lock().len(), 2);
    insta::assert_snapshot!(log.conditions(), @r"
    Foreign=True R: m
    Ready=True ReconciliationSucceeded: Applied revision: main@sha1:1
    ");
    let status = log.status();
    assert_eq!(status["lastAppliedRevision"], "main@sha1:1");
    assert_eq!(status["lastAttemptedRevision"], "main@sha1:1");
    assert_eq!(status["lastHandledReconcileAt"], "token");
    assert_eq!(status["observedGeneration"], 3);
    let metadata = &status["history"][0]["metadata"];
    assert_eq!((&metadata[labels::FINGERPRINT], &metadata[labels::INPUT]), (&json!("f"), &json!("i")));
    recorder.write().await.unwrap();
    assert_eq!(log.patches.lock().len(), 2, "nothing differs, nothing is sent");
}

#[tokio::test]
async fn a_failure_names_its_step_and_leaves_what_was_applied() {
    let before = json!({"lastAppliedRevision": "main@sha1:0", "observedGeneration": 2});
    let (log, own) = (Log::new(before), OwnStatus::default());
    let mut recorder = log.draft(&own);
    recorder.resolved(&resolved());
    recorder.enter(Step::Building);
    recorder.fail(&facts(), &Fault::new(FaultKind::Build, "kustomize build failed: no"));
    recorder.write().await.unwrap();
    insta::assert_snapshot!(log.conditions(), @r"
    Ready=False BuildFailed: kustomize build failed: no
    Reconciling=True ProgressingWithRetry: Building manifests for revision main@sha1:1 with a timeout of 30s
    ");
    let status = log.status();
    assert_eq!(
        (&status["lastAppliedRevision"], &status["observedGeneration"]),
        (&json!("main@sha1:0"), &json!(2))
    );
    assert!(status.get("history").is_none(), "a build failure adds nothing to history");

    recorder.built(digests());
    recorder.enter(Step::DetectingDrift);
    recorder.fail(&facts(), &Fault::new(FaultKind::Apply, "refused"));
    recorder.write().await.unwrap();
    let history = &log.status()["history"][0];
    assert_eq!(history["lastReconciledStatus"], "ReconciliationFailed");
    assert!(history["metadata"].get(labels::FINGERPRINT).is_none());
}

#[tokio::test]
async fn a_stall_is_said_and_only_a_judged_spec_is_observed() {
    let (log, own) = (Log::new(json!({"observedGeneration": 2})), OwnStatus::default());
    let mut recorder = log.draft(&own);
    recorder.halt(&Fault::new(FaultKind::AccessDenied, "no"));
    recorder.write().await.unwrap();
    insta::assert_snapshot!(log.conditions(), @r"
    Ready=False AccessDenied: no
    Stalled=True AccessDenied: no
    ");
    assert_eq!(log.status()["observedGeneration"], 2);
    recorder.halt(&Fault::new(FaultKind::Unsupported, "spec.ignore is not supported yet"));
    recorder.write().await.unwrap();
    assert_eq!(log.status()["observedGeneration"], 3);
    recorder.halt(&Fault::new(FaultKind::DependencyNotReady, "wait"));
    recorder.write().await.unwrap();
    insta::assert_snapshot!(log.conditions(), @"Ready=False DependencyNotReady: wait");
}

#[tokio::test]
async fn what_is_not_ours_moves_on_and_what_is_ours_is_not_overwritten() {
    let (log, own) = (Log::new(json!({})), OwnStatus::default());
    let mut recorder = log.draft(&own);
    recorder.resolved(&resolved());
    recorder.built(digests());
    // Somebody annotates the object, and another controller adds a condition, while the run is under way.
    let theirs = json!([{"type": "Theirs", "status": "True", "reason": "R", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}]);
    log.change(&json!({"metadata": {"annotations": {"a": "b"}}, "status": {"conditions": theirs}}));
    recorder.succeed(&facts(), None);
    recorder.write().await.unwrap();
    insta::assert_snapshot!(log.conditions(), @r"
    Ready=True ReconciliationSucceeded: Applied revision: main@sha1:1
    Theirs=True R: m
    ");

    // Another process of ours records something: this run's knowledge is old.
    log.change(&json!({"status": {"inventory": {"entries": [{"id": "ns_x__ConfigMap", "v": "v1"}]}}}));
    recorder.set_inventory(&ids(&["a"]));
    assert!(matches!(recorder.write().await, Err(WriteError::Overtaken)));
    assert_eq!(log.status()["inventory"]["entries"][0]["id"], "ns_x__ConfigMap");
}

#[tokio::test]
async fn a_successor_of_the_same_name_is_left_alone() {
    let (log, own) = (Log::new(json!({})), OwnStatus::default());
    let mut recorder = log.draft(&own);
    recorder.resolved(&resolved());
    log.change(&json!({"metadata": {"uid": "another"}}));
    recorder.succeed(&facts(), None);
    assert!(matches!(recorder.write().await, Err(WriteError::Gone)));
    assert!(log.patches.lock().is_empty());
}

#[tokio::test]
async fn the_last_write_of_this_process_is_newer_than_an_old_copy() {
    let (log, own) = (Log::new(json!({})), OwnStatus::default());
    let old = log.stored();
    let mut recorder = log.draft(&own);
    recorder.resolved(&resolved());
    recorder.write_ahead(&ids(&["a"])).await.unwrap();
    let again = Recorder::over(Draft::new(Box::new(log.clone()), &old, &own));
    assert_eq!(again.inventory(), ids(&["a"]), "the watch has not told of it yet");
}
