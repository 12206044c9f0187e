//! What the watches show, in the order in which they show it.

use convergence::Visibility;
use health::beside::Nothing;
use health::{Rules, State};
use jiff::Timestamp;
use kube::core::ObjectMeta;
use reconcile_core::watch_pool::{Body, PoolEvent, WatchedKind};
use serde_json::{Value, json};

use super::of_kind::FINISHED;
use super::{Observed, joined};
use crate::rule_book::{Cut, RuleBook};
use crate::samples::{self, deleted, failed, job, key};
use crate::wakes::Touched;

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn running() -> Value {
    json!({"spec": {"ttlSecondsAfterFinished": 0}, "status": {"startTime": "2026-11-25T09:59:00Z"}})
}

fn complete() -> Value {
    json!({"spec": {"ttlSecondsAfterFinished": 0},
        "status": {"conditions": [{"type": "Complete", "status": "True"}]}})
}

/// `apps/a`, cut down by the first rules.
fn applied(kind: &WatchedKind, uid: &str, version: &str, body: Value) -> PoolEvent {
    samples::applied(kind, uid, version, Cut { body, edition: 0 }.into_value())
}

fn observed() -> Observed {
    Observed::new(RuleBook::default())
}

fn synced() -> Observed {
    let observed = observed();
    observed.take(PoolEvent::Synced(job()), now());
    observed
}

/// What `apps/web` knows of `apps/a`, as one word.
fn look(observed: &Observed) -> String {
    look_as(observed, "web")
}

fn look_as(observed: &Observed, name: &str) -> String {
    match observed.visibility(&job(), &key("a"), &key(name)) {
        Visibility::Seen(seen) if seen.is_well() => "well".to_owned(),
        Visibility::Seen(_) => "unwell".to_owned(),
        Visibility::Unlabelled(_) => "not its own".to_owned(),
        Visibility::Hidden(hidden) => format!("{hidden:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_job_that_finished_and_went_between_two_looks_has_finished() {
    let observed = synced();
    observed.take(applied(&job(), "1", "5", running()), now());
    observed.take(applied(&job(), "1", "6", complete()), now());
    observed.take(deleted(&job(), "1"), now());
    assert_eq!(look(&observed), "Finished");
    // Made again, and deleted by somebody while it ran.
    observed.take(applied(&job(), "2", "9", running()), now());
    assert_eq!(look(&observed), "unwell");
    observed.take(deleted(&job(), "2"), now());
    assert_eq!(look(&observed), "Absent");
}

#[test]
fn only_so_many_finished_jobs_are_remembered() {
    let observed = synced();
    let mut known = observed.known.lock();
    let of_kind = known.kinds.get_mut(&job()).unwrap();
    of_kind.finished.extend((0..FINISHED).map(|n| (key(&format!("old-{n}")), None)));
    drop(known);
    observed.take(applied(&job(), "1", "6", complete()), now());
    observed.take(deleted(&job(), "1"), now());
    assert_eq!(look(&observed), "Finished", "the newest is among them");
    assert_eq!(observed.known.lock().kinds[&job()].finished.len(), 1);
}

#[test]
fn every_change_is_taken_in_also_where_versions_are_no_numbers() {
    let observed = synced();
    let object = Some(Touched::Object(job(), key("a")));
    assert_eq!(observed.take(applied(&job(), "1", "x1", running()), now()), object);
    assert_eq!(observed.take(applied(&job(), "1", "x2", complete()), now()), object);
    assert_eq!(observed.take(applied(&job(), "1", "5", complete()), now()), object);
    assert_eq!(observed.take(applied(&job(), "1", "5", complete()), now()), None, "a repetition");
    assert_eq!(observed.take(applied(&job(), "2", "5", complete()), now()), object, "another of that name");
}

#[test]
fn the_predecessors_deletion_does_not_hide_the_successor() {
    let observed = synced();
    observed.take(applied(&job(), "2", "9", running()), now());
    assert_eq!(observed.take(deleted(&job(), "1"), now()), None);
    assert_eq!(look(&observed), "unwell");
    assert_eq!(observed.take(deleted(&job(), "2"), now()), Some(Touched::Object(job(), key("a"))));
    assert_eq!(observed.take(deleted(&job(), "2"), now()), None, "it is gone already");
    let other = WatchedKind::gvk("", "v1", "Service");
    assert_eq!(observed.take(deleted(&other, "2"), now()), None, "of a kind that has shown nothing");
}

#[test]
fn what_a_stopped_watch_has_shown_is_forgotten() {
    let observed = synced();
    observed.take(applied(&job(), "1", "5", running()), now());
    assert_eq!(observed.take(PoolEvent::Stopped(job()), now()), Some(Touched::Kind(job())));
    assert_eq!(look(&observed), "Starting");
}

#[test]
fn absent_is_only_what_a_whole_list_lacks() {
    let observed = observed();
    assert_eq!(look(&observed), "Starting");
    let other = WatchedKind::gvk("", "v1", "Service");
    observed.take(PoolEvent::Synced(other), now());
    assert_eq!(look(&observed), "Starting");
    assert_eq!(observed.take(PoolEvent::Synced(job()), now()), Some(Touched::Kind(job())));
    assert_eq!(look(&observed), "Absent");
    assert_eq!(observed.take(PoolEvent::Synced(job()), now()), None, "known already");
}

#[test]
fn what_the_first_list_has_shown_is_seen_before_its_end() {
    let observed = observed();
    observed.take(applied(&job(), "1", "5", running()), now());
    assert_eq!(look(&observed), "unwell");
}

#[test]
fn a_kind_that_may_not_be_watched_or_does_not_exist_shows_nothing() {
    for (code, reason, word) in [
        (403, "Forbidden", "Forbidden"),
        (401, "Unauthorized", "Forbidden"),
        (404, "NotFound", "KindUnknown"),
    ] {
        let observed = synced();
        observed.take(applied(&job(), "1", "5", complete()), now());
        assert_eq!(
            observed.take(failed(&job(), code, reason), now()),
            Some(Touched::Kind(job())),
            "{reason}"
        );
        assert_eq!(look(&observed), word, "what was seen before no longer stands");
        assert_eq!(observed.take(failed(&job(), code, reason), now()), None, "{reason}");
        observed.take(PoolEvent::Synced(job()), now());
        assert_eq!(look(&observed), "Absent", "{reason}");
    }
}

#[test]
fn a_watch_that_breaks_off_leaves_what_it_has_shown() {
    let observed = synced();
    observed.take(applied(&job(), "1", "5", complete()), now());
    assert_eq!(observed.take(failed(&job(), 500, "InternalError"), now()), None);
    assert_eq!(look(&observed), "well");
    let never = self::observed();
    let touched = never.take(failed(&job(), 500, "InternalError"), now());
    assert_eq!(touched, Some(Touched::Kind(job())));
    assert_eq!(look(&never), "Failing(\"because\")");
}

#[test]
fn an_object_is_judged_when_it_is_seen() {
    let observed = synced();
    let body = json!({"metadata": {}, "status": {"startTime": "2026-11-25T09:59:00Z", "conditions": "none"}});
    observed.take(applied(&job(), "1", "5", body), now());
    let Visibility::Seen(seen) = observed.visibility(&job(), &key("a"), &key("web")) else {
        panic!("it is there")
    };
    assert_eq!((seen.version, seen.uid.as_str(), seen.mark), (5, "1", None));
    let said = seen.judge(&[], &Nothing, Rules::built_in(), now());
    assert_eq!(said.state, State::Unknown);
    assert!(matches!(look(&observed).as_str(), "unwell"));
}

#[test]
fn a_body_is_cut_down_by_the_row_of_its_kind() {
    let options = Observed::options(RuleBook::default());
    assert_eq!(options.labels.as_deref(), Some("kustomize.toolkit.fluxcd.io/name"));
    assert!(options.managed_fields, "the mark is in them");
    let Body::Full(keep) = options.body else { panic!("status is in the body") };
    let whole = json!({"data": {"a": "b"}, "spec": {"completions": 1, "template": {}}, "status": {"failed": 1, "phase": "x"}});
    for (kind, kept) in [
        (job(), json!({"spec": {"completions": 1}, "status": {"failed": 1}})),
        (WatchedKind::gvk("", "v1", "Secret"), json!({"spec": {}, "status": {"phase": "x"}})),
    ] {
        let mut body = whole.clone();
        keep(&kind, &mut body);
        assert_eq!(Cut::of(body), Cut { body: kept, edition: 0 });
    }
}

#[test]
fn until_it_is_listed_again_other_rules_cannot_judge_what_was_cut_for_less() {
    let book = RuleBook::default();
    let observed = Observed::new(book.clone());
    observed.take(PoolEvent::Synced(job()), now());
    let cut = |body: Value| samples::applied(&job(), "1", "5", book.pruned(&job(), body).into_value());
    let body = json!({"spec": {"x": 1}, "status": {"startTime": "2026-11-25T09:59:00Z"}});
    observed.take(cut(body.clone()), now());
    assert_eq!(look(&observed), "unwell");
    let own =
        json!({"healthCheckExprs": [{"apiVersion": "batch/v1", "kind": "Job", "current": "spec.x == 1"}]});
    let own = samples::kustomization(&[], &own, &json!({})).spec.health_check_exprs;
    let _concerned = book.set_own(&key("web"), &own);
    assert_eq!(look(&observed), "Starting", "its own");
    assert_eq!(look_as(&observed, "other"), "not its own");
    observed.take(cut(body), now());
    assert_eq!(look(&observed), "well", "the same version, and more of it");
    let _concerned = book.set_own(&key("web"), &[]);
    assert_eq!(look(&observed), "well", "its verdict stands until it is listed again");
}

#[test]
fn an_object_is_put_together_again() {
    let metadata: ObjectMeta =
        serde_json::from_value(json!({"name": "a", "uid": "1", "annotations": {"a": "b"},
        "managedFields": [{"manager": "m"}]}))
        .unwrap();
    let whole = joined(&job(), metadata, json!({"status": {"failed": 1}}), Rules::built_in());
    assert_eq!(
        whole,
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a", "uid": "1"}, "status": {"failed": 1}})
    );
    let bare = joined(&job(), ObjectMeta::default(), Value::Null, Rules::built_in());
    assert_eq!(bare, json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {}}));
}

#[test]
fn an_object_and_its_end_are_shown_to_its_owner_alone() {
    let observed = synced();
    observed.take(applied(&job(), "1", "5", complete()), now());
    assert_eq!((look(&observed), look_as(&observed, "other")), ("well".to_owned(), "not its own".to_owned()));
    observed.take(deleted(&job(), "1"), now());
    assert_eq!((look(&observed), look_as(&observed, "other")), ("Finished".to_owned(), "Absent".to_owned()));
}

#[test]
fn what_is_being_deleted_is_found_by_its_owner_until_it_is_gone() {
    let observed = synced();
    let mut leaving = applied(&job(), "1", "5", running());
    if let PoolEvent::Applied(seen) = &mut leaving {
        seen.metadata.deletion_timestamp = serde_json::from_value(json!("2026-11-25T10:00:00Z")).unwrap();
    }
    let touched = Some(Touched::Leaving(job(), key("a"), vec![key("web")]));
    assert_eq!(
        observed.take(applied(&job(), "1", "4", running()), now()),
        Some(Touched::Object(job(), key("a")))
    );
    assert!(observed.leaving(&key("web")).is_empty(), "nobody deletes it");
    assert_eq!(observed.take(leaving.clone(), now()), touched);
    assert_eq!(observed.take(leaving.clone(), now()), None, "a repetition");
    assert_eq!(observed.leaving(&key("web")).len(), 1);
    assert!(observed.leaving(&key("api")).is_empty());
    assert_eq!(observed.take(deleted(&job(), "1"), now()), touched, "its end is news to its owner");
    assert!(observed.leaving(&key("web")).is_empty());
    for last in [failed(&job(), 403, "Forbidden"), PoolEvent::Stopped(job())] {
        observed.take(leaving.clone(), now());
        assert_eq!(observed.leaving(&key("web")).len(), 1);
        observed.take(last, now());
        assert!(observed.leaving(&key("web")).is_empty(), "nothing is known of the kind any more");
    }
}
