//! What is shown of one object, row by row, whatever it is shown on: fields with both values, texts line by line, and the
//! manifest of an object that would be made. Pure.

use jiff::Timestamp;
use manifest::yaml;

use super::lines::{Edit, edits};
use super::report::{Act, Field, ObjectDiff};
use crate::present::age;

#[cfg(test)]
mod tests;

/// Rows of one object that are shown.
const MAX_ROWS: usize = 300;

/// What a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Says where something is, or what is the same on both sides.
    Around,
    /// Is there now.
    Live,
    /// Would be there.
    Desired,
    /// Says something about the object.
    Remark,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) sign: Sign,
    pub(super) text: String,
}

impl Row {
    fn of(sign: Sign, text: impl Into<String>) -> Self {
        Self { sign, text: text.into() }
    }
}

/// The mark that an object's line begins with.
pub(super) const fn mark(act: Act) -> char {
    match act {
        Act::Create => '+',
        Act::Change => '~',
        Act::Recreate => '±',
        Act::Delete => '-',
        Act::Unchanged | Act::Skip => '=',
        Act::Unknown => '?',
        Act::Refused => '✗',
        Act::Unasked => '!',
    }
}

/// Whether there is anything to say about an object.
pub(super) fn is_shown(object: &ObjectDiff) -> bool {
    object.act.writes() || !object.remarks.is_empty()
}

/// All rows of an object. Ages are told where `now` is given.
pub(super) fn rows(object: &ObjectDiff, now: Option<Timestamp>) -> Vec<Row> {
    let mut rows: Vec<Row> =
        object.remarks.iter().map(|remark| Row::of(Sign::Remark, one_line(remark))).collect();
    if let Some(manifest) = &object.manifest {
        rows.extend(yaml::write(manifest).lines().map(|line| Row::of(Sign::Desired, line)));
    }
    for field in &object.fields {
        rows.push(Row::of(Sign::Around, head(field, now)));
        values(field, &mut rows);
    }
    let more = rows.len().saturating_sub(MAX_ROWS);
    if more > 0 {
        rows.truncate(MAX_ROWS);
        rows.push(Row::of(Sign::Remark, format!("{more} more lines; -o yaml has all")));
    }
    rows
}

/// Where a field is, and who set it.
fn head(field: &Field, now: Option<Timestamp>) -> String {
    let Some(manager) = &field.manager else { return field.path.clone() };
    let when = field.time.zip(now).map(|(time, now)| format!(", {} ago", age(time, now)));
    format!("{}  (set by {manager}{})", field.path, when.unwrap_or_default())
}

fn values(field: &Field, rows: &mut Vec<Row>) {
    let text = |json: &Option<String>| -> Option<String> { serde_json::from_str(json.as_ref()?).ok() };
    let (live, desired) = (text(&field.live), text(&field.desired));
    let is_long = [&live, &desired].into_iter().flatten().any(|text| text.trim_end().contains('\n'));
    // What is not there is no text, and what is of another type neither.
    let are_texts = live.is_some() == field.live.is_some() && desired.is_some() == field.desired.is_some();
    if is_long && are_texts {
        let (live, desired) = (live.unwrap_or_default(), desired.unwrap_or_default());
        rows.extend(edits(&live, &desired).into_iter().map(|edit| match edit {
            Edit::Same(line) => Row::of(Sign::Around, format!("  {line}")),
            Edit::Old(line) => Row::of(Sign::Live, line),
            Edit::New(line) => Row::of(Sign::Desired, line),
            Edit::Gap => Row::of(Sign::Around, "  …"),
        }));
        return;
    }
    let (live, desired) = &field.short;
    rows.extend(live.iter().map(|text| Row::of(Sign::Live, text.clone())));
    rows.extend(desired.iter().map(|text| Row::of(Sign::Desired, text.clone())));
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
