//! `cargo xtask bench`: Flyball beside the programs that it stands for, in the same run. `build` is its build beside the
//! real kustomize, here; `source` its source-controller beside Flux's and `loop` the whole loop beside Flux's controllers, in
//! modules of their own. It tells figures and judges none.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use testkit::binaries::KUSTOMIZE;

use crate::progress;
use crate::workspace::{cargo_aloud, root, say, target_folder};

mod control_loop;
mod measure;
mod source;
mod workloads;

use measure::{Figures, measure};
use workloads::WORKLOADS;

const HELP: &str = "\
Benchmarks Flyball beside the programs that it stands for

Usage: cargo xtask bench build [--json FILE] [WORKLOAD...]
       cargo xtask bench source [OPTION...] [WORKLOAD...]   (bench source --help tells more)
       cargo xtask bench loop [OPTION...] [WORKLOAD...]     (bench loop --help tells more)

build: against kustomize 5.8.1, wall time (median), CPU time and peak memory

  --json FILE  write the figures to a file
  WORKLOAD     app-4, overlay-100, overlay-1000 or overlay-5000; all when none is named";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    json: Option<PathBuf>,
    only: Vec<String>,
}

/// One workload's outcome.
struct Row {
    name: &'static str,
    objects: usize,
    ours: Figures,
    /// Upstream's, and whether it printed the same; nothing where it was left out.
    upstream: Option<(Figures, bool)>,
}

/// Carries the command out.
pub(crate) fn run(arguments: &[OsString]) -> Result<()> {
    if let Some((first, rest)) = arguments.split_first() {
        if first == "source" {
            return source::run(rest);
        }
        if first == "loop" {
            return control_loop::run(rest);
        }
    }
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        say(HELP);
        return Ok(());
    }
    let options = parse(arguments)?;
    let upstream = progress::during("building kustomize", || KUSTOMIZE.build(&say))?;
    cargo_aloud(&root(), &["release-cli"])?;
    let folder = tempfile::tempdir().context("a folder")?;
    let ours = installed(&target_folder()?.join("release/flyball"), folder.path(), "flyball")?;
    let upstream = installed(&upstream, folder.path(), "kustomize")?;
    let mut rows = Vec::new();
    for workload in &WORKLOADS {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == workload.name) {
            continue;
        }
        let top = workload.write(&folder.path().join(workload.name))?;
        say(&format!("{}: {} objects, {} runs of each", workload.name, workload.objects, workload.runs));
        let programs: &[&Path] = if workload.beside_upstream { &[&ours, &upstream] } else { &[&ours] };
        let measuring = format!("measuring {}", workload.name);
        let measured = progress::during(&measuring, || measure(programs, &top, workload.runs))?;
        let mine = measured.first().context("our figures")?;
        rows.push(Row {
            name: workload.name,
            objects: workload.objects,
            ours: mine.figures,
            upstream: measured.get(1).map(|theirs| (theirs.figures, theirs.output == mine.output)),
        });
    }
    say(&table(&rows));
    if let Some(path) = &options.json {
        std::fs::write(path, report(&rows)).with_context(|| path.display().to_string())?;
        say(&format!("figures written to {}", path.display()));
    }
    Ok(())
}

/// A copy, as an installation makes one: what a linker has just written is slower to start.
fn installed(program: &Path, folder: &Path, name: &str) -> Result<PathBuf> {
    let copy = folder.join(name);
    std::fs::copy(program, &copy).with_context(|| program.display().to_string())?;
    Ok(copy)
}

fn parse(arguments: &[OsString]) -> Result<Options> {
    let mut words = arguments.iter().map(|word| word.to_str().context("an argument is not UTF-8"));
    match words.next().transpose()? {
        Some("build") => {}
        _ => bail!("say what to measure: `cargo xtask bench build`, `source` or `loop` (--help tells more)"),
    }
    let mut options = Options::default();
    while let Some(word) = words.next().transpose()? {
        match word.strip_prefix("--json=").or((word == "--json").then_some("")) {
            Some("") => {
                options.json = Some(words.next().transpose()?.context("--json needs a file")?.into());
            }
            Some(path) => options.json = Some(path.into()),
            None if WORKLOADS.iter().any(|workload| workload.name == word) => {
                options.only.push(word.to_owned());
            }
            None => bail!("unexpected argument {word} (--help tells more)"),
        }
    }
    Ok(options)
}

fn table(rows: &[Row]) -> String {
    let mut lines = vec![format!(
        "{:<14}{:>26}{:>26}{:>28}  {}",
        "workload",
        "wall ms (kustomize/ours)",
        "CPU ms (kustomize/ours)",
        "peak MiB (kustomize/ours)",
        "output"
    )];
    for row in rows {
        let cell = |figure: fn(&Figures) -> f64| {
            let ours = figure(&row.ours);
            row.upstream.map_or_else(
                || format!("{ours:.1}"),
                |(upstream, _)| {
                    let upstream = figure(&upstream);
                    format!("{upstream:.1}/{ours:.1} = {:.1}x", ratio(upstream, ours))
                },
            )
        };
        lines.push(format!(
            "{:<14}{:>26}{:>26}{:>28}  {}",
            row.name,
            cell(|figures| figures.wall_ms),
            cell(|figures| figures.cpu_ms),
            cell(|figures| figures.peak_mib),
            match row.upstream {
                Some((_, true)) => "the same",
                Some((_, false)) => "DIFFERS",
                None => "not compared",
            }
        ));
    }
    lines.join("\n")
}

fn report(rows: &[Row]) -> String {
    let figures = |figures: &Figures| json!({"wall_ms": figures.wall_ms, "cpu_ms": figures.cpu_ms, "peak_mib": figures.peak_mib});
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let mut value =
                json!({"workload": row.name, "objects": row.objects, "flyball": figures(&row.ours)});
            if let (Some((upstream, same)), Some(value)) = (&row.upstream, value.as_object_mut()) {
                value.insert("same_output".to_owned(), json!(same));
                value.insert("kustomize".to_owned(), figures(upstream));
                let ratios = json!({
                    "wall": ratio(upstream.wall_ms, row.ours.wall_ms),
                    "cpu": ratio(upstream.cpu_ms, row.ours.cpu_ms),
                    "peak": ratio(upstream.peak_mib, row.ours.peak_mib),
                });
                value.insert("ratio".to_owned(), ratios);
            }
            value
        })
        .collect();
    format!("{:#}\n", json!({"bench": "build", "workloads": rows}))
}

fn ratio(upstream: f64, ours: f64) -> f64 {
    if ours > 0.0 { upstream / ours } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &[&str]) -> Result<Options> {
        parse(&line.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn command_line() {
        assert_eq!(check(&["build"]).expect("all"), Options::default());
        let wanted = Options { json: Some("f".into()), only: vec!["app-4".to_owned()] };
        assert_eq!(check(&["build", "--json", "f", "app-4"]).expect("some"), wanted);
        assert_eq!(check(&["build", "app-4", "--json=f"]).expect("some"), wanted);
        check(&[]).expect_err("nothing to measure");
        check(&["build", "app-5"]).expect_err("no such workload");
        check(&["build", "--json"]).expect_err("no file");
    }

    #[test]
    fn figures_are_told_with_their_ratio() {
        let figures = |wall_ms| Figures { wall_ms, cpu_ms: 0.0, peak_mib: 10.0 };
        let rows = [
            Row { name: "app-4", objects: 4, ours: figures(2.0), upstream: Some((figures(50.0), true)) },
            Row { name: "big", objects: 9, ours: figures(7.5), upstream: None },
        ];
        assert!(table(&rows).contains("50.0/2.0 = 25.0x"), "{}", table(&rows));
        let json: serde_json::Value = serde_json::from_str(&report(&rows)).expect("JSON");
        assert_eq!(json["workloads"][0]["ratio"]["wall"], 25.0);
        assert_eq!(json["workloads"][0]["ratio"]["cpu"], 0.0, "without both figures there is no ratio");
        assert_eq!(json["workloads"][1]["flyball"]["wall_ms"], 7.5);
        assert!(json["workloads"][1].get("ratio").is_none(), "nothing to compare with");
    }
}
