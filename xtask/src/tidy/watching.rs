//! That alerts and dashboards ask for series that are served, and that each alert has a test and a runbook.
//! Whether an expression means anything is what promtool and the end-to-end tests show.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use reconcile_core::metrics::definition::Type;
use reconcile_core::metrics::table;
use serde_json::Value;

use super::problem::Problem;
use crate::workspace::TextFile;

#[cfg(test)]
mod tests;

/// Where alerts lead.
const RUNBOOKS: &str = "docs/runbooks/";
const BASE: &str = "https://github.com/flyball/flyball/blob/main/docs/runbooks/";
const INDEX: &str = "docs/runbooks/README.md";

/// What the names of series begin with that are ours to serve.
const PREFIXES: [&str; 7] = [
    "flyball_",
    "gotk_",
    "controller_runtime_",
    "workqueue_",
    "rest_client_",
    "process_",
    "leader_election_",
];

/// What is looked at.
#[derive(Debug)]
pub(super) struct Watching {
    /// `charts/flyball/alerts/*.yaml`.
    pub(super) alerts: Vec<TextFile>,
    /// `charts/flyball/alerts/tests/*.yaml`.
    pub(super) tests: Vec<TextFile>,
    /// `charts/flyball/dashboards/*.json`.
    pub(super) dashboards: Vec<TextFile>,
    /// `docs/runbooks/*.md`.
    pub(super) runbooks: Vec<TextFile>,
}

/// Every alert and panel that keeps no promise.
pub(super) fn check(files: &Watching) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let mut alerts = BTreeSet::new();
    for file in &files.alerts {
        let rules: Value = serde_saphyr::from_str(&file.text).with_context(|| file.path.clone())?;
        for rule in list(&rules["groups"]).iter().flat_map(|group| list(&group["rules"])) {
            let name = text(&rule["alert"]);
            if !alerts.insert(name.to_owned()) {
                problems.push(Problem::new(&file.path, format!("has two alerts {name}")));
            }
            let wrong = alert_problems(name, rule, files).into_iter();
            problems.extend(wrong.map(|wrong| Problem::new(&file.path, format!("{name} {wrong}"))));
        }
    }
    for file in &files.runbooks {
        let name = file.path.trim_start_matches(RUNBOOKS).trim_end_matches(".md");
        if file.path != INDEX && !alerts.contains(name) {
            problems.push(Problem::new(&file.path, "is the runbook of no alert"));
        }
    }
    let mut uids = BTreeSet::new();
    for file in &files.dashboards {
        let board: Value = serde_json::from_str(&file.text).with_context(|| file.path.clone())?;
        if !uids.insert(text(&board["uid"]).to_owned()) {
            problems.push(Problem::new(&file.path, "has the uid of another dashboard"));
        }
        problems.extend(board_problems(&board).into_iter().map(|wrong| Problem::new(&file.path, wrong)));
    }
    Ok(problems)
}

fn alert_problems(name: &str, rule: &Value, files: &Watching) -> Vec<String> {
    let mut wrong = unknown(text(&rule["expr"]));
    let annotations = &rule["annotations"];
    for key in ["summary", "description"] {
        if text(&annotations[key]).is_empty() {
            wrong.push(format!("has no {key}"));
        }
    }
    if !matches!(text(&rule["labels"]["severity"]), "info" | "warning" | "critical") {
        wrong.push("has no severity".to_owned());
    }
    if text(&annotations["runbook_url"]) != format!("{BASE}{name}.md") {
        wrong.push(format!("must have the runbook_url {BASE}{name}.md"));
    }
    let head = format!("# {name}\n");
    let path = format!("{RUNBOOKS}{name}.md");
    if !files.runbooks.iter().any(|file| file.path == path && file.text.starts_with(&head)) {
        wrong.push(format!("needs the runbook {path}, which begins with its name"));
    }
    let line = format!("alertname: {name}\n");
    if !files.tests.iter().any(|file| file.text.contains(&line)) {
        wrong.push("has no test in charts/flyball/alerts/tests".to_owned());
    }
    wrong
}

fn board_problems(board: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let variables: Vec<&str> =
        list(&board["templating"]["list"]).iter().map(|variable| text(&variable["name"])).collect();
    if variables.first() != Some(&"datasource") {
        wrong.push("must let people choose the data source: its first variable is datasource".to_owned());
    }
    let mut ids = BTreeSet::new();
    for panel in list(&board["panels"]) {
        let title = text(&panel["title"]);
        if !ids.insert(panel["id"].as_u64()) {
            wrong.push(format!("has two panels with the id of {title:?}"));
        }
        for target in list(&panel["targets"]) {
            if target["datasource"]["uid"] != "${datasource}" {
                wrong.push(format!("{title:?} does not ask the data source that was chosen"));
            }
            wrong.extend(unknown(text(&target["expr"])).into_iter().map(|what| format!("{title:?} {what}")));
        }
    }
    wrong
}

/// The series of an expression that nothing serves.
fn unknown(expression: &str) -> Vec<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let named: BTreeSet<&str> =
        words.filter(|word| PREFIXES.iter().any(|prefix| word.starts_with(prefix))).collect();
    named
        .into_iter()
        .filter(|name| !is_served(name))
        .map(|name| format!("asks for {name}, which is not served"))
        .collect()
}

fn is_served(series: &str) -> bool {
    table::all().any(|family| match family.type_ {
        Type::Counter | Type::Gauge => series == family.name,
        Type::Histogram(_) => {
            series.strip_prefix(family.name).is_some_and(|part| matches!(part, "_bucket" | "_sum" | "_count"))
        }
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
