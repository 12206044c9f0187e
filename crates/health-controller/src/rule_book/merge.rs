//! Parts of one object put together again. Pure.

use serde_json::Value;

#[cfg(test)]
mod tests;

/// What is in either of two parts of the same object.
pub(super) fn merged(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            for (field, value) in other {
                let value = match one.remove(&field) {
                    Some(known) => merged(known, value),
                    None => value,
                };
                one.insert(field, value);
            }
            Value::Object(one)
        }
        // A list is cut item by item, or to an empty one.
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.into_iter().zip(other).map(|(one, other)| merged(one, other)).collect()
        }
        (Value::Array(one), Value::Array(other)) => {
            Value::Array(if one.len() > other.len() { one } else { other })
        }
        (one, _) => one,
    }
}
