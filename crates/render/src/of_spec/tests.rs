//! Settings reach their place, and which kinds a set defines. That every field of a spec does is proved where the controller
//! asks.

use super::*;
use serde_json::json;

fn spec(fields: Value) -> KustomizationSpec {
    let mut spec =
        json!({"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}});
    if let (Some(spec), Value::Object(fields)) = (spec.as_object_mut(), fields) {
        spec.extend(fields);
    }
    serde_json::from_value(spec).unwrap()
}

#[test]
fn settings_decide_about_variables_and_decryption() {
    let spec = spec(json!({"postBuild": {"substitute": {"a": "1"}}, "decryption": {"provider": "sops"}}));
    let request = |settings: &Settings<'_>| Request::of_spec(Owner::default(), &spec, settings);
    let plain = request(&Settings::default());
    let decryption = plain.decryption.unwrap();
    assert!(plain.post_build.unwrap().strict && decryption.verify && decryption.service_account.is_none());
    let other = Settings { strict_substitution: false, verify: false, decryption_account: "keys" };
    let other = request(&other);
    let decryption = other.decryption.unwrap();
    assert!(!other.post_build.unwrap().strict && !decryption.verify);
    assert_eq!(decryption.service_account.as_deref(), Some("keys"));
}

#[test]
fn only_definitions_define_kinds() {
    let definition = |kind: &str, scope: Value| {
        let object = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": kind,
            "metadata": {"name": "widgets.example.com"},
            "spec": {"group": "example.com", "names": {"kind": "Widget"}, "scope": scope}});
        Manifest::new(object).unwrap()
    };
    let of = |object: Manifest| defined_scopes(&[object]).into_iter().collect::<Vec<_>>();
    let widget = ("example.com".to_owned(), "Widget".to_owned());
    assert_eq!(of(definition("CustomResourceDefinition", json!("Namespaced"))), [(widget.clone(), true)]);
    assert_eq!(of(definition("CustomResourceDefinition", json!("Cluster"))), [(widget, false)]);
    assert_eq!(of(definition("CustomResourceDefinition", Value::Null)), []);
    assert_eq!(of(definition("ConfigMap", json!("Cluster"))), []);
}
