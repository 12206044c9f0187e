//! The binary form of an OpenAPI 2 document (protobuf, `openapi.v2.Document` of gnostic), read into the JSON form.
//! Only what [`super::Schema`] looks at is kept: definitions, and the extensions of reading operations.

use anyhow::{Context as _, Result, bail};
use manifest::yaml::{Dialect, read_all};
use serde_json::{Map, Value, json};

/// Reads a document.
pub(super) fn document(bytes: &[u8]) -> Result<Value> {
    let mut paths = Map::new();
    let mut definitions = Map::new();
    for field in Fields(bytes) {
        match field? {
            (8, bytes) => named(bytes, 2, &mut paths, path)?,
            (9, bytes) => named(bytes, 1, &mut definitions, schema)?,
            _ => {}
        }
    }
    Ok(json!({"definitions": definitions, "paths": paths}))
}

/// Members of a message that are pairs of a name (1) and a value (2).
fn named(
    bytes: &[u8],
    number: u64,
    to: &mut Map<String, Value>,
    read: fn(&[u8]) -> Result<Value>,
) -> Result<()> {
    for field in Fields(bytes) {
        let (found, bytes) = field?;
        if found == number {
            let mut name = String::new();
            let mut value: &[u8] = &[];
            for field in Fields(bytes) {
                match field? {
                    (1, bytes) => name = text(bytes)?,
                    (2, bytes) => value = bytes,
                    _ => {}
                }
            }
            let value = read(value).with_context(|| name.clone())?;
            to.insert(name, value);
        }
    }
    Ok(())
}

fn path(bytes: &[u8]) -> Result<Value> {
    let mut item = Map::new();
    for field in Fields(bytes) {
        if let (2, bytes) = field? {
            let mut operation = Map::new();
            named(bytes, 13, &mut operation, any)?;
            item.insert("get".to_owned(), operation.into());
        }
    }
    Ok(item.into())
}

fn schema(bytes: &[u8]) -> Result<Value> {
    let mut schema_ = Map::new();
    for field in Fields(bytes) {
        let (name, value) = match field? {
            (1, bytes) => ("$ref", Value::from(text(bytes)?)),
            (21, bytes) => match inner(bytes)? {
                Some(values) => ("additionalProperties", schema(values)?),
                None => continue,
            },
            (22, bytes) => ("type", text(inner(bytes)?.context("an empty type")?)?.into()),
            (23, bytes) => ("items", schema(inner(bytes)?.context("a list of what?")?)?),
            (25, bytes) => {
                let mut properties = Map::new();
                named(bytes, 1, &mut properties, schema)?;
                ("properties", properties.into())
            }
            _ => continue,
        };
        schema_.insert(name.to_owned(), value);
    }
    named(bytes, 31, &mut schema_, any)?;
    Ok(schema_.into())
}

/// A value of any shape, which travels as YAML.
fn any(bytes: &[u8]) -> Result<Value> {
    let mut found = Value::Null;
    for field in Fields(bytes) {
        if let (2, bytes) = field? {
            found = read_all(&text(bytes)?, Dialect::V3)?.pop().unwrap_or_default();
        }
    }
    Ok(found)
}

/// The first member of a message that wraps one thing.
fn inner(bytes: &[u8]) -> Result<Option<&[u8]>> {
    let first = Fields(bytes).next().transpose()?;
    Ok(first.filter(|(number, _)| *number == 1).map(|(_, bytes)| bytes))
}

fn text(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).context("text")
}

/// A message's members that have bytes, each with its number; numbers are skipped.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().context("ends within a number")?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        bail!("a number is too long")
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8]> {
        let (taken, rest) = usize::try_from(count)
            .ok()
            .and_then(|count| self.0.split_at_checked(count))
            .context("ends within a member")?;
        self.0 = rest;
        Ok(taken)
    }

    fn member(&mut self) -> Result<Option<(u64, &'a [u8])>> {
        while !self.0.is_empty() {
            let tag = self.varint()?;
            match tag & 7 {
                0 => drop(self.varint()?),
                1 => drop(self.take(8)?),
                2 => {
                    let length = self.varint()?;
                    return Ok(Some((tag >> 3, self.take(length)?)));
                }
                5 => drop(self.take(4)?),
                other => bail!("unknown wire type {other}"),
            }
        }
        Ok(None)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, &'a [u8])>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.member().transpose();
        if matches!(found, Some(Err(_))) {
            self.0 = &[];
        }
        found
    }
}
