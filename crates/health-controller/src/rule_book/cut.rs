//! A body that was cut down, with the edition of the rules that said to what: on its way through a watch pool it is one
//! value, and other rules may be in force when it arrives. Pure.

use serde_json::{Map, Value};

const EDITION: &str = "edition";
const BODY: &str = "body";

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cut {
    /// What is left of the body.
    pub(crate) body: Value,
    /// By which rules it was cut.
    pub(crate) edition: u32,
}

impl Cut {
    /// As one value.
    pub(crate) fn into_value(self) -> Value {
        let mut map = Map::new();
        map.insert(EDITION.to_owned(), self.edition.into());
        map.insert(BODY.to_owned(), self.body);
        Value::Object(map)
    }

    /// What [`Self::into_value`] made. Of anything else nothing is known.
    pub(crate) fn of(mut value: Value) -> Self {
        let edition = value.get(EDITION).and_then(Value::as_u64);
        Self {
            body: value.get_mut(BODY).map(Value::take).unwrap_or_default(),
            edition: edition.and_then(|edition| u32::try_from(edition).ok()).unwrap_or_default(),
        }
    }
}
