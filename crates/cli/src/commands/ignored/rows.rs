//! What an audit found: fields, with who keeps them from being corrected. Pure.

use api::drift_report::IgnoredField;
use jiff::Timestamp;
use manifest::ObjectId;
use serde::Serialize;

use crate::look::Key;
use crate::present::{Column, Line, Table, Tone, age};

#[cfg(test)]
mod tests;

/// All of it. Its JSON form is read by programs: fields are added, never renamed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Audit {
    pub(super) fields: Vec<Row>,
    /// What there is to know beside.
    pub(super) notes: Vec<String>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    /// Namespace and name of the Kustomization.
    pub(super) kustomization: String,
    /// The object as `Kind/namespace/name`.
    pub(super) object: String,
    /// As kubectl has it with `-o name`.
    #[serde(skip)]
    pub(super) name: String,
    /// JSON pointer; empty for a whole object.
    pub(super) path: String,
    /// What ignores it.
    pub(super) rule: String,
    /// What the manifest says; absent where that is nothing, or not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) desired: Option<String>,
    /// What is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) live: Option<String>,
    /// Who set that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manager: Option<String>,
    /// Since when it is known to differ, or when it was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<Timestamp>,
    /// Whether kustomize-controller reports it, having compared it.
    pub(super) is_reported: bool,
}

impl Row {
    /// As kustomize-controller reports it.
    pub(super) fn reported(key: &Key, field: &IgnoredField) -> Self {
        let id = ObjectId::from_inventory(&field.id).ok();
        Self {
            kustomization: format!("{}/{}", key.0, key.1),
            object: id.as_ref().map_or_else(|| field.id.clone(), ToString::to_string),
            name: id.as_ref().map_or_else(|| field.id.clone(), named),
            path: field.path.clone(),
            rule: field.rule.clone(),
            desired: field.desired.clone(),
            live: field.live.clone(),
            manager: field.manager.clone(),
            since: Some(field.since.0),
            is_reported: true,
        }
    }
}

/// `deployment.apps/web`.
pub(super) fn named(id: &ObjectId) -> String {
    let kind = id.kind.to_lowercase();
    match id.group.as_str() {
        "" => format!("{kind}/{}", id.name),
        group => format!("{kind}.{group}/{}", id.name),
    }
}

impl Audit {
    /// Names of objects, each once.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for row in &self.fields {
            if !names.contains(&row.name) {
                names.push(row.name.clone());
            }
        }
        names
    }
}

/// For people; whose fields they are is told where there may be several.
pub(super) fn table(rows: &[Row], several: bool, now: Timestamp) -> Table {
    let mut columns = Vec::new();
    if several {
        columns.push(Column::new("KUSTOMIZATION"));
    }
    columns.extend(["OBJECT", "PATH", "RULE", "MANAGER", "SINCE", "DESIRED", "LIVE"].map(Column::new));
    let mut table = Table::new(columns);
    for row in rows {
        let plain = |text: &str| Line::plain(text.to_owned());
        let or_dash = |text: &Option<String>| Line::plain(text.as_deref().unwrap_or("-").to_owned());
        let desired = match (&row.desired, row.is_reported) {
            (None, false) => Line::of(Tone::Faint, "not known"),
            (desired, _) => or_dash(desired),
        };
        let path = if row.path.is_empty() { "(all of it)" } else { &row.path };
        let mut cells = if several { vec![plain(&row.kustomization)] } else { Vec::new() };
        cells.extend([
            Line::of(Tone::Strong, row.object.clone()),
            plain(path),
            plain(&row.rule),
            or_dash(&row.manager),
            plain(&row.since.map_or_else(|| "-".to_owned(), |since| age(since, now))),
            desired,
            or_dash(&row.live),
        ]);
        table.row(cells);
    }
    table
}
