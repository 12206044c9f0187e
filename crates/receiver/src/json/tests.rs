//! What is read, and what is not.

use super::*;

#[test]
fn marks_count_outside_of_texts() {
    for (text, count) in [
        ("1", ITEM),
        ("[]", ITEM + LIST),
        ("[1,2]", ITEM + LIST + ITEM),
        (r#"{"a,[{:":1}"#, ITEM + OBJECT + NAME),
        (r#"["\",","x"]"#, ITEM + LIST + ITEM),
    ] {
        assert_eq!(bytes(text.as_bytes()), count, "{text}");
    }
}

/// What a tree of values takes: a node of an object has room for eleven fields, whether they are there or not, and may be
/// half full; a list doubles, and has room for four at least.
#[test]
fn no_count_is_too_small() {
    fn taken(value: &Value) -> usize {
        match value {
            Value::Array(items) => {
                items.capacity() * size_of::<Value>() + items.iter().map(taken).sum::<usize>()
            }
            Value::Object(fields) => {
                let node = 11 * (size_of::<String>() + size_of::<Value>()) + 2 * size_of::<usize>();
                fields.len().div_ceil(5) * node + fields.values().map(taken).sum::<usize>()
            }
            _ => 0,
        }
    }
    let fields: Vec<String> = (0..300).map(|n| format!(r#""{n}":{n}"#)).collect();
    for text in [
        r#"{"a":[1,{"b":"\\"},"\\\"",[]],"c":{}}"#.to_owned(),
        r#"[[[],[1]],"a\\",{"x":null}]"#.to_owned(),
        format!("[{}0]", "{\"a\":{\"b\":1}},".repeat(100)),
        format!("[{}0]", "0,".repeat(1024)),
        format!("{{{}}}", fields.join(",")),
    ] {
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let (counted, taken) = (bytes(text.as_bytes()), size_of::<Value>() + taken(&value));
        assert!(counted >= taken, "{counted} < {taken}: {text}");
    }
}

#[test]
fn only_objects_within_bounds() {
    assert!(object(br#"{"a":1}"#).is_ok());
    for wrong in ["", "[]", "null", "{", "1", &"[".repeat(10_000)] {
        assert_eq!(object(wrong.as_bytes()), Err(JsonError::Invalid), "{}", wrong.len());
    }
    // Each would be a node of its own; as plain items there may be ten times as many.
    let objects = |count| format!("{{\"a\":[{}0]}}", "{\"\":0},".repeat(count));
    assert_eq!(object(objects(MOST / OBJECT).as_bytes()), Err(JsonError::TooMany));
    assert!(object(objects(MOST / OBJECT / 2).as_bytes()).is_ok());
    let plain = format!("{{\"a\":[{}0]}}", "0,".repeat(MOST / OBJECT));
    assert!(object(plain.as_bytes()).is_ok());
    let long = format!("{{\"a\":\"{}\"}}", ",".repeat(MOST / ITEM));
    assert!(object(long.as_bytes()).is_ok());
}

#[test]
fn what_stands_behind_an_object_is_nobodys() {
    let read = |body: &str| object(body.as_bytes()).map(|object| object.len());
    assert_eq!(read(r#"{"name": "app"} {}"#), Ok(1));
    assert_eq!(read(r#"{"name": "app"} more"#), Ok(1));
    for body in ["", " ", "more {}", "[]", "{"] {
        assert_eq!(read(body), Err(JsonError::Invalid), "{body}");
    }
}
