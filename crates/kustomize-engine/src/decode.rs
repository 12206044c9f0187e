//! From JSON to structs as Go's `encoding/json` does it: field names in any case, errors in its words.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::shape::Shape;

/// How forgiving the decoder is and where it stands.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Unknown fields are errors.
    known_only: bool,
    /// Numbers and booleans are no strings.
    strict: bool,
    /// Field names have one spelling.
    cased: bool,
    path: Vec<&'static str>,
    structs: Vec<&'static str>,
}

impl Decoder {
    /// For kustomization files.
    pub(crate) fn strict() -> Self {
        Self { known_only: true, strict: true, cased: false, path: Vec::new(), structs: Vec::new() }
    }

    /// For configurations of plugins.
    pub(crate) fn lenient() -> Self {
        Self { known_only: false, strict: false, cased: false, path: Vec::new(), structs: Vec::new() }
    }

    /// For the few transformers whose configuration go-yaml v3 reads.
    pub(crate) fn cased() -> Self {
        Self { cased: true, ..Self::lenient() }
    }

    /// For generators given as objects.
    pub(crate) fn exact() -> Self {
        Self { known_only: false, ..Self::strict() }
    }

    /// For configurations of transformers.
    pub(crate) fn known_fields() -> Self {
        Self { known_only: true, ..Self::lenient() }
    }

    fn mismatch(&self, value: &Value, wanted: &str) -> Error {
        let found = json_kind(value);
        let place = match self.structs.last() {
            Some(name) if !self.path.is_empty() => {
                format!("Go struct field {name}.{} of type", self.path.join("."))
            }
            _ => "Go value of type".to_owned(),
        };
        Error::input(format!("json: cannot unmarshal {found} into {place} {wanted}"))
    }

    /// Decodes the fields of an object; `field` gives the target of a name, or none for an unknown one.
    pub(crate) fn object(
        &mut self,
        name: &'static str,
        value: &Value,
        names: &'static [&'static str],
        mut field: impl FnMut(&mut Self, usize, &Value) -> Result<()>,
    ) -> Result<()> {
        let Value::Object(map) = value else {
            if value.is_null() {
                return Ok(());
            }
            return Err(self.mismatch(value, &format!("types.{name}")));
        };
        let mut keys: Vec<&String> = map.keys().collect();
        keys.sort_unstable();
        self.structs.push(name);
        for key in keys {
            let Some(value) = map.get(key) else { continue };
            let exact = names.iter().position(|name| *name == key);
            let folded = || names.iter().position(|name| !self.cased && same_name(name, key));
            let found = exact.or_else(folded);
            match found.and_then(|index| Some((index, names.get(index)?))) {
                Some((index, field_name)) => {
                    let (depth, strict) = (self.path.len(), self.strict);
                    let embedded = embedding(name, field_name);
                    // The original finds no type to convert to for fields of embedded structs.
                    self.strict |= matches!(embedded, Some("Gvk" | "ResId" | "ResId.Gvk"));
                    self.path.extend(embedded);
                    self.path.push(field_name);
                    field(self, index, value)?;
                    self.path.truncate(depth);
                    self.strict = strict;
                }
                None if self.known_only => return Err(Error::input(format!("json: unknown field {key:?}"))),
                None => {}
            }
        }
        self.structs.pop();
        Ok(())
    }
}

/// Whether two field names are the same by Go's case folding, which also takes the long s and the Kelvin sign for letters.
pub(crate) fn same_name(name: &str, key: &str) -> bool {
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    name.chars().map(fold).eq(key.chars().map(fold))
}

/// The embedded Go structs that a field belongs to, which show in error messages.
fn embedding(structure: &str, field: &str) -> Option<&'static str> {
    match (structure, field) {
        ("ConfigMapArgs" | "SecretArgs", "name" | "namespace" | "behavior" | "options") => {
            Some("GeneratorArgs")
        }
        ("ConfigMapArgs" | "SecretArgs", "literals" | "files" | "envs" | "env") => {
            Some("GeneratorArgs.KvPairSources")
        }
        ("ReplacementField", "source" | "sourceValue" | "targets") => Some("Replacement"),
        ("Selector" | "SourceSelector", "name" | "namespace") => Some("ResId"),
        ("Selector" | "SourceSelector", "group" | "version" | "kind") => Some("ResId.Gvk"),
        ("Kustomization", "apiVersion" | "kind") => Some("TypeMeta"),
        ("FieldSpec" | "NameBackReferences" | "Target", "group" | "version" | "kind") => Some("Gvk"),
        _ => None,
    }
}

/// Something that JSON can be decoded onto.
pub(crate) trait Decode {
    /// What Flux's rewriting has to know of the type.
    const SHAPE: Shape;

    /// The Go type, as error messages name it.
    fn go_type() -> String;

    /// Decodes a value onto what is there already.
    fn decode(&mut self, value: &Value, decoder: &mut Decoder) -> Result<()>;
}

impl Decode for String {
    const SHAPE: Shape = Shape::Text;

    fn go_type() -> String {
        "string".to_owned()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) -> Result<()> {
        match value {
            Value::Null => {}
            Value::String(text) => self.clone_from(text),
            Value::Number(number) if !decoder.strict => *self = number.to_string(),
            Value::Bool(bool) if !decoder.strict => *self = bool.to_string(),
            other => return Err(decoder.mismatch(other, "string")),
        }
        Ok(())
    }
}

impl Decode for bool {
    const SHAPE: Shape = Shape::Flag;

    fn go_type() -> String {
        "bool".to_owned()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) -> Result<()> {
        match value {
            Value::Null => {}
            Value::Bool(bool) => *self = *bool,
            other => return Err(decoder.mismatch(other, "bool")),
        }
        Ok(())
    }
}

impl Decode for i64 {
    const SHAPE: Shape = Shape::Whole;

    fn go_type() -> String {
        "int64".to_owned()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) -> Result<()> {
        match value {
            Value::Null => Ok(()),
            Value::Number(number) if number.is_i64() => {
                *self = number.as_i64().unwrap_or_default();
                Ok(())
            }
            Value::Number(number) => {
                let mut error = decoder.mismatch(value, "int64").to_string();
                error = error.replacen("number", &format!("number {number}"), 1);
                Err(Error::input(error))
            }
            other => Err(decoder.mismatch(other, "int64")),
        }
    }
}

impl Decode for Value {
    const SHAPE: Shape = Shape::Any;

    fn go_type() -> String {
        "interface {}".to_owned()
    }

    fn decode(&mut self, value: &Value, _: &mut Decoder) -> Result<()> {
        self.clone_from(value);
        Ok(())
    }
}

impl<T: Decode + Default> Decode for Vec<T> {
    const SHAPE: Shape = match T::SHAPE {
        Shape::Any => Shape::Any,
        _ => Shape::List(&T::SHAPE),
    };

    fn go_type() -> String {
        format!("[]{}", T::go_type())
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) -> Result<()> {
        match value {
            Value::Null => self.clear(),
            // As in Go, what an earlier spelling of the field left at a position is decoded onto.
            Value::Array(items) => {
                self.resize_with(items.len(), T::default);
                for (decoded, item) in self.iter_mut().zip(items) {
                    decoded.decode(item, decoder)?;
                }
            }
            other => return Err(decoder.mismatch(other, &Self::go_type())),
        }
        Ok(())
    }
}

impl<T: Decode + Default> Decode for Option<T> {
    const SHAPE: Shape = match T::SHAPE {
        Shape::Text => Shape::TextPointer,
        shape => shape,
    };

    fn go_type() -> String {
        T::go_type()
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) -> Result<()> {
        if value.is_null() {
            *self = None;
            return Ok(());
        }
        self.get_or_insert_default().decode(value, decoder)
    }
}

impl<T: Decode + Default> Decode for BTreeMap<String, T> {
    const SHAPE: Shape = Shape::TextMap;

    fn go_type() -> String {
        format!("map[string]{}", T::go_type())
    }

    fn decode(&mut self, value: &Value, decoder: &mut Decoder) -> Result<()> {
        match value {
            Value::Null => self.clear(),
            Value::Object(map) => {
                for (key, item) in map {
                    let mut decoded = T::default();
                    decoded.decode(item, decoder)?;
                    self.insert(key.clone(), decoded);
                }
            }
            other => return Err(decoder.mismatch(other, &Self::go_type())),
        }
        Ok(())
    }
}

/// The shape of a field, found by the type of what reads it.
pub(crate) const fn shape_of<S, T: Decode>(_: fn(&S) -> &T) -> Shape {
    T::SHAPE
}

/// Implements [`Decode`] for a struct: its Go name, then JSON names and fields.
macro_rules! decode_struct {
    ($type:ty, $name:literal, { $($json:literal => $($field:ident).+),* $(,)? }) => {
        impl $crate::decode::Decode for $type {
            const SHAPE: $crate::shape::Shape = $crate::shape::Shape::Struct(&$crate::shape::Struct {
                name: $name,
                fields: &[$(($json, $crate::decode::shape_of::<$type, _>(|it| &it.$($field).+))),*],
            });

            fn go_type() -> String {
                concat!("types.", $name).to_owned()
            }

            fn decode(
                &mut self,
                value: &serde_json::Value,
                decoder: &mut $crate::decode::Decoder,
            ) -> $crate::error::Result<()> {
                const NAMES: &[&str] = &[$($json),*];
                decoder.object($name, value, NAMES, |decoder, index, value| {
                    let name = NAMES.get(index).copied().unwrap_or_default();
                    $(if name == $json {
                        return $crate::decode::Decode::decode(&mut self.$($field).+, value, decoder);
                    })*
                    Ok(())
                })
            }
        }
    };
}
pub(crate) use decode_struct;

/// What Go's JSON messages call a value.
pub(crate) fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests;
