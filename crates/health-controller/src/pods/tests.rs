//! What is known of a namespace's Pods, and who wants to hear of it.

use health::Rules;
use reconcile_core::watch_pool::{Body, PoolEvent};
use serde_json::{Value, json};

use super::{Known, options};
use crate::samples::{applied, deleted, failed, key, owner_labels, pod};

fn running() -> Value {
    json!({"spec": {"containers": []}, "status": {"phase": "Running"}})
}

fn take(known: &mut Known, event: PoolEvent) -> bool {
    known.take(event, Rules::built_in())
}

#[test]
fn the_first_list_is_told_of_once_it_is_complete() {
    let mut known = Known::default();
    assert!(!take(&mut known, applied(&pod(), "1", "5", running())), "one of many");
    assert!(!take(&mut known, deleted(&pod(), "1")), "gone again before the end");
    take(&mut known, applied(&pod(), "1", "5", running()));
    assert!(!known.settled);
    assert!(take(&mut known, PoolEvent::Synced(pod())));
    assert!(known.settled);
    assert!(take(&mut known, applied(&pod(), "1", "6", running())));
    assert!(take(&mut known, deleted(&pod(), "1")));
    assert!(!take(&mut known, deleted(&pod(), "1")), "it was not there any more");
}

#[test]
fn a_pod_is_kept_as_far_as_it_explains_others() {
    let mut known = Known::default();
    take(&mut known, applied(&pod(), "1", "5", running()));
    assert_eq!(
        *known.pods[&key("a")],
        json!({"apiVersion": "v1", "kind": "Pod", "spec": {}, "status": {"phase": "Running"},
            "metadata": {"name": "a", "uid": "1", "labels": owner_labels("web")}})
    );
}

#[test]
fn who_may_not_look_waits_no_longer() {
    let mut known = Known::default();
    assert!(take(&mut known, failed(&pod(), 403, "Forbidden")));
    assert!(known.settled);
}

#[test]
fn what_a_stopped_watch_has_shown_is_forgotten() {
    let mut known = Known::default();
    take(&mut known, applied(&pod(), "1", "5", running()));
    take(&mut known, PoolEvent::Synced(pod()));
    assert!(!take(&mut known, PoolEvent::Stopped(pod())), "nobody needs it");
    assert!(known.pods.is_empty() && !known.settled);
}

#[test]
fn one_namespace_is_watched_and_bodies_are_cut_down() {
    let options = options("apps", Rules::built_in());
    assert_eq!((options.namespace.as_deref(), options.labels), (Some("apps"), None));
    let Body::Full(keep) = options.body else { panic!("status is in the body") };
    let mut body =
        json!({"spec": {"containers": [{"env": []}]}, "status": {"phase": "Running", "podIP": "10.0.0.1"}});
    keep(&pod(), &mut body);
    assert_eq!(body, json!({"spec": {}, "status": {"phase": "Running"}}));
}
