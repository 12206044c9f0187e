//! What an object has to have, and what is read of it.

use serde_json::{Value, json};

use super::Manifest;

fn deployment() -> Manifest {
    Manifest::new(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "n", "labels": {"l": "1", "odd": 5}, "annotations": {"a": "2"}},
        "spec": {"template": {"spec": {"x": [1]}}},
    }))
    .expect("an object")
}

#[test]
fn an_object_has_a_version_a_kind_and_a_name() {
    let text = |value: Value| Manifest::new(value).unwrap_err().to_string();
    assert_eq!(text(json!([])), "object is not a map");
    assert_eq!(text(json!("a")), "object is not a map");
    assert_eq!(text(json!({})), "missing apiVersion in object");
    assert_eq!(text(json!({"apiVersion": "", "kind": "A"})), "missing apiVersion in object");
    assert_eq!(text(json!({"apiVersion": "v1"})), "missing kind in object");
    assert_eq!(text(json!({"apiVersion": "v1", "kind": 1})), "missing kind in object");
    for metadata in [json!(null), json!({}), json!({"name": ""}), json!({"name": 5}), json!(["name"])] {
        let value = json!({"apiVersion": "v1", "kind": "A", "metadata": metadata});
        assert_eq!(text(value), "missing metadata.name in object");
    }
}

#[test]
fn what_an_object_says_of_itself() {
    let object = deployment();
    assert_eq!((object.api_version(), object.kind(), object.name()), ("apps/v1", "Deployment", "d"));
    assert_eq!(object.gvk().to_string(), "apps/v1, Kind=Deployment");
    let id = object.id();
    assert_eq!((id.group.as_str(), id.to_string().as_str()), ("apps", "Deployment/n/d"));
    assert_eq!((object.label("l"), object.label("a")), (Some("1"), None));
    assert_eq!((object.annotation("a"), object.annotation("l")), (Some("2"), None));
    assert_eq!(object.label("odd"), None, "a label that is not a string says nothing");
}

#[test]
fn paths_lead_through_maps_only() {
    let object = deployment();
    assert_eq!(object.get(&["spec", "template", "spec", "x"]), Some(&json!([1])));
    assert_eq!(object.get(&["spec", "template", "spec", "x", "0"]), None);
    assert_eq!(object.get(&["metadata", "name", "first"]), None);
    assert_eq!(object.get(&[]), Some(object.value()));
}

#[test]
fn a_namespace_is_set_and_taken_away() {
    let mut object = deployment();
    assert_eq!(object.namespace(), Some("n"));
    object.set_namespace(Some("m"));
    assert_eq!((object.namespace(), object.id().namespace.as_str()), (Some("m"), "m"));
    object.set_namespace(None);
    assert_eq!(object.namespace(), None);
    assert_eq!(object.get(&["metadata", "namespace"]), None);
    object.set_namespace(Some(""));
    assert_eq!(object.namespace(), None, "an empty one is none");
}
