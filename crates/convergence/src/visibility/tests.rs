//! What is kept of an object, and how it is judged later.

use health::explain::Explanation;
use health::kstatus::{Status, Verdict};
use health::{KindRules, Pods, Rules, StatusRule};
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

fn job(ttl: Option<i64>, conditions: &Value) -> Value {
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "m"},
        "spec": {"ttlSecondsAfterFinished": ttl},
        "status": {"startTime": "2026-11-25T09:00:00Z", "conditions": conditions}})
}

#[test]
fn of_what_is_well_only_a_word_is_kept() {
    let suspended = seen(json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "c"},
        "spec": {"suspend": true}}));
    assert!(suspended.object().is_none());
    let (verdict, told) = suspended.judge(&[], Rules::built_in(), now());
    assert_eq!((verdict.status, told.reason.as_str()), (Status::Current, "Suspended"));
    let running = seen(job(None, &json!([])));
    assert!(running.object().is_some());
    assert_eq!(running.judge(&[], Rules::built_in(), now()).0.status, Status::InProgress);
    let leaving = seen(json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "deletionTimestamp": "2026-11-25T10:00:00Z"}}));
    assert!(leaving.object().is_some());
    assert_eq!(leaving.judge(&[], Rules::built_in(), now()).0.status, Status::Terminating);
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
    let (verdict, told) = odd.judge(&[], Rules::built_in(), now());
    assert_eq!((verdict.status, told.reason.as_str()), (Status::Unknown, "Unknown"));
    assert!(told.message.contains("conditions"), "{}", told.message);
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
    assert_eq!(
        well.judge(&[], &added, now()),
        (verdict(Status::Current, "by its data"), Explanation::default())
    );
    // The rule goes: what was kept is judged by the one that is built in.
    assert_eq!(well.judge(&[], Rules::built_in(), now()).0.message, "Resource is always ready");
    let unwell = seen_by(object("no"), &added);
    assert!(!unwell.is_well());
    assert_eq!(unwell.judge(&[], &added, now()).0.status, Status::InProgress);
    assert_eq!(unwell.judge(&[], Rules::built_in(), now()).0.status, Status::Current);
    // Other kinds are not kept for it.
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}});
    assert!(seen_by(secret, &added).object().is_none());
}

fn verdict(status: Status, message: &str) -> Verdict {
    Verdict { status, ..Verdict::unknown(message) }
}

#[test]
fn what_is_well_by_a_built_in_rule_costs_a_word() {
    for kind in [
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
        ("v1", "Service"),
        ("batch/v1", "CronJob"),
        ("example.com/v1", "Thing"),
    ] {
        let seen = seen(
            json!({"apiVersion": kind.0, "kind": kind.1, "metadata": {"name": "a", "labels": {"a": "b"}}}),
        );
        assert!(seen.is_well() && seen.object().is_none(), "{kind:?}");
    }
    assert_eq!(size_of::<Body>(), size_of::<String>(), "that a rule may be added takes no room");
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
