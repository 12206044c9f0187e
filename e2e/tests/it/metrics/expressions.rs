//! The expressions of dashboards and alerts, as Prometheus can be asked them: Grafana's variables have values, and what an
//! alert compares stands without the comparison, which holds only while something is wrong.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// An expression, and where it stands.
pub(super) struct Expression {
    place: String,
    pub(super) text: String,
}

impl Expression {
    pub(super) fn new(place: String, text: &str) -> Self {
        Self { place, text: with_values(text) }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Grafana's variables.
fn with_values(text: &str) -> String {
    text.replace("$namespace", ".*")
        .replace("$operator_namespace", "flux-system")
        .replace("$__rate_interval", "1m")
        .replace("$__range", "5m")
}

/// Of every panel in a folder of dashboards.
pub(super) fn of_dashboards(folder: &Path) -> Result<Vec<Expression>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let board: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        for panel in board["panels"].as_array().into_iter().flatten() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let text = target["expr"].as_str().context("a target without expression")?;
                found.push(Expression::new(format!("{} / {}", board["title"], panel["title"]), text));
            }
        }
    }
    Ok(found)
}

/// Of every alert of a file, one for each part that is compared.
pub(super) fn of_alerts(file: &Path) -> Result<Vec<Expression>> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let mut found = Vec::new();
    let mut alert = "";
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("- alert: ") {
            alert = name;
        } else if let Some(expression) = line.strip_prefix("expr: ") {
            found.extend(
                operands(expression).into_iter().map(|part| Expression::new(alert.to_owned(), &part)),
            );
        }
    }
    Ok(found)
}

/// What an alert's expression looks at, in the present.
fn operands(expression: &str) -> Vec<String> {
    let present = expression.replace(" offset 1h", "");
    present
        .split(" unless ")
        .map(|part| without_comparison(part.trim_start_matches("on () ")).to_owned())
        .collect()
}

fn without_comparison(part: &str) -> &str {
    let Some((left, right)) = part.rsplit_once(' ') else { return part };
    if right.parse::<f64>().is_err() {
        return part;
    }
    match left.rsplit_once(' ') {
        Some((compared, "==" | "!=" | ">" | "<" | ">=" | "<=")) => compared,
        _ => part,
    }
}

#[test]
fn alerts_are_asked_without_their_comparisons() {
    let parts = |expression: &str| operands(expression).join(" | ");
    assert_eq!(parts("sum by (a) (b{c=\"d\"}) > 0"), "sum by (a) (b{c=\"d\"})");
    assert_eq!(parts("max(a) < 1 unless on () b"), "max(a) | b");
    assert_eq!(
        parts("count by (a) (b offset 1h) > 0 unless count by (a) (b)"),
        "count by (a) (b) | count by (a) (b)"
    );
    assert_eq!(parts("1 - a / b > 0.8"), "1 - a / b");
    assert_eq!(parts("a - 1"), "a - 1");
}

#[test]
fn variables_have_values() {
    assert_eq!(with_values("rate(a{b=~\"$namespace\"}[$__rate_interval])"), "rate(a{b=~\".*\"}[1m])");
}
