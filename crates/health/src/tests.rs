//! Tables: an object, the time, and what is said of it.

mod explain;
mod kstatus;
mod prune;
mod wording;

use jiff::Timestamp;
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

/// `kind` is `apiVersion Kind`; the rest is the object without these two and the name.
fn object(kind: &str, rest: Value) -> Value {
    let (api_version, kind) = kind.split_once(' ').unwrap();
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}});
    for (field, value) in rest.as_object().unwrap() {
        match (field.as_str(), value) {
            ("metadata", Value::Object(map)) => {
                for (field, value) in map {
                    object["metadata"][field] = value.clone();
                }
            }
            _ => object[field] = value.clone(),
        }
    }
    object
}
