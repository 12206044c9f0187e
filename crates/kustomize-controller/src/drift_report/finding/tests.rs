//! Values are cut, paths are few, and what was not read is not known.

use super::Finding;
use api::drift_report::MAX_PATHS;
use apply::Drift;
use apply::difference::{Masking, all_differences};
use serde_json::{Map, Value, json};

fn drift(desired: &Value, live: &Value) -> Drift {
    Drift::In(all_differences(desired, live, &[], &Masking::default()))
}

#[test]
fn values_are_cut_and_paths_are_counted() {
    let map = |value: &str| {
        let data: Map<_, _> = (0..50).map(|n| (format!("k{n:02}"), Value::from(value))).collect();
        json!({"kind": "ConfigMap", "data": data})
    };
    let long = "x".repeat(1000);
    let found = Finding::of(&drift(&map(&long), &map("b"))).fields.unwrap();
    assert_eq!((found.paths.len(), found.omitted), (MAX_PATHS, 30));
    let first = &found.paths[0];
    assert_eq!((first.path.as_str(), first.live.as_deref()), ("/data/k00", Some("\"b\"")));
    assert_eq!(first.desired.as_ref().unwrap().chars().count(), 128);
}

#[test]
fn nothing_is_something_else_than_not_known() {
    let same = json!({"kind": "ConfigMap", "data": {"a": "1"}});
    assert!(Finding::of(&drift(&same, &same)).is_nothing());
    assert!(!Finding::of(&Drift::Unread).is_nothing());
    assert!(!Finding::of_deleted().is_nothing());
    assert!(Finding::of(&Drift::Unread).paths().is_empty());
}
