//! Which rules are in force, and what is said of those that are not.

use health::DecidedBy;
use kube::core::ObjectMeta;
use reconcile_core::watch::Gone;
use reconcile_core::watch_pool::{PoolEvent, Seen, WatchedKind};
use serde_json::{Value, json};

use super::{Ledger, MOST, Write};
use crate::samples::{failed, job};

fn kind() -> WatchedKind {
    WatchedKind::gvk("flyball.dev", "v1alpha1", "HealthRule")
}

fn thing() -> WatchedKind {
    WatchedKind::gvk("example.com", "v1", "Thing")
}

fn spec(when: &str) -> Value {
    json!({"group": "example.com", "kinds": ["Thing"], "states": [{"state": "Healthy", "when": when}]})
}

fn applied(name: &str, generation: i64, spec: Value, status: Value) -> PoolEvent {
    let metadata: ObjectMeta = serde_json::from_value(
        json!({"name": name, "uid": name, "generation": generation, "resourceVersion": generation.to_string()}),
    )
    .unwrap();
    let body = json!({"spec": spec, "status": status});
    PoolEvent::Applied(Box::new(Seen { kind: kind(), metadata, body }))
}

fn deleted(name: &str) -> PoolEvent {
    let key = reconcile_core::ObjectKey::new("", name);
    PoolEvent::Deleted { kind: kind(), gone: Gone { key, uid: name.to_owned(), missed: false } }
}

/// What is put in force, by name; none when nothing changes.
fn in_force(ledger: &mut Ledger) -> Option<Vec<String>> {
    let change = ledger.put_in_force()?;
    assert!(change.concerned.concern(&thing()) && !change.concerned.concern(&job()));
    Some(change.rules.iter().map(|rule| rule.name().to_string()).collect())
}

/// Status, reason, message and number of objects that are to be written of each rule.
fn said(ledger: &Ledger, objects: usize) -> Vec<(String, String, String, Value)> {
    let judged = [(DecidedBy::HealthRule("a".into()), objects), (DecidedBy::Generic, 7)];
    let writes = ledger.writes(Some(judged.into_iter()), "2026-11-25T10:00:00Z".parse().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    writes
        .into_iter()
        .map(|Write { change, .. }| {
            let ready = &change["conditions"][0];
            (
                text(&ready["status"]),
                text(&ready["reason"]),
                text(&ready["message"]),
                change["objects"].clone(),
            )
        })
        .collect()
}

#[test]
fn rules_are_in_force_once_and_until_they_are_deleted() {
    let mut ledger = Ledger::default();
    assert!(ledger.take(applied("b", 1, spec("true"), json!({}))));
    assert!(ledger.take(applied("a", 1, spec("true"), json!({}))));
    assert!(!ledger.is_settled());
    assert!(ledger.take(PoolEvent::Synced(kind())));
    assert!(!ledger.take(PoolEvent::Synced(kind())), "known already");
    assert!(ledger.is_settled() && ledger.has_rules());
    assert_eq!(in_force(&mut ledger), Some(vec!["HealthRule/a".to_owned(), "HealthRule/b".to_owned()]));
    assert_eq!(in_force(&mut ledger), None);
    assert!(!ledger.take(applied("a", 1, spec("true"), json!({}))), "a repetition");
    assert!(ledger.take(applied("a", 1, spec("true"), json!({"objects": 1}))), "somebody wrote its status");
    assert_eq!(in_force(&mut ledger), None);
    assert!(ledger.take(applied("a", 2, spec("false"), json!({}))));
    assert_eq!(in_force(&mut ledger).map(|rules| rules.len()), Some(2));
    assert!(ledger.take(deleted("a")));
    assert!(!ledger.take(deleted("a")));
    assert_eq!(in_force(&mut ledger), Some(vec!["HealthRule/b".to_owned()]));
}

#[test]
fn what_cannot_be_used_judges_nothing_and_what_was_before_stays() {
    let mut ledger = Ledger::default();
    ledger.take(applied("a", 1, spec("status."), json!({})));
    assert_eq!(in_force(&mut ledger), None);
    let told = said(&ledger, 0);
    assert_eq!((told[0].0.as_str(), told[0].1.as_str()), ("False", "InvalidExpression"));
    assert!(told[0].2.starts_with("states[0] (Healthy): when cannot be used"), "{}", told[0].2);
    assert!(told[0].2.ends_with("nothing is judged by it"), "{}", told[0].2);
    ledger.take(applied("a", 2, spec("true"), json!({})));
    assert_eq!(in_force(&mut ledger).map(|rules| rules.len()), Some(1));
    assert_eq!(
        said(&ledger, 3)[0],
        ("True".to_owned(), "Succeeded".to_owned(), "its objects are judged by it".to_owned(), json!(3))
    );
    ledger.take(applied("a", 3, spec("status."), json!({})));
    assert_eq!(in_force(&mut ledger), None, "the version before is in force");
    assert!(said(&ledger, 3)[0].2.contains("the last version of it that could be used stays in force"));
    ledger.take(applied("a", 3, spec("status."), json!({"observedGeneration": 3})));
    assert!(said(&ledger, 3)[0].2.contains("when cannot be used"), "its status is no correction");
    ledger.take(deleted("a"));
    assert_eq!(in_force(&mut ledger), Some(Vec::new()));
}

#[test]
fn nothing_is_written_that_stands_there() {
    let mut ledger = Ledger::default();
    ledger.take(applied("a", 1, spec("true"), json!({})));
    let now = "2026-11-25T10:00:00Z".parse().unwrap();
    let judged = || [(DecidedBy::HealthRule("a".into()), 2)].into_iter();
    let Write { change, version, .. } = ledger.writes(Some(judged()), now).remove(0);
    assert_eq!(version.as_deref(), Some("1"));
    let object = json!({"apiVersion": "flyball.dev/v1alpha1", "kind": "HealthRule", "spec": spec("true"),
        "metadata": {"name": "a", "resourceVersion": "2"}, "status": change});
    ledger.written(serde_json::from_value(object).unwrap());
    assert_eq!(ledger.writes(Some(judged()), "2026-11-25T11:00:00Z".parse().unwrap()), []);
    let nobody = None::<std::iter::Empty<(DecidedBy, usize)>>;
    assert_eq!(ledger.writes(nobody, now), [], "others may have counted");
    let more = [(DecidedBy::HealthRule("a".into()), 2), (DecidedBy::HealthRule("a".into()), 1)].into_iter();
    assert_eq!(ledger.writes(Some(more), now)[0].change, json!({"objects": 3}), "of two kinds");
}

#[test]
fn a_rule_of_a_newer_version_cannot_be_read() {
    let mut ledger = Ledger::default();
    let newer =
        json!({"group": "example.com", "kinds": ["Thing"], "states": [{"state": "Dormant", "when": "true"}]});
    ledger.take(applied("a", 1, newer, json!({})));
    assert_eq!(in_force(&mut ledger), None);
    assert_eq!(said(&ledger, 0)[0].1, "InvalidSpec");
}

#[test]
fn so_many_are_read() {
    let mut ledger = Ledger::default();
    for number in 0..=MOST {
        ledger.take(applied(&format!("r{number:04}"), 1, spec("true"), json!({})));
    }
    assert_eq!(in_force(&mut ledger).map(|rules| rules.len()), Some(MOST));
    assert_eq!(said(&ledger, 0).last().unwrap().1, "TooManyRules");
}

#[test]
fn that_the_kind_is_not_installed_is_as_good_as_no_rule() {
    let mut ledger = Ledger::default();
    assert!(ledger.take(failed(&kind(), 404, "NotFound")));
    assert!(ledger.is_settled() && !ledger.has_rules());
    ledger.take(applied("a", 1, spec("true"), json!({})));
    in_force(&mut ledger);
    assert!(ledger.take(failed(&kind(), 500, "InternalError")));
    assert_eq!(in_force(&mut ledger), None, "what was seen stands");
    ledger.take(failed(&kind(), 404, "NotFound"));
    assert_eq!(in_force(&mut ledger), Some(Vec::new()), "and nothing else once the kind is gone");
}
