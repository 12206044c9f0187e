//! Which version of a chart a spec means, from a published index (contracts/source-controller.md 10). The index is read
//! through without being held: only the versions of the one chart are.

use std::fmt;
use std::io::Read;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::helm::version::choosable;
use crate::version_range::Constraint;

#[cfg(test)]
mod tests;

/// One version of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Entry {
    /// Name of the chart.
    #[serde(default)]
    pub(crate) name: String,
    /// The version.
    #[serde(default)]
    pub(crate) version: String,
    /// Where it is; the first counts.
    #[serde(default)]
    pub(crate) urls: Option<Vec<String>>,
    #[serde(default)]
    created: String,
}

/// Why no version is chosen; in Flux's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoVersion {
    #[error("no chart name found")]
    NoName,
    #[error("no chart version found")]
    Empty,
    #[error("no '{name}' chart with version matching '{range}' found")]
    NoMatch { name: String, range: String },
    #[error("improper constraint: {0:?}")]
    Improper(String),
}

/// The versions of a chart; `None` when the index has no chart of that name.
pub(crate) fn versions(index: impl Read, name: &str) -> Result<Option<Vec<Entry>>, String> {
    let mut reader = serde_json::Deserializer::from_reader(index);
    Top(name).deserialize(&mut reader).map_err(|error| error.to_string())
}

/// The version that `range` means.
pub(crate) fn choose(versions: Option<Vec<Entry>>, name: &str, range: &str) -> Result<Entry, NoVersion> {
    let versions = versions.ok_or(NoVersion::NoName)?;
    if versions.is_empty() {
        return Err(NoVersion::Empty);
    }
    if !range.is_empty()
        && let Some(exact) = versions.iter().find(|entry| entry.version == range)
    {
        return Ok(exact.clone());
    }
    let wanted = if range.is_empty() { "*" } else { range };
    let constraint =
        Constraint::parse(wanted).ok_or_else(|| NoVersion::Improper(crate::foreign::bound(range)))?;
    versions
        .into_iter()
        .filter_map(|entry| choosable(&entry.version).map(|version| (version, entry)))
        .filter(|(version, _)| constraint.accepts(version))
        // Of equal versions the one that was made last, and of those the last in the list.
        .max_by(|(a, one), (b, other)| {
            a.cmp_precedence(b).then_with(|| one.created_at().cmp(&other.created_at()))
        })
        .map(|(_, entry)| entry)
        .ok_or_else(|| NoVersion::NoMatch { name: name.to_owned(), range: range.to_owned() })
}

impl Entry {
    fn created_at(&self) -> Option<Timestamp> {
        self.created.parse().ok()
    }
}

struct Top<'n>(&'n str);
struct Charts<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = Option<Vec<Entry>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = Option<Vec<Entry>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "entries" {
                found = map.next_value_seed(Charts(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

impl<'de> DeserializeSeed<'de> for Charts<'_> {
    type Value = Option<Vec<Entry>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Charts<'_> {
    type Value = Option<Vec<Entry>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("charts by name")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == self.0 {
                let versions: Option<Vec<Option<Entry>>> = map.next_value()?;
                found = Some(versions.unwrap_or_default().into_iter().flatten().collect());
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}
