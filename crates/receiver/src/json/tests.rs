//! What is read, and what is not.

use super::*;

#[test]
fn values_are_counted_outside_of_texts() {
    for (text, count) in [("1", 1), ("[]", 2), ("[1,2]", 3), (r#"{"a,[{":1}"#, 2), (r#"["\",","x"]"#, 3)] {
        assert_eq!(values(text.as_bytes()), count, "{text}");
    }
}

#[test]
fn no_count_is_too_small() {
    fn nodes(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(nodes).sum(),
            Value::Object(fields) => fields.values().map(nodes).sum(),
            _ => 0,
        }
    }
    for text in [r#"{"a":[1,{"b":"\\"},"\\\"",[]],"c":{}}"#, r#"[[[],[]],"a\\",{"x":null}]"#] {
        let value: Value = serde_json::from_str(text).expect("JSON");
        assert!(values(text.as_bytes()) >= nodes(&value), "{text}");
    }
}

#[test]
fn only_objects_within_bounds() {
    assert!(object(br#"{"a":1}"#).is_ok());
    for wrong in ["", "[]", "null", "{", "1", &"[".repeat(100_000)] {
        assert_eq!(object(wrong.as_bytes()), Err(JsonError::Invalid), "{}", wrong.len());
    }
    let many = format!("{{\"a\":[{}0]}}", "0,".repeat(MOST));
    assert_eq!(object(many.as_bytes()), Err(JsonError::TooMany));
    let long = format!("{{\"a\":\"{}\"}}", ",".repeat(MOST));
    assert!(object(long.as_bytes()).is_ok());
}
