//! What a pointer leads to, and what is done there.

use super::Pointer;
use serde_json::{Value, json};

fn object() -> Value {
    json!({"spec": {"replicas": 1, "list": [{"name": "a", "x": 1}, {"name": "b"}]}, "data": {"a/b": 1, "c~d": 2}})
}

#[test]
fn segments_are_unescaped() {
    let at = |text: &str| Pointer::parse(text).unwrap().get(&object()).cloned();
    assert_eq!(at("/spec/replicas"), Some(json!(1)));
    assert_eq!(at("/data/a~1b"), Some(json!(1)));
    assert_eq!(at("/data/c~0d"), Some(json!(2)));
    assert_eq!(at("/spec/list/1/name"), Some(json!("b")));
    assert_eq!(at("/spec/list/01/name"), None);
    assert_eq!(at("/spec/list/2"), None);
    assert_eq!(at("/spec/none/deeper"), None);
    assert_eq!(Pointer::parse("spec.replicas"), None);
    assert_eq!(Pointer::parse(""), None);
}

#[test]
fn what_is_left_out_is_gone_and_the_rest_stays() {
    let check = |text: &str, wanted: Value| {
        let mut value = object();
        Pointer::parse(text).unwrap().remove_from(&mut value);
        assert_eq!(value, wanted, "{text}");
    };
    check("/none/deeper", object());
    check("/spec/list/7", object());
    let mut without = object();
    without["spec"].as_object_mut().unwrap().remove("replicas");
    check("/spec/replicas", without);
    let mut without = object();
    without["spec"]["list"].as_array_mut().unwrap().remove(0);
    check("/spec/list/0", without);
}

#[test]
fn maps_are_made_and_list_elements_are_not() {
    let check = |text: &str, pointer: &str, wanted: Option<Value>| {
        let mut value = object();
        Pointer::parse(text).unwrap().set(&mut value, json!("new"));
        assert_eq!(value.pointer(pointer).cloned(), wanted, "{text}");
    };
    check("/spec/replicas", "/spec/replicas", Some(json!("new")));
    check("/metadata/annotations/a", "/metadata/annotations/a", Some(json!("new")));
    check("/spec/list/0/x", "/spec/list/0/x", Some(json!("new")));
    check("/spec/list/5/x", "/spec/list", object().pointer("/spec/list").cloned());
    check("/spec/replicas/deeper", "/spec/replicas", Some(json!(1)));
}
