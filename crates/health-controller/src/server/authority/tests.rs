//! What the API server is asked.

use k8s_openapi::api::authentication::v1::UserInfo;
use serde_json::json;

use super::{Question, spec};

fn user() -> UserInfo {
    serde_json::from_value(
        json!({"username": "jane", "uid": "7", "groups": ["dev"], "extra": {"scopes": ["read"]}}),
    )
    .unwrap()
}

#[test]
fn the_user_is_asked_about_whole() {
    let question = Question::Get { namespace: "apps".to_owned(), name: "web".to_owned() };
    let spec = serde_json::to_value(spec(&user(), &question)).unwrap();
    let wanted = json!({
        "user": "jane", "uid": "7", "groups": ["dev"], "extra": {"scopes": ["read"]},
        "resourceAttributes": {"group": "kustomize.toolkit.fluxcd.io", "version": "v1", "resource": "kustomizations",
            "verb": "get", "namespace": "apps", "name": "web"},
    });
    assert_eq!(spec, wanted);
}

#[test]
fn a_list_is_another_right_than_one_object() {
    let of = |question: &Question| {
        let asked = spec(&user(), question).resource_attributes.unwrap();
        (asked.verb, asked.namespace, asked.name)
    };
    let list = Some("list".to_owned());
    assert_eq!(of(&Question::List(Some("apps".to_owned()))), (list.clone(), Some("apps".to_owned()), None));
    assert_eq!(of(&Question::List(None)), (list, None, None), "of all namespaces");
}
