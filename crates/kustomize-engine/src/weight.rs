//! What values weigh. It charges nothing.

use serde_json::Value;

/// Entries for which a map has room in one piece, and about how many of them are in use.
const ROOM: usize = 11;
const USED: usize = 8;

/// About how many bytes of memory a value takes. A map takes room for several entries at once, which is most of what a
/// small object takes.
#[must_use]
pub fn weight(value: &Value) -> usize {
    size_of::<Value>() + beside(value)
}

/// Bytes that a value takes elsewhere.
fn beside(value: &Value) -> usize {
    const PIECE: usize = 16 + ROOM * (size_of::<String>() + size_of::<Value>());
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(map) => {
            let entries: usize = map.iter().map(|(key, value)| key.len() + beside(value)).sum();
            map.len().div_ceil(USED) * PIECE + entries
        }
        _ => 0,
    }
}
