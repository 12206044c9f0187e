//! Overwriting of texts and parsed JSON that held secrets.

use std::fmt;

use serde_json::Value;
use zeroize::{Zeroize as _, Zeroizing};

/// A text that is overwritten when it is dropped.
pub type Secret = Zeroizing<String>;

/// A JSON value whose texts are overwritten when it is dropped. Keys of objects are not.
#[derive(Default)]
pub struct Wiped(pub Value);

impl Wiped {
    /// The text of a field; empty counts as absent.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str().filter(|text| !text.is_empty())
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// The readers bound the nesting of what comes here.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        _ => {}
    }
}

impl fmt::Debug for Wiped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wiped(<redacted>)")
    }
}
