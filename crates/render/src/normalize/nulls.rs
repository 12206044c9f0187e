//! Nulls in objects of Go types: a field that is null is one that is absent, and in a map of strings null is the empty
//! string.

use serde_json::{Map, Value};

/// Maps of strings wherever they occur: null there is the empty string.
const TEXT_MAPS: [&str; 5] = ["annotations", "labels", "matchLabels", "nodeSelector", "volumeAttributes"];

/// Fields that hold any JSON: nulls in them are values.
const OPAQUE: [&str; 1] = ["opaque"];

/// Removes fields that are null, but for those of string maps.
pub(super) fn drop_nulls(fields: &mut Map<String, Value>) {
    fields.retain(|_, value| !value.is_null());
    for (key, value) in fields.iter_mut() {
        match value {
            _ if OPAQUE.contains(&key.as_str()) => {}
            Value::Object(map) if TEXT_MAPS.contains(&key.as_str()) => {
                for value in map.values_mut() {
                    fill_null(value);
                }
            }
            Value::Object(map) => drop_nulls(map),
            Value::Array(items) => drop_nulls_in(items),
            _ => {}
        }
    }
}

fn drop_nulls_in(items: &mut [Value]) {
    for item in items {
        match item {
            Value::Object(map) => drop_nulls(map),
            Value::Array(items) => drop_nulls_in(items),
            _ => {}
        }
    }
}

pub(super) fn fill_nulls(map: Option<&mut Value>) {
    if let Some(Value::Object(map)) = map {
        map.values_mut().for_each(fill_null);
    }
}

fn fill_null(value: &mut Value) {
    if value.is_null() {
        *value = "".into();
    }
}
