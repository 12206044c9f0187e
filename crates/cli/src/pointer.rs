//! Taking out of a value what a JSON pointer (RFC 6901) leads to.

use serde_json::Value;

#[cfg(test)]
mod tests;

/// Takes it out; whether there was anything. The empty pointer is the whole value, which stays.
pub(crate) fn remove(value: &mut Value, pointer: &str) -> bool {
    let Some((parent, last)) = pointer.rsplit_once('/') else { return false };
    let name = last.replace("~1", "/").replace("~0", "~");
    match value.pointer_mut(parent) {
        Some(Value::Object(map)) => map.remove(&name).is_some(),
        Some(Value::Array(list)) => match name.parse().ok().filter(|index| *index < list.len()) {
            Some(index) => {
                list.remove(index);
                true
            }
            None => false,
        },
        _ => false,
    }
}
