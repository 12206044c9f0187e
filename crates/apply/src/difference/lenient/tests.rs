//! Quantities and nothing.

use super::{is_nothing, is_same, is_same_quantity};
use serde_json::{Value, json};

fn check(path: &str, desired: Value, live: Value, wanted: bool) {
    let path: Vec<String> = path.split('/').map(str::to_owned).collect();
    let same = is_same(&desired, &live) || is_same_quantity(&path, &desired, &live);
    assert_eq!(same, wanted, "{desired} {live}");
}

#[test]
fn quantities_are_compared_by_what_they_are_where_they_stand() {
    let at = "spec/resources/limits/cpu";
    check(at, json!("1000m"), json!("1"), true);
    check(at, json!(1), json!("1"), true);
    check(at, json!("0.5"), json!("500m"), true);
    check(at, json!("1Gi"), json!("1024Mi"), true);
    check(at, json!("1e3"), json!("1k"), true);
    check(at, json!("1.5Gi"), json!("1536Mi"), true);
    check(at, json!("1"), json!("1001m"), false);
    check(at, json!("1G"), json!("1Gi"), false);
    check(at, json!("x"), json!("y"), false);
    check(at, json!("99999999999999999999999999999999999999999999E"), json!("1"), false);
    check("data/version", json!("1.0"), json!("1"), false);
    check("spec/replicas", json!(1), json!(1.0), true);
    check("spec/replicas", json!(1), json!(2), false);
    check("spec/big", json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64), false);
    check("spec/big", json!(u64::MAX), json!(u64::MAX), true);
}

#[test]
fn nothing_is_said_in_several_ways() {
    for nothing in [json!(null), json!(false), json!(0), json!(""), json!([]), json!({})] {
        assert!(is_nothing(&nothing), "{nothing}");
    }
    for something in [json!(true), json!(1), json!("0"), json!([null]), json!({"a": null})] {
        assert!(!is_nothing(&something), "{something}");
    }
}
