//! Metadata: what is read, refused, and written.

use serde_json::{Value, json};

use super::{Leniency, Metadata};
use crate::helm::go::Go;

fn read(value: &Value, leniency: Leniency) -> Result<Metadata, String> {
    let mut metadata = Metadata::default();
    metadata.take_all(value, leniency).map(|()| metadata)
}

#[test]
fn numbers_become_text_on_the_way_from_yaml_only() {
    let value = json!({"name": "a", "version": 1, "appVersion": 1.10, "Description": true, "x": 1});
    let metadata = read(&value, Leniency::YAML).unwrap();
    assert_eq!((metadata.version.as_str(), metadata.app_version.as_str()), ("1", "1.1"));
    assert_eq!(metadata.description, "true", "the case of a name does not matter");
    assert!(read(&value, Leniency::JSON).unwrap_err().contains("json: cannot unmarshal "));
    assert_eq!(read(&value, Leniency::STRICT_YAML).unwrap_err(), "json: unknown field \"x\"");
}

#[test]
fn rules_of_helm() {
    for (value, text) in [
        (json!({"name": "a", "version": "1"}), "validation: chart.metadata.apiVersion is required"),
        (json!({"apiVersion": "v2", "version": "1"}), "validation: chart.metadata.name is required"),
        (
            json!({"apiVersion": "v2", "name": "..", "version": "1"}),
            "validation: chart.metadata.name \"..\" is not allowed",
        ),
        (
            json!({"apiVersion": "v2", "name": "a/b", "version": "1"}),
            "validation: chart.metadata.name \"a/b\" is invalid",
        ),
        (json!({"apiVersion": "v2", "name": "a"}), "validation: chart.metadata.version is required"),
        (
            json!({"apiVersion": "v2", "name": "a", "version": "x"}),
            "validation: chart.metadata.version \"x\" is invalid",
        ),
        (
            json!({"apiVersion": "v2", "name": "a", "version": "1", "type": "x"}),
            "validation: chart.metadata.type must be application or library",
        ),
        (
            json!({"apiVersion": "v2", "name": "a", "version": "1", "maintainers": [null]}),
            "validation: maintainers must not contain empty or null nodes",
        ),
        (
            json!({"apiVersion": "v2", "name": "a", "version": "1", "dependencies": [{"name": "b"}, {"name": "b"}]}),
            "validation: more than one dependency with name or alias \"b\"",
        ),
        (
            json!({"apiVersion": "v2", "name": "a", "version": "1", "dependencies": [{"name": "b", "alias": "a.b"}]}),
            "validation: dependency \"b\" has disallowed characters in the alias",
        ),
    ] {
        let error = read(&value, Leniency::YAML).unwrap().validate().unwrap_err();
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn fields_are_written_in_order_and_clean() {
    let value = json!({
        "type": "library", "version": "1.0.0", "name": "a", "apiVersion": "v2", "description": "a\u{a0}b\u{7}",
        "dependencies": [{"alias": "c", "name": "b", "import-values": ["x", {"parent": "p", "child": "q"}]}],
    });
    let mut metadata = read(&value, Leniency::YAML).unwrap();
    metadata.validate().unwrap();
    let mut text = String::new();
    Go::Map(metadata.fields()).write(&mut text, 0);
    let compact: String = text.split('\n').map(str::trim).collect();
    assert_eq!(
        compact,
        "{\"name\": \"a\",\"version\": \"1.0.0\",\"description\": \"a b\",\"apiVersion\": \"v2\",\"dependencies\": \
         [{\"name\": \"b\",\"repository\": \"\",\"import-values\": [\"x\",{\"child\": \"q\",\"parent\": \"p\"}],\
         \"alias\": \"c\"}],\"type\": \"library\"}"
    );
}
