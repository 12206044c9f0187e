//! A repository's `index.yaml` as the artifact that is published of it: JSON in Helm's own form, versions that are none
//! left out, the newest first (contracts/source-controller.md 9). Choosing from it is `lookup`'s.
//!
//! Each version is written as soon as it is read, so that no more than the text, the nodes of YAML and what is written
//! are held at a time.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use manifest::budget::{Budget, Exceeded};
use manifest::go_sort;
use manifest::yaml::{self, Dialect, Node};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::go::{Go, Length, line, quote};
use super::metadata::{Leniency, field_of, fields, text, text_map, texts, unknown};

mod held;
pub(crate) mod lookup;
mod row;
#[cfg(test)]
mod tests;

use held::{Held, LEAF, Scale, leaves};
use row::{BYTES_PER_STEP, DEPTH, NEVER, Row, time, version};

/// How often a value is copied on its way: to its fields, to what is written of them.
const COPIES: u64 = 2;
/// What a chart takes among others, besides its name and its versions, in a tree that is filled in order.
const CHART: usize = 120;
/// Most bytes that are written of a version, and of a chart, besides their texts.
const AROUND: usize = 16;

/// Why a text is no index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IndexError {
    /// It is none; in Helm's words.
    #[error("{0}")]
    Invalid(String),
    /// Of its budget.
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

impl From<String> for IndexError {
    fn from(text: String) -> Self {
        Self::Invalid(text)
    }
}

/// The artifact of an index.
pub(crate) fn convert(bytes: &[u8], budget: &Budget) -> Result<String, IndexError> {
    if bytes.is_empty() {
        return Err("empty index.yaml file".to_owned().into());
    }
    budget.step((bytes.len() / BYTES_PER_STEP) as u64)?;
    let mut index = Index::new(budget);
    if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        index.leniency = Leniency::JSON;
        index.read_json(bytes)?;
    } else {
        index.read_yaml(bytes)?;
    }
    if index.api_version.is_empty() {
        return Err("no API version specified".to_owned().into());
    }
    index.write()
}

/// An index on its way.
struct Index<'a> {
    budget: &'a Budget,
    leniency: Leniency,
    server_info: Option<Go>,
    api_version: String,
    generated: String,
    entries: Option<BTreeMap<String, Option<Vec<Row>>>>,
    public_keys: Go,
    annotations: Go,
    /// Weighs the value that is read from JSON now.
    scale: Scale<'a>,
    /// What a library's error has no room for.
    error: Option<IndexError>,
}

const FIELDS: &[&str] = &["serverInfo", "apiVersion", "generated", "entries", "publicKeys", "annotations"];

impl<'a> Index<'a> {
    fn new(budget: &'a Budget) -> Self {
        Self {
            budget,
            leniency: Leniency::STRICT_YAML,
            server_info: None,
            api_version: String::new(),
            generated: NEVER.to_owned(),
            entries: None,
            public_keys: Go::List(Vec::new()),
            annotations: Go::Map(Vec::new()),
            scale: Scale::new(budget),
            error: None,
        }
    }

    fn read_json(&mut self, bytes: &[u8]) -> Result<(), IndexError> {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let read = Top(self).deserialize(&mut reader);
        let exceeded = self.scale.exceeded().map(IndexError::from);
        match (self.error.take().or(exceeded), read) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(error.to_string().into()),
            (None, Ok(())) => Ok(()),
        }
    }

    fn read_yaml(&mut self, bytes: &[u8]) -> Result<(), IndexError> {
        let converting = |text: String| IndexError::from(format!("error converting YAML to JSON: {text}"));
        let text = std::str::from_utf8(bytes).map_err(|_| converting("yaml: invalid UTF-8".to_owned()))?;
        let limits = yaml::Limits { bytes: bytes.len(), ..yaml::Limits::default() };
        let node = match yaml::read_first_node_in(text, Dialect::V2, &limits, self.budget) {
            Ok(node) => node,
            Err(manifest::Error::Exceeded(exceeded)) => return Err(exceeded.into()),
            Err(error) => return Err(converting(error.to_string())),
        };
        let Some(node) = node else { return Ok(()) };
        self.budget.hold(node.weight() as u64)?;
        if let Some((line, key)) = duplicate(&node) {
            let key = crate::foreign::clean(&key);
            return Err(converting(format!(
                "yaml: unmarshal errors:\n  line {line}: key {key:?} already set in map"
            )));
        }
        self.take_document(node, &converting)
    }

    fn take_document(
        &mut self,
        node: Node,
        converting: &impl Fn(String) -> IndexError,
    ) -> Result<(), IndexError> {
        let value = |node: &Node| yaml::to_value_v2(node).map_err(|error| converting(error.to_string()));
        let map = match node {
            Node::Map(map) => map,
            node if node.is_null() => return Ok(()),
            _ => {
                let text = "json: cannot unmarshal string into Go value of type v1.IndexFile";
                return Err(undecodable(text.to_owned()));
            }
        };
        for (key, node) in map.entries {
            match field_of(&key.text, FIELDS) {
                Some("entries") => match node {
                    Node::Map(charts) => {
                        self.entries.get_or_insert_default();
                        for (name, versions) in charts.entries {
                            match versions {
                                Node::Seq(versions) => {
                                    self.begin(&name.text)?;
                                    for version in versions.items {
                                        let weight = self.hold(&version)?;
                                        let taken = self.version(&name.text, &value(&version)?, weight);
                                        taken.map_err(decoding)?;
                                    }
                                }
                                other => {
                                    self.hold(&other)?;
                                    self.no_versions(&name.text, &value(&other)?).map_err(decoding)?;
                                }
                            }
                        }
                    }
                    other => {
                        self.hold(&other)?;
                        no_entries(&value(&other)?).map_err(undecodable)?;
                    }
                },
                Some(field) => {
                    let weight = self.hold(&node)?;
                    self.take(field, &value(&node)?, weight).map_err(decoding)?;
                }
                None => return Err(undecodable(unknown(&key.text))),
            }
        }
        Ok(())
    }

    /// Holds the value that will be made of a node. How many bytes these are.
    fn hold(&self, node: &Node) -> Result<u64, Exceeded> {
        let weight = (node.weight() + leaves(node) * LEAF) as u64;
        self.budget.hold(weight)?;
        Ok(weight)
    }

    /// Takes a field over that is not `entries`. What is held for its value stays held for what is made of it.
    fn take(&mut self, field: &str, value: &Value, weight: u64) -> Result<(), IndexError> {
        self.budget.hold(COPIES * weight)?;
        self.take_field(field, value)?;
        self.budget.release(COPIES * weight);
        Ok(())
    }

    fn take_field(&mut self, field: &str, value: &Value) -> Result<(), String> {
        match field {
            "serverInfo" => {
                let known = fields(value, "IndexFile")?.count();
                self.server_info = (known > 0).then(|| Go::from(value));
            }
            "apiVersion" => self.api_version = text(value, self.leniency, field)?.unwrap_or_default(),
            "generated" => self.generated = time(value, field)?,
            "publicKeys" => self.public_keys = Go::texts(&texts(value, self.leniency, field)?),
            _ => {
                let pairs = text_map(value, self.leniency, field)?.into_iter();
                self.annotations = Go::Map(pairs.map(|(key, text)| (key, Go::Text(text))).collect());
            }
        }
        Ok(())
    }

    fn begin(&mut self, name: &str) -> Result<(), IndexError> {
        self.chart(name, Some(Vec::new()))
    }

    fn no_versions(&mut self, name: &str, value: &Value) -> Result<(), IndexError> {
        super::metadata::items(value, "entries")?;
        self.chart(name, None)
    }

    fn chart(&mut self, name: &str, rows: Option<Vec<Row>>) -> Result<(), IndexError> {
        self.budget.step(1)?;
        self.budget.hold((CHART + name.len()) as u64)?;
        self.entries.get_or_insert_default().insert(name.to_owned(), rows);
        Ok(())
    }

    /// Takes a version over, if it is one. What is held for its value, `weight`, is given back.
    fn version(&mut self, name: &str, value: &Value, weight: u64) -> Result<(), IndexError> {
        self.budget.hold(COPIES * weight)?;
        self.take_version(name, value)?;
        self.budget.release((1 + COPIES) * weight);
        Ok(())
    }

    fn take_version(&mut self, name: &str, value: &Value) -> Result<(), IndexError> {
        self.budget.step(8)?;
        if value.is_null() {
            return Ok(());
        }
        let Some((version, fields)) = version(value, self.leniency)? else { return Ok(()) };
        let row = Row::new(version, &fields, self.budget)?;
        let entries = self.entries.get_or_insert_default();
        if let Some(Some(rows)) = entries.get_mut(name) {
            rows.push(row);
        }
        Ok(())
    }

    fn write(self) -> Result<String, IndexError> {
        let length = self.length();
        self.budget.hold(length as u64)?;
        let mut out = String::with_capacity(length);
        let mut is_first = true;
        let mut field = |out: &mut String, name: &str| {
            out.push_str(if std::mem::take(&mut is_first) { "{" } else { "," });
            line(out, 1);
            quote(out, name);
            out.push_str(": ");
        };
        if let Some(info) = &self.server_info {
            field(&mut out, "serverInfo");
            info.write(&mut out, 1);
        }
        field(&mut out, "apiVersion");
        quote(&mut out, &self.api_version);
        field(&mut out, "generated");
        quote(&mut out, &self.generated);
        field(&mut out, "entries");
        write_entries(&mut out, self.entries, self.budget)?;
        for (name, value) in [("publicKeys", &self.public_keys), ("annotations", &self.annotations)] {
            if !value.is_empty() {
                field(&mut out, name);
                value.write(&mut out, 1);
            }
        }
        out.push_str("\n}");
        Ok(out)
    }

    /// No less than the bytes that will be written.
    fn length(&self) -> usize {
        let mut length = Length(FIELDS.iter().map(|name| name.len() + AROUND).sum());
        quote(&mut length, &self.api_version);
        quote(&mut length, &self.generated);
        for value in self.server_info.iter().chain([&self.public_keys, &self.annotations]) {
            value.write(&mut length, 1);
        }
        let entries = self.entries.iter().flatten();
        for (name, _) in entries.clone() {
            quote(&mut length, name);
        }
        let rows = |rows: &Option<Vec<Row>>| -> usize {
            AROUND + rows.iter().flatten().map(|row| AROUND + row.text.len()).sum::<usize>()
        };
        length.0 + entries.map(|(_, all)| rows(all)).sum::<usize>()
    }
}

/// Null leaves the entries as they are; anything else is no map.
fn no_entries(value: &Value) -> Result<(), String> {
    fields(value, "IndexFile").map(|_| ())
}

/// As sigs.k8s.io/yaml tells that fields do not fit.
fn undecodable(text: String) -> IndexError {
    IndexError::Invalid(format!("error unmarshaling JSON: while decoding JSON: {text}"))
}

fn decoding(error: IndexError) -> IndexError {
    match error {
        IndexError::Invalid(text) => undecodable(text),
        exceeded @ IndexError::Exceeded(_) => exceeded,
    }
}

fn write_entries(
    out: &mut String,
    entries: Option<BTreeMap<String, Option<Vec<Row>>>>,
    budget: &Budget,
) -> Result<(), IndexError> {
    let Some(entries) = entries else {
        out.push_str("null");
        return Ok(());
    };
    let is_empty = entries.is_empty();
    for (number, (name, rows)) in entries.into_iter().enumerate() {
        out.push_str(if number == 0 { "{" } else { "," });
        line(out, 2);
        quote(out, &name);
        out.push_str(": ");
        let Some(mut rows) = rows else {
            out.push_str("null");
            continue;
        };
        budget.step(rows.len() as u64)?;
        // The newest first, by the procedure of Go: of versions that are equal the order depends on it.
        go_sort(&mut rows, |a, b| b.version.cmp_precedence(&a.version).is_lt());
        out.push('[');
        for (number, row) in rows.iter().enumerate() {
            if number > 0 {
                out.push(',');
            }
            line(out, DEPTH);
            out.push_str(&row.text);
        }
        if !rows.is_empty() {
            line(out, 2);
        }
        out.push(']');
    }
    if is_empty {
        out.push_str("{}");
    } else {
        line(out, 1);
        out.push('}');
    }
    Ok(())
}

/// The first key that a map has twice, and its line.
fn duplicate(node: &Node) -> Option<(u32, String)> {
    match node {
        Node::Scalar(_) => None,
        Node::Seq(seq) => seq.items.iter().find_map(duplicate),
        Node::Map(map) => {
            let mut seen = HashSet::with_capacity(map.entries.len());
            map.entries.iter().find_map(|(key, value)| {
                if seen.insert(key.text.as_str()) {
                    duplicate(value)
                } else {
                    Some((key.line, key.text.to_string()))
                }
            })
        }
    }
}

/// The document.
struct Top<'i, 'b>(&'i mut Index<'b>);
/// `entries`.
struct Entries<'i, 'b>(&'i mut Index<'b>);
/// The versions of one chart.
struct Versions<'i, 'b>(&'i mut Index<'b>, &'i str);

impl Index<'_> {
    /// Notes what went wrong; the library's error only ends the reading.
    fn stop<E: serde::de::Error>(&mut self, error: impl Into<IndexError>) -> E {
        let error = error.into();
        let text = error.to_string();
        self.error.get_or_insert(error);
        E::custom(text)
    }
}

macro_rules! seed {
    ($name:ident) => {
        impl<'de> DeserializeSeed<'de> for $name<'_, '_> {
            type Value = ();

            fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
                deserializer.deserialize_any(self)
            }
        }
    };
}

seed!(Top);
seed!(Entries);
seed!(Versions);

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match field_of(&key, FIELDS) {
                Some("entries") => map.next_value_seed(Entries(self.0))?,
                Some(field) => {
                    let value = map.next_value_seed(Held(&mut self.0.scale))?;
                    let weight = self.0.scale.take();
                    self.0.take(field, &value, weight).map_err(|error| self.0.stop::<A::Error>(error))?;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Entries<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("charts by name")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.entries.get_or_insert_default();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(Versions(self.0, &name))?;
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for Versions<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("versions of a chart")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.0.no_versions(self.1, &Value::Null).map_err(|error| self.0.stop(error))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut versions: A) -> Result<(), A::Error> {
        self.0.begin(self.1).map_err(|error| self.0.stop::<A::Error>(error))?;
        while let Some(value) = versions.next_element_seed(Held(&mut self.0.scale))? {
            let weight = self.0.scale.take();
            self.0.version(self.1, &value, weight).map_err(|error| self.0.stop::<A::Error>(error))?;
        }
        Ok(())
    }
}
