//! What is called equal is what a server-side apply would leave alone: random objects against a small model of an apply,
//! of an edit by somebody else, and of who owns what afterwards. Of lists the model knows only those that are one value.

use super::entry;
use crate::difference::{
    Masking, all_differences, differences, differences_of_applied, lenient, managed_fields,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Ways to values that have nothing in them; an empty map is one.
type Leaves = BTreeSet<Vec<String>>;
/// Somebody sets a value, or takes it away.
type Edit = (Vec<&'static str>, Option<Value>);

fn leaves(value: &Value) -> Leaves {
    fn collect(value: &Value, path: &mut Vec<String>, found: &mut Leaves) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    path.push(key.clone());
                    collect(value, path, found);
                    path.pop();
                }
            }
            _ => drop(found.insert(path.clone())),
        }
    }
    let mut found = Leaves::new();
    collect(value, &mut Vec::new(), &mut found);
    found
}

fn at<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

/// What an apply makes of what is there.
fn applied(live: Option<&Value>, manifest: &Value) -> Value {
    match (live, manifest) {
        (Some(Value::Object(live)), Value::Object(manifest)) => {
            let mut merged = live.clone();
            for (key, value) in manifest {
                merged.insert(key.clone(), applied(live.get(key), value));
            }
            Value::Object(merged)
        }
        (_, Value::Object(manifest)) => {
            manifest.iter().map(|(key, value)| (key.clone(), applied(None, value))).collect()
        }
        _ => manifest.clone(),
    }
}

/// As a server stores it that has types: fields with a `z`, other than maps, are left out when they say nothing, and below
/// `limits` there are numbers with units.
fn typed(value: &Value, in_limits: bool) -> Value {
    match value {
        Value::Object(map) => {
            let is_left_out = |value: &Value| !value.is_object() && lenient::is_nothing(value);
            let kept = map.iter().filter(|(key, value)| !key.starts_with('z') || !is_left_out(value));
            kept.map(|(key, value)| (key.clone(), typed(value, in_limits || key == "limits"))).collect()
        }
        Value::String(text) if in_limits && text == "1000m" => json!("1"),
        Value::Number(number) if in_limits => json!(number.to_string()),
        value => value.clone(),
    }
}

fn edited(live: &Value, edits: &[Edit]) -> Value {
    let mut live = live.clone();
    for (path, value) in edits {
        let [parents @ .., last] = path.as_slice() else { continue };
        let mut place = &mut live;
        for key in parents {
            if !place.is_object() {
                *place = json!({});
            }
            place = &mut place[*key];
        }
        if !place.is_object() {
            *place = json!({});
        }
        let map = place.as_object_mut().unwrap();
        match value {
            Some(value) => drop(map.insert((*last).to_owned(), value.clone())),
            None => drop(map.remove(*last)),
        }
    }
    live
}

fn fields(leaves: &Leaves) -> Value {
    let mut fields = Map::new();
    for path in leaves {
        let mut place = &mut fields;
        for key in path {
            place = place.entry(format!("f:{key}")).or_insert_with(|| json!({})).as_object_mut().unwrap();
        }
    }
    // An empty map would be all of the spec.
    if fields.is_empty() { json!({}) } else { json!({"f:spec": fields}) }
}

/// What is there after we applied and others edited, with who owns what.
fn lived(manifest: &Value, edits: &[Edit], server: impl Fn(&Value) -> Value) -> Value {
    let mut live = server(&applied(None, manifest));
    let (mut ours, mut theirs) = (leaves(manifest), Leaves::new());
    for edit in edits {
        let next = server(&edited(&live, std::slice::from_ref(edit)));
        let is_same = |path: &[String]| match (at(&live, path), at(&next, path)) {
            // What is in it is another matter.
            (Some(Value::Object(one)), Some(Value::Object(_))) if one.is_empty() => true,
            (one, other) => one == other,
        };
        let changed: Leaves =
            leaves(&live).union(&leaves(&next)).filter(|path| !is_same(path)).cloned().collect();
        let is_left = |path: &Vec<String>| is_same(path);
        ours.retain(is_left);
        theirs.extend(changed.into_iter().filter(|path| at(&next, path).is_some()));
        theirs.retain(|path| at(&next, path).is_some());
        live = next;
    }
    let managed = json!([
        entry("kustomize-controller", "Apply", 1, fields(&ours)),
        entry("other", "Update", 2, fields(&theirs)),
    ]);
    json!({"spec": live, "metadata": {"managedFields": managed}})
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..3_i64).prop_map(Value::from),
        prop_oneof![Just(""), Just("1"), Just("2"), Just("1000m"), Just("x")].prop_map(Value::from),
        prop_oneof![Just(json!([])), Just(json!([1])), Just(json!([{"a": 1}])), Just(json!({}))],
    ]
}

fn key() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("a"), Just("b"), Just("z"), Just("limits")]
}

fn map() -> impl Strategy<Value = Value> {
    let value = leaf().prop_recursive(3, 16, 3, |inner| {
        prop::collection::btree_map(key(), inner, 0..3)
            .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    });
    prop::collection::btree_map(key(), value, 1..4)
        .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec((prop::collection::vec(key(), 1..4), prop::option::of(leaf())), 0..4)
}

fn object(api_version: &str, spec: &Value) -> Value {
    json!({"apiVersion": api_version, "kind": "X", "spec": spec})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A server without types stores what it is sent: exactly what an apply would change differs.
    #[test]
    fn without_a_schema_it_is_exactly_that(manifest in map(), edits in edits()) {
        let live = lived(&manifest, &edits, Value::clone);
        let answer = applied(live.get("spec"), &manifest);
        let is_equal = live["spec"] == answer;
        let (desired, answer) = (object("example.com/v1", &manifest), object("example.com/v1", &answer));
        let (entries, masking) = (managed_fields(&live), Masking::default());
        prop_assert_eq!(differences_of_applied(&desired, &live, &entries, &masking).is_empty(), is_equal);
        prop_assert_eq!(differences(&desired, &live, &entries, &masking).is_empty(), is_equal);
        prop_assert_eq!(all_differences(&answer, &live, &entries, &masking).is_empty(), is_equal);
    }

    /// One with types writes some values in its own way: what is called equal would be left alone, and what nobody touched
    /// is equal.
    #[test]
    fn with_a_schema_what_is_equal_is_left_alone(manifest in map(), edits in edits()) {
        let server = |value: &Value| typed(value, false);
        let live = lived(&manifest, &edits, server);
        let answer = server(&applied(live.get("spec"), &manifest));
        let desired = object("v1", &manifest);
        let (entries, masking) = (managed_fields(&live), Masking::default());
        let found = differences_of_applied(&desired, &live, &entries, &masking);
        if found.is_empty() {
            prop_assert_eq!(&answer, &live["spec"], "{}", live);
        }
        if edits.is_empty() {
            prop_assert!(found.is_empty(), "{:?} {}", found, live);
            prop_assert_eq!(differences(&desired, &live, &entries, &masking), vec![]);
        }
    }
}
