//! Looking things up in nodes, and changing them.

use super::{Map, Node, Scalar, Tag};

fn map(entries: &[(&str, &str)]) -> Map {
    let entries = entries.iter().map(|(key, value)| (Scalar::string(*key), Node::string(*value))).collect();
    Map { entries, flow: false }
}

#[test]
fn of_equal_keys_the_first_counts() {
    let mut map = map(&[("a", "1"), ("b", "2"), ("a", "3")]);
    assert_eq!(map.get("a").and_then(Node::text), Some("1"));
    assert_eq!(map.position("b"), Some(1));
    map.set("a", Node::string("4"));
    assert_eq!(map.get("a").and_then(Node::text), Some("4"));
    assert_eq!(map.remove("a"), Some(Node::string("4")));
    assert_eq!(map.get("a").and_then(Node::text), Some("3"), "the other one is still there");
    assert_eq!((map.remove("c"), map.entries.len()), (None, 2));
}

#[test]
fn a_new_key_is_a_string_at_the_end() {
    let mut map = map(&[("b", "1")]);
    map.set("5", Node::map());
    let (key, _) = map.entries.last().expect("an entry");
    assert_eq!((key.text.as_str(), key.tag), ("5", Tag::Str));
    if let Some(Node::Scalar(scalar)) = map.get_mut("b") {
        scalar.text = "2".into();
    }
    assert_eq!(map.get("b").and_then(Node::text), Some("2"));
}

#[test]
fn a_path_leads_through_maps() {
    let mut inner = Map::default();
    inner.set("b", Node::string("x"));
    let mut outer = Map::default();
    outer.set("a", Node::Map(inner));
    let mut node = Node::Map(outer);
    assert_eq!(node.at(&["a", "b"]).and_then(Node::text), Some("x"));
    assert_eq!(node.at(&["a", "b", "c"]), None);
    assert_eq!(node.at(&[]), Some(&node));
    assert!(node.get_mut("a").and_then(Node::as_map_mut).is_some());
    assert!(node.as_scalar().is_none() && node.text().is_none());
}

#[test]
fn null_is_a_type_and_no_text() {
    assert!(Node::Scalar(Scalar::typed("", Tag::Null)).is_null());
    assert!(!Node::Scalar(Scalar::untyped("null")).is_null());
    assert!(!Node::map().is_null());
}
