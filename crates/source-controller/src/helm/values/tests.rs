//! Reading, merging and writing values.

use manifest::budget::Budget;
use serde_json::{Value, json};

use super::{Values, merge, read, read_all, write};

fn values(value: Value) -> Values {
    value.as_object().unwrap().clone()
}

#[test]
fn maps_are_merged_and_everything_else_replaced() {
    let base = values(json!({"a": {"x": 1, "y": 2}, "l": [1, 2], "s": "a", "m": {"k": 1}}));
    let over = values(json!({"a": {"y": null, "z": 3}, "l": [3], "s": {"t": 1}, "m": "flat"}));
    let merged = json!({"a": {"x": 1, "y": null, "z": 3}, "l": [3], "s": {"t": 1}, "m": "flat"});
    assert_eq!(Value::Object(merge(base, over)), merged);
}

#[test]
fn numbers_come_out_as_go_writes_them() {
    let text = b"port: 8080\nratio: 1.0\nhalf: 0.5\nbig: 9007199254740993\nname: \"8080\"\nb: null\n";
    let text = write(read(text, &Budget::default()).unwrap());
    assert_eq!(text, "b: null\nbig: 9007199254740992\nhalf: 0.5\nname: \"8080\"\nport: 8080\nratio: 1\n");
    assert_eq!(write(Values::new()), "");
}

#[test]
fn documents_of_a_chart_are_merged_but_a_file_has_one() {
    let text = b"a: 1\n---\nb: 2\n";
    assert_eq!(Value::Object(read_all(text, &Budget::default()).unwrap()), json!({"a": 1, "b": 2}));
    assert_eq!(Value::Object(read(text, &Budget::default()).unwrap()), json!({"a": 1}));
    assert!(read(b"", &Budget::default()).unwrap().is_empty());
    let error = read(b"[1]", &Budget::default()).unwrap_err().to_string();
    assert!(
        error.ends_with("cannot unmarshal array into Go value of type map[string]interface {}"),
        "{error}"
    );
    assert!(read(b"a: [", &Budget::default()).unwrap_err().to_string().contains("yaml: "));
}
