//! Tables, ratios and JSON of runs that were never run.

use super::super::figures::Void;
use super::super::options::{Wanted, parse};
use super::*;

fn options(words: &[&str]) -> Options {
    let words: Vec<_> = words.iter().map(Into::into).collect();
    match parse(&words, |_| true) {
        Ok(Wanted::Bench(options)) => *options,
        other => panic!("{other:?}"),
    }
}

fn table() -> Table {
    let mut table = Table::new("drift", "Drift".to_owned());
    for (half, side, requests, cpu, life) in
        [(0, FLUX, 30, 2.0, 4_000.0), (0, FLYBALL, 3, 4.0, 20.0), (1, FLYBALL, 5, 4.0, 40.0)]
    {
        let mut phase = Phase::new("drift");
        phase.add("CPU", Unit::CpuSeconds, cpu);
        phase.count("requests", requests);
        phase.sample("life of drift", Unit::Milliseconds, vec![life; 2]);
        phase.requests = [("get configmaps".to_owned(), requests as u64)].into();
        table.runs.push(Run { side, half, facts: 9, phases: vec![phase] });
    }
    table.void.push(Void { side: FLUX, half: 1, reasons: vec!["an object is missing".to_owned()] });
    table
}

#[test]
fn tables_tell_ratios_and_where_flux_is_better() {
    let text =
        markdown(&options(&["drift"]), &vec![("kernel", "6".to_owned())], &[FLYBALL, FLUX], &[table()]);
    for line in [
        "| | flyball | flux | flux ÷ flyball |\n| --- | ---: | ---: | ---: |\n",
        "| requests | 4 (3 to 5) | 30 | 7.5× |\n| CPU | 4.00 CPU s | 2.00 CPU s | **0.50×** (Flux is better) |\n",
        "| life of drift, p50 | 20 ms | 4000 ms | 200× |\n",
        "| life of drift, n | 4 | 2 | |\n",
        "| `get configmaps` | 4 (3 to 5) | 30 |\n",
        "\nRuns that count: 3, of which each was compared in 9 facts.\n",
        "\nVoid: flux in half 2: an object is missing\n",
        "| kernel | 6 |\n",
        "## In short",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("restart"), "what was not measured has no line: {text}");
}

#[test]
fn a_side_without_runs_has_no_figures() {
    let mut table = table();
    table.runs.retain(|run| run.side == FLUX);
    let text = markdown(&options(&[]), &Vec::new(), &[FLYBALL, FLUX], &[table]);
    assert!(text.contains("| requests | – | 30 | – |"), "{text}");
}

#[test]
fn every_run_is_in_the_json() {
    let json =
        json(&options(&["--flag", "--x", "--objects=7"]), &vec![("kernel", "6".to_owned())], &[table()]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["workloads"][0]["runs"].as_array().map(Vec::len), Some(3));
    assert_eq!(json["workloads"][0]["runs"][2]["phases"][0]["samples"][0]["values"], json!([40.0, 40.0]));
    assert_eq!(json["workloads"][0]["void"][0]["half"], 1);
    assert_eq!((&json["sizes"]["objects"], &json["flags"][0]), (&json!(7), &json!("--x")));
}

#[test]
fn ratios() {
    for (theirs, ours, said) in [
        (10.0, 5.0, "2.0×"),
        (5.0, 10.0, "**0.50×** (Flux is better)"),
        (9.99, 10.0, "1.0×"),
        (9.9, 10.0, "**0.99×** (Flux is better)"),
        (0.0, 0.0, "1.0×"),
        (3.0, 0.0, "∞"),
        (0.0, 3.0, "**0.00×** (Flux is better)"),
        (1_500.0, 1.0, "1500×"),
    ] {
        assert_eq!(ratio(theirs, ours), said, "{theirs} / {ours}");
    }
}

#[test]
fn every_line_of_the_summary_names_a_figure_once() {
    for (at, row) in ROWS.iter().enumerate() {
        let same = ROWS.iter().skip(at + 1).find(|other| {
            other.title == row.title
                || (other.phase, other.from, other.workload) == (row.phase, row.from, row.workload)
        });
        assert_eq!(same, None, "{row:?}");
    }
}
