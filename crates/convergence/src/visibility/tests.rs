//! What is kept of an object, and how it is judged later.

use health::beside::Nothing;
use health::kstatus::{Status, Verdict};
use health::{Judgement, KindRules, Pods, Rules, State, StatusRule};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Body, Owner, Seen, Visibility};

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn seen(object: Value) -> Seen {
    seen_by(object, Rules::built_in())
}

fn seen_by(object: Value, rules: &Rules) -> Seen {
    Seen::new(health::prune::pruned(object, rules), 1, "u".to_owned(), None, None, rules, now())
}

fn judged(seen: &Seen) -> Judgement {
    seen.judge(&[], &Nothing, Rules::built_in(), now())
}

fn job(ttl: Option<i64>, conditions: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "m"},
        "spec": {"ttlSecondsAfterFinished": ttl},
        "status": {"startTime": "2026-11-25T09:00:00Z", "conditions": conditions}})
}

#[test]
fn of_what_is_well_only_a_word_is_kept() {
    let well = seen(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}));
    assert!(well.is_well() && well.object().is_none());
    assert_eq!(judged(&well).state, State::Healthy);
    let suspended = seen(json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"},
        "spec": {"suspend": true}}));
    assert!(suspended.is_well());
    assert_eq!(
        (judged(&suspended).state, judged(&suspended).reason.as_str()),
        (State::Suspended, "Suspended")
    );
    let running = seen(job(None, &json!([])));
    assert!(running.object().is_some());
    assert_eq!(judged(&running).state, State::Progressing);
    let leaving = seen(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "deletionTimestamp": "2026-11-25T10:00:00Z"}}));
    assert!(leaving.object().is_some());
    assert_eq!(judged(&leaving).state, State::Terminating);
}

#[test]
fn what_others_ask_for_is_kept_although_it_is_well() {
    let deployment = |replicas: i64| {
        seen(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": replicas, "template": {"metadata": {"labels": {"app": "web"}}}},
        "status": {"replicas": replicas, "readyReplicas": replicas, "availableReplicas": replicas, "updatedReplicas": replicas,
            "conditions": [{"type": "Available", "status": "True"}]}}))
    };
    let (resting, running) = (deployment(0), deployment(1));
    assert!(resting.is_well() && resting.object().is_none());
    assert_eq!(resting.labels_at_rest(), Some(json!({"app": "web"})));
    assert_eq!(judged(&resting), judged(&running));
    assert!(running.is_well() && running.object().is_none() && running.labels_at_rest().is_none());
    let unwell = seen(
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "generation": 2},
        "spec": {"replicas": 0, "template": {"metadata": {"labels": {"app": "web", "odd": 1}}}}, "status": {"replicas": 1}}),
    );
    assert!(unwell.object().is_some());
    assert_eq!(unwell.labels_at_rest(), Some(json!({"app": "web", "odd": 1})));
    let selecting = seen(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
        "spec": {"selector": {"app": "web"}}}));
    assert!(selecting.is_well() && selecting.object().is_some());
}

#[test]
fn finished_is_a_job_that_is_well_and_goes_by_itself() {
    let complete = json!([{"type": "Complete", "status": "True"}]);
    let failed = json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]);
    assert!(seen(job(Some(0), &complete)).is_finished());
    assert!(!seen(job(None, &complete)).is_finished());
    assert!(!seen(job(Some(0), &failed)).is_finished());
    assert!(!seen(job(Some(0), &json!([]))).is_finished());
}

#[test]
fn what_cannot_be_judged_is_unknown() {
    let odd = seen(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "status": {"conditions": "none"}}));
    let said = judged(&odd);
    assert_eq!((said.state, said.reason.as_str()), (State::Unknown, "Unknown"));
    assert!(said.message.contains("conditions"), "{}", said.message);
}

/// A rule by which a ConfigMap is well when its data says so.
fn by_data() -> Rules {
    Rules::default().with(KindRules {
        groups: &[""],
        kinds: &["ConfigMap"],
        status: StatusRule::AfterGeneric(|object, _| {
            let well = object.pointer("/data/well") == Some(&json!("yes"));
            let status = if well { Status::Current } else { Status::InProgress };
            Ok(Verdict { status, ..Verdict::unknown("by its data") })
        }),
        pods: Pods::None,
        ttl: None,
        explain: |_| None,
        notable: |_| "",
        keeps: &["data.well"],
    })
}

#[test]
fn what_an_added_rule_covers_can_be_judged_again() {
    let object = |well: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"well": well, "more": "x"}});
    let added = by_data();
    let well = seen_by(object("yes"), &added);
    assert!(well.is_well());
    assert_eq!(well.object().unwrap()["data"], json!({"well": "yes"}), "what the rule reads, and no more");
    assert_eq!(well.judge(&[], &Nothing, &added, now()).state, State::Healthy);
    let unwell = seen_by(object("no"), &added);
    assert!(!unwell.is_well());
    assert_eq!(unwell.judge(&[], &Nothing, &added, now()).state, State::Progressing);
    // The rule goes: what was kept is judged by the one that is built in.
    assert_eq!(judged(&unwell).state, State::Healthy);
    // Other kinds are not kept for it.
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}});
    assert!(seen_by(secret, &added).object().is_none());
}

#[test]
fn what_is_well_by_a_built_in_rule_costs_a_word() {
    for kind in [("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "Service"), ("batch/v1", "CronJob")] {
        let seen = seen(
            json!({"apiVersion": kind.0, "kind": kind.1, "metadata": {"name": "a", "labels": {"a": "b"}}}),
        );
        assert!(seen.is_well() && seen.object().is_none(), "{kind:?}");
    }
    assert!(size_of::<Body>() <= 104, "there is one for each object: {}", size_of::<Body>());
}

#[test]
fn an_owner_is_named_by_both_labels() {
    let labels = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let (namespace, name) = (api::labels::OWNER_NAMESPACE, api::labels::OWNER_NAME);
    assert_eq!(
        Owner::of(Some(&labels(&[(namespace, "apps"), (name, "web")]))),
        Some(Owner::new("apps", "web"))
    );
    assert_eq!(Owner::of(Some(&labels(&[(name, "web")]))), None);
    assert_eq!(Owner::of(Some(&labels(&[(namespace, "apps")]))), None);
    assert_eq!(Owner::of(None), None);
    assert_ne!(Owner::new("a", "b"), Owner::new("b", "a"));
}

#[test]
fn an_object_is_shown_to_its_owner() {
    let of = |owner: Option<Owner>| {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        let seen = Seen::new(object, 1, "u".to_owned(), None, owner, Rules::built_in(), now());
        Visibility::Seen(std::sync::Arc::new(seen)).for_owner(&Owner::new("apps", "web"))
    };
    assert!(matches!(of(Some(Owner::new("apps", "web"))), Visibility::Seen(_)));
    for other in [None, Some(Owner::new("apps", "other")), Some(Owner::new("other", "web"))] {
        assert!(matches!(of(other), Visibility::Unlabelled(_)));
    }
    assert!(matches!(Visibility::Absent.for_owner(&Owner::new("apps", "web")), Visibility::Absent));
}
