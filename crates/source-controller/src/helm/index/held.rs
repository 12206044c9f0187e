//! A value of JSON, held at the budget while it is read: a list of small ones takes many times its text. What one takes
//! that is made of YAML is told beforehand.

use std::fmt;

use manifest::budget::{Budget, Exceeded};
use manifest::yaml::Node;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// About what the first entry of a map takes, of JSON as of fields: a whole leaf of a tree. Others find room in it.
pub(super) const LEAF: usize = 600;
/// About what a value takes besides its text, in a list that grows.
const VALUE: usize = 96;

/// How many maps there are that have something.
pub(super) fn leaves(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 0,
        Node::Seq(seq) => seq.items.iter().map(leaves).sum(),
        Node::Map(map) => {
            let below: usize = map.entries.iter().map(|(_, value)| leaves(value)).sum();
            below + usize::from(!map.entries.is_empty())
        }
    }
}

/// What is held for a value.
pub(super) struct Scale<'b> {
    budget: &'b Budget,
    held: u64,
    /// What a library's error has no room for.
    exceeded: Option<Exceeded>,
}

impl<'b> Scale<'b> {
    pub(super) const fn new(budget: &'b Budget) -> Self {
        Self { budget, held: 0, exceeded: None }
    }

    /// How many bytes are held for the value that was read last. It begins again.
    pub(super) fn take(&mut self) -> u64 {
        std::mem::take(&mut self.held)
    }

    /// Why a value was not read to its end.
    pub(super) const fn exceeded(&mut self) -> Option<Exceeded> {
        self.exceeded.take()
    }

    /// Holds one more value, with so many bytes of text, or for what it is in.
    fn grow<E: serde::de::Error>(&mut self, text: usize) -> Result<(), E> {
        let bytes = (VALUE + text) as u64;
        self.held += bytes;
        self.budget.hold(bytes).map_err(|exceeded| {
            let text = exceeded.to_string();
            self.exceeded.get_or_insert(exceeded);
            E::custom(text)
        })
    }
}

/// Reads a value.
pub(super) struct Held<'i, 'b>(pub(super) &'i mut Scale<'b>);

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
            let leaf = if map.is_empty() { LEAF } else { 0 };
            self.0.grow::<A::Error>(key.len() + leaf)?;
            let value = entries.next_value_seed(Held(self.0))?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}
