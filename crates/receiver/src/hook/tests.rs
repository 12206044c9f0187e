//! Which specs can be called, and with which Secrets.

use serde_json::{Value, json};

use super::*;

fn spec(type_: &str, more: Value) -> ReceiverSpec {
    let mut spec = json!({
        "type": type_, "secretRef": {"name": "token"}, "resources": [{"kind": "GitRepository", "name": "app"}],
    });
    let fields = spec.as_object_mut().expect("an object");
    fields.extend(more.as_object().cloned().unwrap_or_default());
    serde_json::from_value(spec).expect("a spec")
}

fn secret(keys: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    keys.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
}

#[test]
fn every_type_but_one() {
    let crd = serde_json::to_value(api::optional_crds()).expect("JSON");
    let path = "/0/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/type/enum";
    let types = crd.pointer(path).and_then(Value::as_array).expect("types");
    assert_eq!(types.len(), Kind::ALL.len() + 1);
    for type_ in types.iter().filter_map(Value::as_str) {
        let found = validate(&spec(type_, json!({})));
        if type_ == "generic-oidc" {
            assert_eq!(found.err(), Some(Invalid::Unsupported("spec.type".to_owned())));
        } else {
            assert_eq!(found.expect(type_).kind.as_str(), type_);
        }
    }
}

#[test]
fn what_can_never_be_called() {
    assert_eq!(
        validate(&spec("future", json!({}))).err(),
        Some(Invalid::Unsupported("spec.type".to_owned()))
    );
    assert_eq!(validate(&spec("github", json!({"secretRef": null}))).err(), Some(Invalid::NoSecret));
    let secret = json!({"secretRef": {"name": "a/b"}});
    assert_eq!(validate(&spec("github", secret)).err(), Some(Invalid::SecretName));
    assert!(matches!(
        validate(&spec("github", json!({"resourceFilter": "req."}))).err(),
        Some(Invalid::Expression(_))
    ));
    let resources = json!([{"kind": "GitRepository", "name": "app", "filter": "1"}]);
    assert!(matches!(
        validate(&spec("github", json!({"resources": resources}))).err(),
        Some(Invalid::Expression(_))
    ));
    let many = vec![json!({"kind": "GitRepository", "name": "app"}); MOST + 1];
    assert_eq!(
        validate(&spec("github", json!({"resources": many}))).err(),
        Some(Invalid::TooMany("spec.resources"))
    );
}

#[test]
fn what_a_secret_has_to_have() {
    let resolved = |type_: &str, keys: &[(&str, &str)]| {
        resolve(validate(&spec(type_, json!({}))).expect("valid"), secret(keys)).map(|hook| hook.google)
    };
    assert_eq!(resolved("github", &[("token", "t")]), Ok(None));
    assert_eq!(resolved("github", &[("other", "t")]), Err(Material("token")));
    assert_eq!(resolved("github", &[("token", "")]), Err(Material("token")), "everybody knows it");
    assert_eq!(resolved("gcr", &[("token", "t")]), Err(Material("email")));
    assert_eq!(resolved("gcr", &[("token", "t"), ("email", "e")]), Err(Material("audience")));
    let google = Expected { email: "e".to_owned(), audience: "a".to_owned() };
    let keys = [("token", "t"), ("email", "e"), ("audience", "a")];
    assert_eq!(resolved("gcr", &keys), Ok(Some(google)));
}

#[test]
fn no_token_shows() {
    let hook = resolve(validate(&spec("github", json!({}))).expect("valid"), secret(&[("token", "hidden")]));
    assert!(!format!("{hook:?}").contains("hidden"));
}
