//! The figures as Markdown and as JSON. Pure.

use std::collections::BTreeMap;

use serde_json::json;

use super::figures::{Spread, Table, Unit};
use super::options::Options;
use super::side::{FLUX, FLYBALL};

/// Tables for people: median, and from least to most.
pub(super) fn markdown(options: &Options, tables: &[Table]) -> String {
    let mut text = format!(
        "Flyball beside Flux's source-controller (--concurrent={}), {} rounds of A B B A; medians (least to most).\n",
        options.flux_concurrent, options.rounds
    );
    for table in tables {
        text.extend([
            format!("\n### {}\n\n", table.workload.title(&options.sizes)),
            "| | Flux | Flyball | Flux ÷ Flyball |\n| --- | ---: | ---: | ---: |\n".to_owned(),
        ]);
        for (what, unit) in table.rows() {
            let [theirs, ours] = [FLUX, FLYBALL].map(|side| Spread::of(table.values(side, what)));
            let ratio = theirs.zip(ours).map_or_else(|| "–".to_owned(), |(theirs, ours)| ratio(theirs, ours));
            let [theirs, ours] =
                [theirs, ours].map(|spread| spread.map_or("–".to_owned(), |s| cell(s, unit)));
            text.extend([format!("| {what} | {theirs} | {ours} | {ratio} |\n")]);
        }
    }
    text
}

/// Every value, for programs.
pub(super) fn json(options: &Options, tables: &[Table]) -> String {
    let workload = |table: &Table| {
        let figures = |side: &str| -> BTreeMap<&str, &[f64]> {
            table.rows().into_iter().map(|(what, _)| (what, table.values(side, what))).collect()
        };
        json!({
            "workload": table.workload.name(), "title": table.workload.title(&options.sizes),
            "flyball": figures(FLYBALL), "flux": figures(FLUX),
        })
    };
    let workloads: Vec<_> = tables.iter().map(workload).collect();
    let said = json!({
        "bench": "source", "rounds": options.rounds, "flux_concurrent": options.flux_concurrent,
        "workloads": workloads,
    });
    format!("{said:#}\n")
}

fn ratio(theirs: Spread, ours: Spread) -> String {
    match (theirs.median > 0.0, ours.median > 0.0) {
        (true, true) => format!("{:.1}×", theirs.median / ours.median),
        (true, false) => "∞".to_owned(),
        (false, _) => "–".to_owned(),
    }
}

fn cell(spread: Spread, unit: Unit) -> String {
    let median = value(spread.median, unit);
    let (least, most) = (value(spread.least, unit), value(spread.most, unit));
    if least == most { median } else { format!("{median} ({least} to {most})") }
}

fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count => format!("{value:.0}"),
        Unit::Bytes if value >= 1_048_576.0 => format!("{:.1} MiB", value / 1_048_576.0),
        Unit::Bytes if value >= 1_024.0 => format!("{:.1} KiB", value / 1_024.0),
        Unit::Bytes => format!("{value:.0} B"),
        Unit::Mib => format!("{value:.1} MiB"),
        Unit::Milliseconds => format!("{value:.0} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Figures;
    use super::super::options::{Wanted, Workload, parse};
    use super::*;

    #[test]
    fn both_forms() {
        let Ok(Wanted::Bench(options)) = parse(&["poll".into()]) else { panic!("options") };
        let mut table = Table::new(Workload::Poll);
        for (side, requests, bytes) in [(FLUX, 2, 3_000), (FLYBALL, 1, 0), (FLYBALL, 3, 0)] {
            let mut run = Figures::default();
            run.bytes("bytes", bytes);
            run.count("requests", requests);
            table.add(side, run);
        }
        let text = markdown(&options, std::slice::from_ref(&table));
        assert!(
            text.contains("| requests | 2 | 2 (1 to 3) | 1.0× |\n| bytes | 2.9 KiB | 0 B | ∞ |"),
            "{text}"
        );
        let json: serde_json::Value = serde_json::from_str(&json(&options, &[table])).expect("JSON");
        assert_eq!(json["workloads"][0]["flyball"]["requests"], json!([1.0, 3.0]));
        assert_eq!(json["workloads"][0]["flux"]["bytes"], json!([3_000.0]));
    }
}
