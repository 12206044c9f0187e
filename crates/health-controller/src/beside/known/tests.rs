//! What is known of a place, and who wants to hear of it.

use health::Rules;
use health::beside::Kin;
use reconcile_core::watch_pool::PoolEvent;
use serde_json::{Value, json};

use super::{Known, News};
use crate::samples::{applied, deleted, failed, key, owner_labels, pod};

fn running() -> Value {
    json!({"spec": {"containers": []}, "status": {"phase": "Running"}})
}

fn failing() -> Value {
    json!({"status": {"phase": "Failed"}})
}

fn take(known: &mut Known, event: PoolEvent) -> News {
    known.take(event, Kin::Pod, Rules::built_in())
}

fn apps() -> News {
    Some(Some("apps".to_owned()))
}

#[test]
fn the_first_list_is_told_of_once_it_is_complete() {
    let mut known = Known::default();
    assert_eq!(take(&mut known, applied(&pod(), "1", "5", running())), None, "one of many");
    assert_eq!(take(&mut known, deleted(&pod(), "1")), None, "gone again before the end");
    take(&mut known, applied(&pod(), "1", "5", running()));
    assert!(!known.is_settled());
    assert_eq!(known.list("apps"), None, "it is not known which there are");
    assert_eq!(take(&mut known, PoolEvent::Synced(pod())), Some(None));
    assert_eq!(take(&mut known, PoolEvent::Synced(pod())), None, "known already");
    assert!(known.is_settled());
    assert_eq!(known.list("apps").map(|pods| pods.len()), Some(1));
    assert_eq!(known.list("jobs").map(|pods| pods.len()), Some(0));
    assert_eq!(take(&mut known, applied(&pod(), "1", "6", failing())), apps());
    assert_eq!(take(&mut known, applied(&pod(), "1", "7", failing())), None, "nothing that anybody reads");
    assert_eq!(take(&mut known, deleted(&pod(), "1")), apps());
    assert_eq!(take(&mut known, deleted(&pod(), "1")), None, "it was not there any more");
}

#[test]
fn a_pod_is_kept_as_far_as_it_explains_others() {
    let mut known = Known::default();
    take(&mut known, applied(&pod(), "1", "5", running()));
    take(&mut known, PoolEvent::Synced(pod()));
    assert_eq!(
        *known.list("apps").unwrap()[0],
        json!({"apiVersion": "v1", "kind": "Pod", "spec": {}, "status": {"phase": "Running"},
            "metadata": {"name": "a", "namespace": "apps", "uid": "1", "labels": owner_labels("web")}})
    );
}

#[test]
fn who_may_not_look_waits_no_longer_and_knows_nothing() {
    for (code, reason) in
        [(403, "Forbidden"), (401, "Unauthorized"), (404, "NotFound"), (500, "InternalError")]
    {
        let mut known = Known::default();
        assert_eq!(take(&mut known, failed(&pod(), code, reason)), Some(None));
        assert!(known.is_settled());
        assert_eq!(known.list("apps"), None, "{reason}");
        assert_eq!(take(&mut known, failed(&pod(), code, reason)), None);
        assert_eq!(take(&mut known, PoolEvent::Synced(pod())), Some(None), "a role was given");
        assert_eq!(known.list("apps"), Some(Vec::new()));
    }
}

#[test]
fn a_watch_that_breaks_off_leaves_what_it_has_shown_and_a_lost_right_does_not() {
    let mut known = Known::default();
    take(&mut known, applied(&pod(), "1", "5", running()));
    take(&mut known, PoolEvent::Synced(pod()));
    assert_eq!(take(&mut known, failed(&pod(), 500, "InternalError")), None);
    assert_eq!(known.list("apps").map(|pods| pods.len()), Some(1));
    assert_eq!(take(&mut known, failed(&pod(), 403, "Forbidden")), Some(None));
    assert_eq!(known.list("apps"), None);
}

#[test]
fn what_a_stopped_watch_has_shown_is_forgotten() {
    let mut known = Known::default();
    take(&mut known, applied(&pod(), "1", "5", running()));
    take(&mut known, PoolEvent::Synced(pod()));
    assert_eq!(take(&mut known, PoolEvent::Stopped(pod())), None, "nobody needs it");
    assert!(known.objects.is_empty() && !known.is_settled());
}

#[test]
fn of_too_many_the_newest_are_kept() {
    let mut known = Known::default();
    for version in [7, 3, 9, 5] {
        known.put(key(&format!("e{version}")), version, json!({"v": version}), 3);
    }
    take(&mut known, PoolEvent::Synced(pod()));
    let kept: Vec<i64> = known.list("").unwrap().iter().map(|object| object["v"].as_i64().unwrap()).collect();
    assert_eq!(kept, [5, 7, 9]);
}
