//! The figures as Markdown, and as JSON with every run. Where Flux is better, the table says so by itself. Pure.

use serde_json::{Value, json};

use super::figures::{Phase, Run, Table, Unit};
use super::machine::Facts;
use super::options::Options;
use super::rows::{self, ROWS};
use super::side::{FLUX, FLYBALL, TUNED, TUNED_ENVIRONMENT};
use super::statistics::{Distribution, Middle};

/// Said in the place of a figure that does not exist.
const NONE: &str = "–";

/// Tables for people.
pub(super) fn markdown(options: &Options, machine: &Facts, sides: &[&str], tables: &[Table]) -> String {
    let mut text = head(options, machine);
    text.push_str(&summary(sides, tables));
    for table in tables {
        text.extend([format!("\n## {}: {}\n", table.name, table.title)]);
        let facts = table.runs.iter().map(|run| run.facts).min().unwrap_or_default();
        let counted = table.runs.len();
        text.extend([format!(
            "\nRuns that count: {counted}, of which each was compared in {facts} facts.\n"
        )]);
        for void in &table.void {
            let reasons = void.reasons.join("; ");
            text.extend([format!("\nVoid: {} in half {}: {reasons}\n", void.side, void.half + 1)]);
        }
        for phase in table.phases() {
            text.extend([format!("\n### {}: {phase}\n\n", table.name), header(sides)]);
            for (what, unit) in table.rows(phase) {
                let cells = |side: &str| table.figure(side, phase, what);
                text.push_str(&line(what, sides, unit, cells));
            }
            for (what, unit) in table.sampled(phase) {
                text.push_str(&distributions(table, phase, sides, what, unit));
            }
            text.push_str(&by_kind(table, phase, sides));
        }
    }
    text
}

fn head(options: &Options, machine: &Facts) -> String {
    let order = if options.quick { "A B, once, and small: it shows that the bench works" } else { "A B B A" };
    let environment: Vec<String> =
        TUNED_ENVIRONMENT.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let mut text = format!(
        "# Flyball beside Flux\n\n{} round(s) of {order}. Medians of the runs (least to most); percentiles are of the samples of all \
         runs together. `{FLUX}` is Flux with `{}` and `{}`. The last column is {FLUX} ÷ {FLYBALL}: **below 1 Flux is better**.\n\n\
         | | |\n| --- | --- |\n",
        options.rounds,
        TUNED.join(" "),
        environment.join(" "),
    );
    let ours = match &options.binaries {
        Some(_) => "binaries that the caller has built",
        None => "release build of this tree",
    };
    text.extend([format!("| Flyball | {ours} |\n")]);
    if !options.flags.is_empty() {
        text.extend([format!("| flyball-flagged | `{}` |\n", options.flags.join(" "))]);
    }
    text.extend(machine.iter().map(|(what, value)| format!("| {what} | {value} |\n")));
    let sizes: Vec<String> =
        options.sizes.told().iter().map(|(flag, size)| format!("{flag} {size}")).collect();
    text.extend([format!("| sizes | `{}` |\n", sizes.join(" "))]);
    text
}

/// One line for each question that was measured.
fn summary(sides: &[&str], tables: &[Table]) -> String {
    let mut lines = String::new();
    for row in &ROWS {
        let Some(table) = tables.iter().find(|table| table.name == row.workload) else { continue };
        let values = sides.iter().map(|side| rows::value(row, table, side));
        let Some(unit) = values.flatten().map(|(_, unit)| unit).next() else { continue };
        let cells = |side: &str| rows::value(row, table, side).map(|(middle, _)| middle);
        lines.push_str(&line(row.title, sides, unit, cells));
    }
    if lines.is_empty() { lines } else { format!("\n## In short\n\n{}{lines}", header(sides)) }
}

fn header(sides: &[&str]) -> String {
    let names: Vec<String> = sides.iter().map(|side| format!(" {side} |")).collect();
    let rules: String = sides.iter().map(|_| " ---: |").collect();
    format!("| |{} {FLUX} ÷ {FLYBALL} |\n| --- |{rules} ---: |\n", names.concat())
}

fn line(what: &str, sides: &[&str], unit: Unit, of: impl Fn(&str) -> Option<Middle>) -> String {
    let both = of(FLUX).zip(of(FLYBALL));
    let ratio = both.map_or(NONE.to_owned(), |(theirs, ours)| ratio(theirs.median, ours.median));
    format!("| {what} |{} {ratio} |\n", cells(sides, unit, of))
}

fn cells(sides: &[&str], unit: Unit, of: impl Fn(&str) -> Option<Middle>) -> String {
    let cell = |side: &&str| format!(" {} |", of(side).map_or(NONE.to_owned(), |middle| cell(middle, unit)));
    sides.iter().map(cell).collect()
}

/// How a percentile is had.
type Percentile = fn(&Distribution) -> f64;

/// p50, p90 and p99 of samples, each as a line of its own.
fn distributions(table: &Table, phase: &str, sides: &[&str], what: &str, unit: Unit) -> String {
    let of = |side: &str| Distribution::of(&table.samples(side, phase, what));
    let percentiles: [(&str, Percentile); 4] = [
        ("p50", |found| found.p50),
        ("p90", |found| found.p90),
        ("p99", |found| found.p99),
        ("most", |found| found.most),
    ];
    let mut text: String = percentiles
        .iter()
        .map(|(name, pick)| {
            let middle = |side: &str| {
                of(side).map(|found| pick(&found)).map(|value| Middle {
                    least: value,
                    median: value,
                    most: value,
                })
            };
            line(&format!("{what}, {name}"), sides, unit, middle)
        })
        .collect();
    let numbers: String =
        sides.iter().map(|side| format!(" {} |", of(side).map_or(0, |found| found.number))).collect();
    text.extend([format!("| {what}, n |{numbers} |\n")]);
    text
}

/// Requests by verb and resource, folded away.
fn by_kind(table: &Table, phase: &str, sides: &[&str]) -> String {
    let kinds = table.requested(phase);
    if kinds.is_empty() {
        return String::new();
    }
    let names: String = sides.iter().map(|side| format!(" {side} |")).collect();
    let rules: String = sides.iter().map(|_| " ---: |").collect();
    let mut text = format!(
        "\n<details><summary>Requests by verb and resource</summary>\n\n| |{names}\n| --- |{rules}\n"
    );
    for kind in kinds {
        let of = |side: &str| {
            let runs = table
                .of(side, phase)
                .map(|phase| phase.requests.get(kind).copied().unwrap_or_default() as f64);
            Middle::of(&runs.collect::<Vec<_>>())
        };
        // No ratios: a request of one side may stand in the place of another's of another kind.
        text.extend([format!("| `{kind}` |{}\n", cells(sides, Unit::Count, of))]);
    }
    text.push_str("\n</details>\n");
    text
}

/// How much more Flux needs; marked where it needs less, by more than rounding hides.
fn ratio(theirs: f64, ours: f64) -> String {
    match theirs / ours {
        _ if theirs == ours => "1.0×".to_owned(),
        _ if ours <= 0.0 => "∞".to_owned(),
        ratio if ratio >= 100.0 => format!("{ratio:.0}×"),
        ratio if ratio >= 0.995 => format!("{ratio:.1}×"),
        ratio => format!("**{ratio:.2}×** (Flux is better)"),
    }
}

fn cell(middle: Middle, unit: Unit) -> String {
    let median = value(middle.median, unit);
    let (least, most) = (value(middle.least, unit), value(middle.most, unit));
    if least == most { median } else { format!("{median} ({least} to {most})") }
}

fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count if value.fract() == 0.0 => format!("{value:.0}"),
        Unit::Count => format!("{value:.1}"),
        Unit::Bytes if value >= 1_048_576.0 => format!("{:.1} MiB", value / 1_048_576.0),
        Unit::Bytes if value >= 1_024.0 => format!("{:.1} KiB", value / 1_024.0),
        Unit::Bytes => format!("{value:.0} B"),
        Unit::Mib => format!("{value:.1} MiB"),
        Unit::CpuSeconds => format!("{value:.2} CPU s"),
        Unit::Seconds => format!("{value:.2} s"),
        Unit::Milliseconds if value < 10.0 => format!("{value:.1} ms"),
        Unit::Milliseconds => format!("{value:.0} ms"),
    }
}

/// Every run, for programs.
pub(super) fn json(options: &Options, machine: &Facts, tables: &[Table]) -> String {
    let sizes: serde_json::Map<String, Value> = options
        .sizes
        .told()
        .into_iter()
        .map(|(flag, size)| (flag.trim_start_matches("--").to_owned(), Value::from(size)))
        .collect();
    let machine: serde_json::Map<String, Value> =
        machine.iter().map(|(what, value)| ((*what).to_owned(), Value::from(value.as_str()))).collect();
    let workloads: Vec<Value> = tables
        .iter()
        .map(|table| {
            let void: Vec<Value> = table
                .void
                .iter()
                .map(|void| json!({ "side": void.side, "half": void.half, "reasons": void.reasons }))
                .collect();
            let runs: Vec<Value> = table.runs.iter().map(run).collect();
            json!({ "workload": table.name, "title": table.title, "runs": runs, "void": void })
        })
        .collect();
    let said = json!({
        "bench": "loop", "quick": options.quick, "rounds": options.rounds, "machine": machine, "sizes": sizes,
        "impersonated": options.sizes.impersonated, "flags": options.flags, "workloads": workloads,
    });
    format!("{said:#}\n")
}

fn run(run: &Run) -> Value {
    let phases: Vec<Value> = run.phases.iter().map(phase).collect();
    json!({ "side": run.side, "half": run.half, "facts_compared": run.facts, "phases": phases })
}

fn phase(phase: &Phase) -> Value {
    let figures: Vec<Value> = phase
        .figures
        .iter()
        .map(|figure| json!({ "what": figure.what, "unit": figure.unit.symbol(), "value": figure.value }))
        .collect();
    let samples: Vec<Value> = phase
        .samples
        .iter()
        .map(|samples| json!({ "what": samples.what, "unit": samples.unit.symbol(), "values": samples.values }))
        .collect();
    let series: Vec<Value> =
        phase.series.iter().map(|series| json!({ "what": series.what, "points": series.points })).collect();
    json!({
        "phase": phase.name, "figures": figures, "samples": samples, "requests": phase.requests, "series": series,
    })
}

#[cfg(test)]
mod tests;
