//! What values weigh, as nodes are weighed in `manifest::yaml`. It charges nothing.

use serde_json::Value;

/// About how many bytes of memory a value takes, counted as nodes are.
#[must_use]
pub fn weight(value: &Value) -> usize {
    const NODE: usize = manifest::yaml::Node::WEIGHT;
    match value {
        Value::String(text) => NODE + text.len(),
        Value::Array(items) => NODE + items.iter().map(weight).sum::<usize>(),
        Value::Object(map) => {
            NODE + map.iter().map(|(key, value)| NODE + key.len() + weight(value)).sum::<usize>()
        }
        _ => NODE,
    }
}
