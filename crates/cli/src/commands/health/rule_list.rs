//! The library of rules, as a table or as HealthRules.

use api::health_rule::HealthRuleSpec;
use health::library::{self, Entry};
use serde_json::{Value, json};

use crate::error::CliError;
use crate::present::{Column, Line, Shape, Table, Tone};

#[cfg(test)]
mod tests;

/// Characters of a line where no terminal ends it.
const WIDTH: usize = 120;

/// The entries of the library, for one kind if one is given.
pub(super) fn entries(kind: Option<&str>) -> Result<Vec<Entry>, CliError> {
    let all = library::entries().map_err(|error| CliError::input(error.to_string()))?;
    let Some(kind) = kind else { return Ok(all) };
    let is_for = |known: &String| known.eq_ignore_ascii_case(kind);
    let found: Vec<Entry> = all.into_iter().filter(|entry| entry.spec.kinds.iter().any(is_for)).collect();
    if found.is_empty() {
        return Err(CliError::input(format!("the library has no rule that is for kind {kind} alone")).with_hints([
            "flyball health rules lists all; kinds of Kubernetes itself, and kinds without a rule, are judged by what is built in".to_owned(),
        ]));
    }
    Ok(found)
}

/// For people: a line for each kind; nothing is cut if it is `wide`.
pub(super) fn table(entries: &[Entry], width: Option<usize>, wide: bool) -> Vec<Line> {
    let mut table = Table::new(vec![
        Column::new("GROUP"),
        Column::new("KIND"),
        Column::new("WEIGHT"),
        Column::new("WRITTEN FROM"),
    ]);
    for Entry { since, spec, .. } in entries {
        let group = if spec.group.is_empty() { "core" } else { spec.group.as_str() };
        for kind in &spec.kinds {
            table.row(vec![
                Line::plain(group),
                Line::of(Tone::Strong, kind.as_str()),
                Line::plain(format!("{:?}", spec.weight)),
                Line::of(Tone::Faint, since.as_str()),
            ]);
        }
    }
    table.lines(Shape { width: width.or(Some(WIDTH)), wide, ..Shape::default() })
}

/// Each as a HealthRule.
pub(super) fn manifests(entries: &[Entry]) -> Vec<Value> {
    entries.iter().map(|entry| manifest(&entry.spec)).collect()
}

/// All as documents of YAML, each with what it was written from.
pub(super) fn documents(entries: &[Entry]) -> String {
    let document = |entry: &Entry| {
        let since = entry.since.lines().collect::<Vec<_>>().join(" ");
        format!("# Written from: {since}\n{}", manifest::yaml::write(&manifest(&entry.spec)))
    };
    entries.iter().map(document).collect::<Vec<_>>().join("---\n")
}

fn manifest(spec: &HealthRuleSpec) -> Value {
    json!({
        "apiVersion": "flyball.dev/v1alpha1",
        "kind": "HealthRule",
        "metadata": {"name": name(spec)},
        "spec": spec,
    })
}

/// The names of all, as HealthRules.
pub(super) fn names(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| format!("healthrule.flyball.dev/{}", name(&entry.spec))).collect()
}

/// A name for it: its first kind and its group.
fn name(spec: &HealthRuleSpec) -> String {
    let kind = spec.kinds.first().map(String::as_str).filter(|kind| *kind != "*").unwrap_or("all");
    let group = if spec.group.is_empty() { "core" } else { spec.group.trim_start_matches("*.") };
    let name: String = format!("{kind}.{group}").to_ascii_lowercase();
    name.chars().take(253).collect()
}
