//! Whole explanations, and the statuses that follow.

mod borders;
mod forty;
mod objects;
mod rollouts;
mod runs;
mod surroundings;
mod whole;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use api::convergence::{ConvergenceStatus, HealthState, SyncState};
use api::drift_report::DriftReportStatus;
use api::explain::Explanation;
use api::kustomization::Kustomization;
use health::Rules;
use health::beside::{Beside, Kin};
use jiff::{SignedDuration, Timestamp};
use manifest::ObjectId;
use serde_json::{Value, json};

use super::explain;
use crate::dependencies::Chain;
use crate::inventory_mark::Mark;
use crate::memory::Memory;
use crate::project;
use crate::source_status::{Source, SourceView};
use crate::view::{Onlooker, Rival, View};
use crate::visibility::{Hidden, Owner, Seen, Visibility};

const REVISION: &str = "main@sha1:0123456789abcdef0123456789abcdef01234567";

/// As health-controller has them.
fn rules() -> &'static Rules {
    static RULES: LazyLock<Rules> = LazyLock::new(Rules::with_library);
    &RULES
}

fn start() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn id(text: &str) -> ObjectId {
    ObjectId::from_inventory(text).unwrap()
}

/// Ready, with REVISION applied.
fn kustomization() -> Kustomization {
    serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps", "generation": 1, "uid": "k"},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
        "status": {"observedGeneration": 1, "lastAppliedRevision": REVISION, "lastAttemptedRevision": REVISION,
            "conditions": [{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded",
                "message": format!("Applied revision: {REVISION}"), "lastTransitionTime": "2026-11-25T09:00:00Z"}]},
    }))
    .unwrap()
}

fn failed(mut object: Kustomization, reason: &str, message: &str) -> Kustomization {
    let ready = &mut object.status.as_mut().unwrap().conditions[0];
    ready.status = if reason == "Progressing" { "Unknown" } else { "False" }.to_owned();
    ready.reason = reason.to_owned();
    ready.message = message.to_owned();
    object
}

fn source(revision: &str) -> SourceView {
    let ready = Some(("True".to_owned(), "Succeeded".to_owned(), "stored".to_owned()));
    SourceView::Known(Source { revision: Some(revision.to_owned()), ready, ..Source::default() })
}

/// Fewer fields with each number.
fn mark(fields: u8, second: i64) -> Option<Mark> {
    Some(Mark {
        fields: [fields; 16],
        size: 100 - usize::from(fields),
        time: Timestamp::from_second(second).ok(),
    })
}

fn seen(object: Value) -> Visibility {
    marked(object, mark(1, 1))
}

fn marked(object: Value, mark: Option<Mark>) -> Visibility {
    let rules = rules();
    let object = health::prune::pruned(object, rules);
    Visibility::Seen(Arc::new(Seen::new(
        object,
        1,
        "u".to_owned(),
        mark,
        Some(Owner::new("apps", "web")),
        rules,
        start(),
    )))
}

fn config_map() -> Visibility {
    seen(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}))
}

fn deployment() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "apps", "uid": "d"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}},
        "status": {"replicas": 1, "updatedReplicas": 1}})
}

fn broken_pod() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1-x", "namespace": "apps", "labels": {"app": "web"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-1", "uid": "r"}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": "app", "image": "nginx:nope",
            "state": {"waiting": {"reason": "ImagePullBackOff"}}}]}})
}

/// What is known beside objects, in whatever namespace; what is not in it is not known.
#[derive(Default)]
struct Around(Vec<(Kin, Vec<Arc<Value>>)>);

impl Around {
    fn of(lists: Vec<(Kin, Vec<Value>)>) -> Self {
        Self(lists.into_iter().map(|(kin, list)| (kin, list.into_iter().map(Arc::new).collect())).collect())
    }
}

impl Beside for Around {
    fn list(&self, kin: Kin, _: &str) -> Option<Vec<Arc<Value>>> {
        self.0.iter().find(|(known, _)| *known == kin).map(|(_, list)| list.clone())
    }
}

struct Case {
    object: Kustomization,
    source: SourceView,
    objects: Vec<(ObjectId, Visibility)>,
    pods: Vec<Value>,
    /// What else is known beside the objects.
    beside: Vec<(Kin, Vec<Value>)>,
    chain: Chain,
    leaving: Vec<(ObjectId, Arc<Seen>)>,
    rivals: Vec<Rival>,
    drift: Option<DriftReportStatus>,
    memory: Memory,
    now: Timestamp,
    onlooker: Onlooker,
    /// What the last explanation said of when to look again.
    recheck: Option<Duration>,
}

impl Case {
    fn new(objects: Vec<(&str, Visibility)>) -> Self {
        Self {
            object: kustomization(),
            source: source(REVISION),
            objects: objects.into_iter().map(|(text, visibility)| (id(text), visibility)).collect(),
            pods: Vec::new(),
            beside: Vec::new(),
            chain: Chain::default(),
            leaving: Vec::new(),
            rivals: Vec::new(),
            drift: None,
            memory: Memory::default(),
            now: start(),
            onlooker: Onlooker::Controller,
            recheck: None,
        }
    }

    /// Explains, and takes the status for published.
    fn explain(&mut self) -> Explanation {
        let mut lists = self.beside.clone();
        lists.push((Kin::Pod, self.pods.clone()));
        let beside = Around::of(lists);
        let view = View {
            kustomization: &self.object,
            source: self.source.clone(),
            chain: self.chain.clone(),
            objects: self.objects.clone(),
            leaving: self.leaving.clone(),
            rivals: self.rivals.clone(),
            drift: self.drift.as_ref(),
            beside: &beside,
            rules: rules(),
            now: self.now,
            onlooker: self.onlooker,
        };
        let explained = explain(&view, std::mem::take(&mut self.memory));
        self.memory = explained.memory;
        self.recheck = explained.recheck;
        self.memory.published = Some(project(&explained.explanation));
        explained.explanation
    }

    /// The status of an explanation.
    fn go(&mut self) -> ConvergenceStatus {
        project(&self.explain())
    }

    fn later(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }
}

/// Status and reason of Converged, sync, health, and the summary.
#[track_caller]
fn check(status: &ConvergenceStatus, converged: &str, sync: SyncState, health: HealthState, summary: &str) {
    let condition = &status.conditions[0];
    assert_eq!(status.summary.as_deref(), Some(summary));
    assert_eq!(format!("{} {}", condition.status, condition.reason), converged);
    assert_eq!(condition.message, summary);
    assert_eq!((status.sync.as_ref().unwrap().state, status.health.as_ref().unwrap().state), (sync, health));
}
