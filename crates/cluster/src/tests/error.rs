//! Undeclared fields and classes of errors.

use serde_json::{Value, json};

use crate::{Class, Error, FieldPath};

fn failure(code: u16, reason: &str, message: &str) -> Error {
    Error::from(kube::core::Status::failure(message, reason).with_code(code))
}

fn paths(message: &str) -> Option<Vec<String>> {
    let found = failure(500, "", message).undeclared_fields()?;
    Some(found.iter().map(ToString::to_string).collect())
}

#[test]
fn undeclared_fields_are_read_from_every_text_seen() {
    let seen = "failed to create typed patch object (ns/name; apps/v1, Kind=Deployment): \
                .spec.template.spec.containers[name=\"c\"].foo: field not declared in schema";
    assert_eq!(paths(seen), Some(vec![r#".spec.template.spec.containers[name="c"].foo"#.to_owned()]));

    let several = "failed to create typed patch object (ns/name; apps/v1, Kind=Deployment): errors:\n  \
                   .spec.a: field not declared in schema\n  \
                   .spec.ports[containerPort=80,protocol=\"TCP\"].b: field not declared in schema\n  \
                   .spec.a: field not declared in schema";
    assert_eq!(
        paths(several),
        Some(vec![".spec.a".to_owned(), r#".spec.ports[containerPort=80,protocol="TCP"].b"#.to_owned()])
    );

    let quoted = r#".spec.items[name="a: .b]\"["].x: field not declared in schema"#;
    assert_eq!(paths(quoted), Some(vec![r#".spec.items[name="a: .b]\"["].x"#.to_owned()]));
}

#[test]
fn anything_beside_undeclared_fields_is_not_droppable() {
    for text in [
        "",
        "boom",
        "errors:\n  .spec.a: field not declared in schema\n  .spec.b: expected string, got &value{}",
        "x: field not declared in schema",
        ".spec..a: field not declared in schema",
        ".spec[name=: field not declared in schema",
    ] {
        assert_eq!(paths(text), None, "{text}");
    }
    let many: String = std::iter::once("errors:".to_owned())
        .chain((0..65).map(|n| format!("\n  .spec.f{n}: field not declared in schema")))
        .collect();
    assert_eq!(paths(&many), None);
    let text = ".spec.a: field not declared in schema";
    assert!(failure(403, "Forbidden", text).undeclared_fields().is_none());
    assert!(failure(400, "BadRequest", text).undeclared_fields().is_some());
}

fn removed(mut value: Value, path: &str) -> Option<Value> {
    let path = FieldPath::parse(path).expect("a path");
    path.remove_from(&mut value).then_some(value)
}

#[test]
fn removal_follows_keys_items_indexes_and_dotted_names() {
    let list = json!({"c": [{"name": "a", "x": 1}, {"name": "b", "x": 2}]});
    assert_eq!(
        removed(list.clone(), r#".c[name="b"].x"#),
        Some(json!({"c": [{"name": "a", "x": 1}, {"name": "b"}]}))
    );
    assert_eq!(removed(list.clone(), ".c[0]"), Some(json!({"c": [{"name": "b", "x": 2}]})));
    assert_eq!(removed(list.clone(), ".c[5]"), None);
    assert_eq!(removed(list, r#".c[name="z"].x"#), None);
    assert_eq!(removed(json!({"f": ["a", "b"]}), r#".f[="a"]"#), Some(json!({"f": ["b"]})));
    assert_eq!(
        removed(json!({"m": {"app.io/x.y": 1, "app": {"z": 1}}}), ".m.app.io/x.y"),
        Some(json!({"m": {"app": {"z": 1}}}))
    );
    // A key with a default that the sent object leaves out.
    let ports = json!({"p": [{"containerPort": 80, "bad": 1}, {"containerPort": 81, "bad": 1}]});
    assert_eq!(
        removed(ports, r#".p[containerPort=80,protocol="TCP"].bad"#),
        Some(json!({"p": [{"containerPort": 80}, {"containerPort": 81, "bad": 1}]}))
    );
}

#[test]
fn classes_follow_reason_before_code() {
    for (code, reason, class) in [
        (404, "NotFound", Class::NotFound),
        (409, "AlreadyExists", Class::AlreadyExists),
        (409, "Conflict", Class::Conflict),
        (403, "Forbidden", Class::Forbidden),
        (422, "Invalid", Class::Invalid),
        (401, "Unauthorized", Class::Unauthorized),
        (429, "TooManyRequests", Class::Throttled),
        (504, "Timeout", Class::Timeout),
        (500, "ServerTimeout", Class::Timeout),
        (410, "Expired", Class::Expired),
        (500, "InternalError", Class::ServerError),
        (500, "", Class::ServerError),
        (404, "", Class::NotFound),
        (415, "UnsupportedMediaType", Class::BadRequest),
        (418, "Teapot", Class::BadRequest),
    ] {
        assert_eq!(failure(code, reason, "m").classify(), class, "{code} {reason}");
    }
    assert_eq!(failure(500, "", "boom").message(), "boom");
    assert_eq!(failure(500, "Unknown", "boom").reason(), None);
}

#[test]
fn an_unknown_kind_is_not_found_in_kubernetes_words() {
    let error = Error::no_match("example.com", "v1", "Widget");
    assert_eq!(error.classify(), Class::NotFound);
    assert_eq!(error.message(), "no matches for kind \"Widget\" in version \"example.com/v1\"");
}

#[test]
fn what_is_printed_of_an_error_has_no_value_of_a_secret() {
    let said = "failed to create typed patch object (a/n; /v1, Kind=Secret): .stringData.pin: expected string, got &value.valueUnstructured{Value:70001234}";
    let error = failure(500, "", said);
    for text in [error.message().to_owned(), error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("70001234") && text.contains(".stringData.pin: expected string"), "{text}");
    }
    assert!(error.foreign().says("70001234"), "the words stay for decisions");
    let error = failure(500, "\u{1b}x", "\u{1b}[2Jsee https://TOKEN@host/a?t=TOKEN");
    assert_eq!(error.to_string(), "[2Jsee https://***@host/a?***");
    assert_eq!(error.reason(), Some("\u{fffd}x"));
}

#[test]
fn causes_are_not_printed() {
    let cause = json!({"reason": "FieldValueInvalid", "message": "Invalid value: hunter2: field is immutable", "field": "data"});
    let status = json!({"code": 422, "reason": "Invalid", "message": "no", "details": {"causes": [cause]}});
    let error = Error::from(serde_json::from_value::<kube::core::Status>(status).unwrap());
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn an_answer_that_cannot_be_read_is_not_quoted() {
    let read = |text: &str| {
        let error = serde_json::from_str::<std::collections::BTreeMap<String, u8>>(text).unwrap_err();
        Error::from(kube::Error::SerdeError(error)).to_string()
    };
    assert_eq!(
        read(r#"{"a": "hunter2"}"#),
        "unreadable answer: invalid type: string, expected u8 at line 1 column 15"
    );
    assert_eq!(
        read(r#"{"a": "x, expected hunter2: y"}"#),
        "unreadable answer: invalid type: string, expected u8 at line 1 column 30"
    );
    assert_eq!(
        read(r#"{"a": 7000}"#),
        "unreadable answer: invalid value: integer, expected u8 at line 1 column 10"
    );
    assert_eq!(read(r#"{"a""#), "unreadable answer: EOF while parsing an object at line 1 column 4");
}
