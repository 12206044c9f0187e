//! Masks what may be secret before an object is logged, compared in text or reported.

use serde_json::{Map, Value};

use crate::labels::KUBECTL_LAST_APPLIED;

const MASK: &str = "***";

/// A copy in which the values below `data` and `stringData` of a Secret, and the last-applied annotation of any
/// object, are replaced by `***`. Lists of objects are masked item by item.
#[must_use]
pub fn masked(value: &Value) -> Value {
    let mut copy = value.clone();
    mask(&mut copy);
    copy
}

fn mask(value: &mut Value) {
    let Value::Object(object) = value else { return };
    if let Some(annotation) = object
        .get_mut("metadata")
        .and_then(|metadata| metadata.get_mut("annotations"))
        .and_then(|annotations| annotations.get_mut(KUBECTL_LAST_APPLIED))
    {
        *annotation = Value::from(MASK);
    }
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    if kind == "Secret" {
        for field in ["data", "stringData"] {
            if let Some(data) = object.get_mut(field) {
                mask_values(data);
            }
        }
    } else if kind.ends_with("List")
        && let Some(Value::Array(items)) = object.get_mut("items")
    {
        items.iter_mut().for_each(mask);
    }
}

fn mask_values(data: &mut Value) {
    match data {
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            *map = keys.into_iter().map(|key| (key, Value::from(MASK))).collect::<Map<_, _>>();
        }
        Value::Null => {}
        other => *other = Value::from(MASK),
    }
}

#[cfg(test)]
mod tests;
