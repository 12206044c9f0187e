//! What was lately told of one object by events, the same things once.

use jiff::Timestamp;
use kube::Client;
use kube::api::ListParams;
use manifest::ObjectId;
use serde::Serialize;
use serde_json::Value;

use health::wording;

use super::answer::Answer;
use super::pages;
use crate::resource::{Kinds, Lookup};

#[cfg(test)]
mod tests;

/// Where events of objects without namespace are.
const DEFAULT: &str = "default";

/// Something that was told, perhaps several times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Why, as one word.
    pub(crate) reason: String,
    /// What, masked.
    pub(crate) message: String,
    /// How often.
    pub(crate) count: i64,
    /// When last.
    pub(crate) last: Timestamp,
}

/// The events of an object, the latest first; none where they may not be read.
pub(crate) async fn of(client: &Client, kinds: &Kinds, id: &ObjectId) -> Vec<Told> {
    let Lookup::Served(served) = kinds.of("", "v1", "Event") else { return Vec::new() };
    let namespace = if id.namespace.is_empty() { DEFAULT } else { &id.namespace };
    let fields = format!("involvedObject.kind={},involvedObject.name={}", id.kind, id.name);
    let params = ListParams::default().fields(&fields);
    let list = pages::list(&served.api(client, namespace), &params).await;
    let items = Answer::of_list(list).found().map_or_else(Vec::new, |list| list.items);
    folded(items.iter().filter_map(|item| read(&item.data)))
}

/// What the latest warning of this reason says, masked and in its own lines.
pub(crate) async fn last_warning(
    client: &Client,
    kinds: &Kinds,
    id: &ObjectId,
    reason: &str,
) -> Option<String> {
    let Lookup::Served(served) = kinds.of("", "v1", "Event") else { return None };
    let fields = format!("involvedObject.kind={},involvedObject.name={},type=Warning", id.kind, id.name);
    let params = ListParams::default().fields(&fields);
    let list = Answer::of_list(pages::list(&served.api(client, &id.namespace), &params).await).found()?;
    latest(list.items.iter().map(|item| &item.data), reason)
}

fn latest<'a>(events: impl Iterator<Item = &'a Value>, reason: &str) -> Option<String> {
    let fits = |event: &&Value| event.get("reason").and_then(Value::as_str) == Some(reason);
    let timed = events.filter(fits).filter_map(|event| Some((read(event)?.last, event)));
    let (_, event) = timed.max_by_key(|(last, _)| *last)?;
    Some(wording::masked(event.get("message")?.as_str()?))
}

fn read(event: &Value) -> Option<Told> {
    let text = |field: &str| event.pointer(field).and_then(Value::as_str);
    let times = ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/firstTimestamp"];
    let last = times.iter().find_map(|field| text(field)?.parse::<Timestamp>().ok())?;
    let counts = ["/series/count", "/count"];
    let count = counts.iter().find_map(|field| event.pointer(field).and_then(Value::as_i64)).unwrap_or(1);
    Some(Told {
        kind: wording::word(text("/type").unwrap_or_default()),
        reason: wording::word(text("/reason").unwrap_or_default()),
        message: wording::quoted(text("/message").unwrap_or_default()),
        count,
        last,
    })
}

/// The same things once, the latest first.
fn folded(events: impl Iterator<Item = Told>) -> Vec<Told> {
    let mut folded: Vec<Told> = Vec::new();
    for event in events {
        let same = folded.iter_mut().find(|known| {
            (&known.kind, &known.reason, &known.message) == (&event.kind, &event.reason, &event.message)
        });
        match same {
            Some(known) => {
                known.count = known.count.saturating_add(event.count);
                known.last = known.last.max(event.last);
            }
            None => folded.push(event),
        }
    }
    folded.sort_by(|one, other| other.last.cmp(&one.last).then_with(|| one.reason.cmp(&other.reason)));
    folded
}
