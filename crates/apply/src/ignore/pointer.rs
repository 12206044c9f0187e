//! JSON pointers (RFC 6901) into objects: looking up, leaving out, and setting what stands there.

use serde_json::{Map, Value};

/// A pointer, its escapes resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pointer(Vec<String>);

impl Pointer {
    /// `None` for what does not begin with a slash. The empty pointer is the whole object, which nobody ignores.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        Some(Self(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()))
    }

    /// Its segments.
    pub(super) fn segments(&self) -> &[String] {
        &self.0
    }

    /// What stands there.
    pub(super) fn get<'v>(&self, object: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(object, |value, segment| child(value, segment))
    }

    /// Leaves it out; where there is nothing, nothing happens.
    pub(super) fn remove_from(&self, object: &mut Value) {
        let Some((last, parents)) = self.0.split_last() else { return };
        match parents.iter().try_fold(object, |value, segment| child_mut(value, segment)) {
            Some(Value::Object(map)) => drop(map.remove(last)),
            Some(Value::Array(list)) => {
                if let Some(index) = index(last).filter(|index| *index < list.len()) {
                    list.remove(index);
                }
            }
            _ => {}
        }
    }

    /// Sets it; maps on the way are made where they are missing, elements of lists are not.
    pub(super) fn set(&self, object: &mut Value, value: Value) {
        let Some((last, parents)) = self.0.split_last() else { return };
        let mut place = object;
        for segment in parents {
            let next = match place {
                Value::Object(map) => {
                    Some(map.entry(segment.clone()).or_insert_with(|| Value::Object(Map::new())))
                }
                other => child_mut(other, segment),
            };
            let Some(next) = next else { return };
            place = next;
        }
        match place {
            Value::Object(map) => drop(map.insert(last.clone(), value)),
            other => {
                if let Some(slot) = child_mut(other, last) {
                    *slot = value;
                }
            }
        }
    }
}

/// One step down.
pub(super) fn child<'v>(value: &'v Value, segment: &str) -> Option<&'v Value> {
    match value {
        Value::Object(map) => map.get(segment),
        Value::Array(list) => list.get(index(segment)?),
        _ => None,
    }
}

fn child_mut<'v>(value: &'v mut Value, segment: &str) -> Option<&'v mut Value> {
    match value {
        Value::Object(map) => map.get_mut(segment),
        Value::Array(list) => list.get_mut(index(segment)?),
        _ => None,
    }
}

/// The index that a segment is; without leading zeros, as the RFC says.
fn index(segment: &str) -> Option<usize> {
    let canonical = segment == "0" || !segment.starts_with('0');
    (canonical && segment.bytes().all(|byte| byte.is_ascii_digit())).then(|| segment.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
