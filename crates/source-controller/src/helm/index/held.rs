//! A value of JSON, held at the budget while it is read: a list of small ones takes many times its text.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::Index;

/// About what a value takes besides its text, in a list that grows.
const VALUE: usize = 96;

/// Reads a value.
pub(super) struct Held<'i, 'b>(pub(super) &'i mut Index<'b>);

impl Index<'_> {
    /// Holds one more value, with so many bytes of text.
    fn grow<E: serde::de::Error>(&mut self, text: usize) -> Result<(), E> {
        let bytes = (VALUE + text) as u64;
        self.held += bytes;
        self.budget.hold(bytes).map_err(|exceeded| self.stop(exceeded))
    }
}

impl<'de> DeserializeSeed<'de> for Held<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Held<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.0.grow::<E>(0)?;
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.0.grow::<E>(0)?;
        Ok(value.into())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.0.grow::<E>(0)?;
        Ok(value.into())
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.0.grow::<E>(0)?;
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.0.grow::<E>(0)?;
        Ok(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.0.grow::<E>(text.len())?;
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.0.grow::<A::Error>(0)?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Held(self.0))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.0.grow::<A::Error>(0)?;
        let mut map = serde_json::Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.0.grow::<A::Error>(key.len())?;
            let value = entries.next_value_seed(Held(self.0))?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
