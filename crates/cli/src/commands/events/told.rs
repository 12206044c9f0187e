//! Events as they are read and shown: masked, the same things once, the newest last. Pure.

use api::labels;
use health::wording::{quoted, word};
use jiff::Timestamp;
use manifest::{Gvk, ObjectId};
use serde::Serialize;
use serde_json::Value;

use crate::present::{Column, Line, Table, Tone, age, instant};

#[cfg(test)]
mod tests;

/// Something that was told of an object, perhaps several times. Its JSON form is read by programs: fields are added,
/// never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Of what, as `Kind/namespace/name`.
    pub(super) object: String,
    #[serde(skip)]
    pub(super) id: ObjectId,
    /// Why, as one word.
    pub(super) reason: String,
    /// What, masked.
    pub(super) message: String,
    /// How often.
    pub(super) count: i64,
    /// When first.
    pub(super) first: Timestamp,
    /// When last.
    pub(super) last: Timestamp,
    /// By whom.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) by: String,
    /// The trace that it is part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trace: Option<String>,
}

/// Reads an event of `v1`; none for what has no time or no object.
pub(super) fn read(event: &Value) -> Option<Told> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let time = |pointer: &&str| text(pointer).parse::<Timestamp>().ok();
    let last =
        ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/firstTimestamp"].iter().find_map(time);
    let first = ["/firstTimestamp", "/eventTime"].iter().find_map(time);
    let last = last.or(first)?;
    let count = ["/series/count", "/count"].iter().find_map(|pointer| event.pointer(pointer)?.as_i64());
    let Gvk { group, kind, .. } =
        Gvk::parse(text("/involvedObject/apiVersion"), text("/involvedObject/kind"));
    let id = ObjectId {
        namespace: text("/involvedObject/namespace").to_owned(),
        name: text("/involvedObject/name").to_owned(),
        group,
        kind,
    };
    if id.name.is_empty() {
        return None;
    }
    let by = ["/reportingComponent", "/source/component"].iter().map(|pointer| text(pointer));
    let trace = event.pointer("/metadata/annotations").and_then(|all| all.get(labels::TRACE_ID)?.as_str());
    Some(Told {
        kind: word(text("/type")),
        object: id.to_string(),
        id,
        reason: word(text("/reason")),
        message: quoted(text("/message")),
        count: count.unwrap_or(1).max(1),
        first: first.unwrap_or(last).min(last),
        last,
        by: by.into_iter().find(|by| !by.is_empty()).map(word).unwrap_or_default(),
        trace: trace.map(word),
    })
}

/// The same things of one object once, the newest last.
pub(super) fn folded(events: impl IntoIterator<Item = Told>) -> Vec<Told> {
    let mut folded: Vec<Told> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for event in events {
        let key = (event.kind.clone(), event.id.clone(), event.reason.clone(), event.message.clone());
        match places.get(&key).and_then(|place: &usize| folded.get_mut(*place)) {
            Some(known) => {
                known.count = known.count.saturating_add(event.count);
                known.first = known.first.min(event.first);
                if event.last >= known.last {
                    (known.last, known.trace) = (event.last, event.trace);
                }
            }
            None => {
                places.insert(key, folded.len());
                folded.push(event);
            }
        }
    }
    folded.sort_by(|one, other| {
        one.last
            .cmp(&other.last)
            .then_with(|| one.object.cmp(&other.object))
            .then_with(|| one.reason.cmp(&other.reason))
    });
    folded
}

/// For people.
pub(super) fn table(events: &[Told], now: Timestamp) -> Table {
    let mut table = Table::new(vec![
        Column::new("LAST"),
        Column::wide("FIRST"),
        Column::new("TYPE"),
        Column::new("OBJECT"),
        Column::new("REASON"),
        Column::wide("BY"),
        Column::new("MESSAGE"),
    ]);
    for event in events {
        let plain = |text: &str| Line::plain(text.to_owned());
        table.row(vec![
            Line::plain(age(event.last, now)),
            Line::plain(age(event.first, now)),
            Line::of(tone(event), event.kind.clone()),
            plain(&event.object),
            plain(&event.reason),
            plain(&event.by),
            plain(&message(event)),
        ]);
    }
    table
}

/// One event as it comes.
pub(super) fn line(event: &Told) -> Line {
    Line::of(Tone::Faint, format!("{}  ", instant(event.last)))
        .then(tone(event), event.kind.clone())
        .then(Tone::Plain, format!("  {}  {}  {}", event.object, event.reason, message(event)))
}

fn tone(event: &Told) -> Tone {
    if event.kind == "Warning" { Tone::Bad } else { Tone::Plain }
}

fn message(event: &Told) -> String {
    match event.count {
        ..=1 => event.message.clone(),
        count => format!("{} (x{count})", event.message),
    }
}
