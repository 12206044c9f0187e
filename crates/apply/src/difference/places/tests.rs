//! Elements of lists with keys and of sets.

use super::places;
use serde_json::{Value, json};

fn keyed(desired: Value, live: Value) -> Vec<Option<usize>> {
    let keys = ["containerPort".to_owned(), "protocol".to_owned()];
    places(Some(&keys), desired.as_array().unwrap(), live.as_array().unwrap())
}

#[test]
fn a_key_that_is_left_out_has_its_default() {
    let live = || json!([{"containerPort": 80, "protocol": "TCP"}]);
    assert_eq!(keyed(json!([{"containerPort": 80}]), live()), [Some(0)]);
    assert_eq!(keyed(json!([{"containerPort": 80, "protocol": "TCP"}]), live()), [Some(0)]);
    assert_eq!(keyed(json!([{"containerPort": 80, "protocol": "UDP"}]), live()), [None]);
    assert_eq!(keyed(json!([{"containerPort": 81}]), live()), [None]);
    assert_eq!(keyed(json!([{"name": "x"}]), live()), [None], "no key at all");
}

#[test]
fn one_that_says_all_its_keys_is_found_before_one_that_leaves_some_out() {
    let desired =
        json!([{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53}]);
    let live = json!([{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}]);
    assert_eq!(keyed(desired, live), [Some(1), Some(0), None]);
}

#[test]
fn elements_of_a_set_are_told_by_all_of_them() {
    let found = places(None, &[json!("a"), json!("b"), json!("a")], &[json!("b"), json!("a")]);
    assert_eq!(found, [Some(1), Some(0), None]);
}
