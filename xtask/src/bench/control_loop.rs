//! `cargo xtask bench loop`: our kustomize-controller beside Flux's, with the source-controllers where a workload is about
//! sources, in turns A B B A, each time on a control plane that has seen nothing else. A run counts only if both sides end in
//! the same. Counts come first: they are the same on every machine. It tells figures and judges none.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::progress;
use crate::workspace::{complain, say};

mod apps;
mod dump;
mod figures;
mod machine;
mod meter;
mod observer;
mod options;
mod outcome;
mod plots;
mod report;
mod rows;
mod side;
mod sighting;
mod sizes;
mod stand;
mod statistics;
mod svg;
mod workload;
mod workloads;

use figures::{Phase, Run, Table, Void};
use options::{Options, Wanted};
use outcome::Outcome;
use side::{FLYBALL, Side};
use stand::Stand;
use workload::Workload;
use workloads::ALL;

/// Names that stand for a bench of its own.
const BUILD: [&str; 2] = ["build", "w3"];

/// Carries the command out.
pub(super) fn run(arguments: &[OsString]) -> Result<()> {
    let is_workload = |word: &str| {
        BUILD.iter().any(|name| name.eq_ignore_ascii_case(word))
            || ALL.iter().any(|workload| workload.is_called(word))
    };
    let options = match options::parse(arguments, is_workload)? {
        Wanted::Help => {
            let known = ALL.map(|workload| (workload.name, workload.id, workload.about));
            let build = ("build", "w3", "builds beside kustomize: that is `cargo xtask bench build`");
            let known: Vec<_> = known.into_iter().chain([build]).collect();
            say(&options::help(&known));
            return Ok(());
        }
        Wanted::Bench(options) => *options,
    };
    let wanted = |workload: &&&Workload| {
        options.workloads.is_empty() || options.workloads.iter().any(|word| workload.is_called(word))
    };
    let workloads: Vec<&Workload> = ALL.iter().filter(wanted).copied().collect();
    if options.workloads.iter().any(|word| BUILD.iter().any(|name| name.eq_ignore_ascii_case(word))) {
        say("Builds are measured beside kustomize by `cargo xtask bench build`.");
        if workloads.is_empty() {
            return Ok(());
        }
    }
    let sides = side::sides(&options)?;
    let machine = machine::facts()?;
    let runtime = tokio::runtime::Runtime::new().context("runtime")?;
    let mut tables = Vec::new();
    for workload in workloads {
        say(&format!("{}: {} ...", workload.name, (workload.title)(&options.sizes)));
        tables.push(runtime.block_on(measure(workload, &options, &sides))?);
        // What has been measured is not lost with what comes.
        tell(&options, &machine, &sides, &tables, false)?;
    }
    tell(&options, &machine, &sides, &tables, true)?;
    let void: usize = tables.iter().map(|table| table.void.len()).sum();
    if void > 0 {
        bail!("{void} runs do not count; the report says why");
    }
    Ok(())
}

/// Writes what the caller wants; in the end it is also said.
fn tell(
    options: &Options,
    machine: &machine::Facts,
    sides: &[Side],
    tables: &[Table],
    at_the_end: bool,
) -> Result<()> {
    let names: Vec<&str> = sides.iter().map(|side| side.name).collect();
    let told = report::markdown(options, machine, &names, tables);
    if at_the_end {
        say(&told);
    }
    let mut written: Vec<&Path> = Vec::new();
    for (path, text) in [(&options.markdown, told), (&options.json, report::json(options, machine, tables))] {
        if let Some(path) = path {
            std::fs::write(path, text).with_context(|| path.display().to_string())?;
            written.push(path);
        }
    }
    if let Some(folder) = &options.svg {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        for (name, picture) in tables.iter().flat_map(|table| plots::plots(&names, table)) {
            let path = folder.join(name);
            std::fs::write(&path, picture).with_context(|| path.display().to_string())?;
        }
        written.push(folder);
    }
    for path in written.into_iter().filter(|_| at_the_end) {
        say(&format!("figures written to {}", path.display()));
    }
    Ok(())
}

/// All rounds of one workload. An interrupt ends it, and all processes with it.
async fn measure(workload: &Workload, options: &Options, sides: &[Side]) -> Result<Table> {
    let mut table = Table::new(workload.name, (workload.title)(&options.sizes));
    for round in 0..options.rounds {
        let mut played = Vec::new();
        for (at, half) in side::order(sides.len(), round, options.quick) {
            let Some(side) = sides.get(at) else { continue };
            let line = progress::show(&format!("{} of {}, round {}", workload.name, side.name, round + 1));
            let ending = tokio::select! {
                ending = play(workload, options, side) => ending,
                interrupt = tokio::signal::ctrl_c() => {
                    interrupt.context("waiting for an interrupt")?;
                    bail!("interrupted");
                }
            };
            drop(line);
            played.push((side.name, half, ending));
        }
        judge(&mut table, played);
    }
    Ok(table)
}

/// How a run ended.
type Ending = Result<(Vec<Phase>, Outcome)>;

/// One run on a stand of its own.
async fn play(workload: &Workload, options: &Options, side: &Side) -> Ending {
    let mut needs = (workload.needs)(&options.sizes);
    if options.count_bytes {
        needs.delay.get_or_insert_default();
    }
    let mut stand = Box::pin(Stand::open(side, needs)).await.context("the stand")?;
    let phases = match (workload.play)(&options.sizes, &mut stand).await {
        Ok(phases) => phases,
        Err(error) => {
            complain(&stand.logs());
            return Err(error);
        }
    };
    let outcome = stand.outcome().await?;
    Ok((phases, outcome))
}

/// Which runs count: those of a half in which all ended in the same as ours did. Of the others nothing is kept but why.
fn judge(table: &mut Table, played: Vec<(&'static str, usize, Ending)>) {
    let ours: Vec<(usize, Option<Outcome>)> = played
        .iter()
        .filter(|(side, ..)| *side == FLYBALL)
        .map(|(_, half, ending)| (*half, ending.as_ref().ok().map(|(_, outcome)| outcome.clone())))
        .collect();
    for (side, half, ending) in played {
        let reference = ours.iter().find(|(of, _)| *of == half).and_then(|(_, outcome)| outcome.as_ref());
        let reasons = match (&ending, reference) {
            (Err(error), _) => vec![format!("{error:#}")],
            (Ok(_), None) => vec!["there is no run of ours to compare it with".to_owned()],
            (Ok((_, outcome)), Some(ours)) => {
                let differences = ours.differences(outcome);
                let from = format!("of {} facts these differ from ours", ours.len());
                if differences.is_empty() {
                    differences
                } else {
                    std::iter::once(from).chain(differences).collect()
                }
            }
        };
        let facts = reference.map_or(0, Outcome::len);
        match ending {
            Ok((phases, _)) if reasons.is_empty() => table.runs.push(Run { side, half, facts, phases }),
            _ => {
                complain(&format!(
                    "{}: a run of {side} does not count: {}",
                    table.name,
                    reasons.join("\n  ")
                ));
                table.void.push(Void { side, half, reasons });
            }
        }
    }
    // Figures of ours alone, in a half where nobody else's count, are compared with nothing.
    let counted: Vec<usize> =
        table.runs.iter().filter(|run| run.side != FLYBALL).map(|run| run.half).collect();
    let alone = |run: &Run| run.side == FLYBALL && !counted.contains(&run.half);
    for run in table.runs.iter().filter(|run| alone(run)) {
        let reasons = vec!["no other run of its half counts".to_owned()];
        table.void.push(Void { side: run.side, half: run.half, reasons });
    }
    table.runs.retain(|run| !alone(run));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::side::FLUX;
    use super::*;

    fn ended_in(value: &str) -> Ending {
        let object = json!({ "kind": "ConfigMap", "metadata": { "name": "a" }, "data": { "key": value } });
        Ok((vec![Phase::new("x")], Outcome::of("ns", &[object], &[])))
    }

    #[test]
    fn a_run_counts_if_it_ends_as_ours_did() {
        let mut table = Table::new("w", String::new());
        let failed: Ending = Err(anyhow::anyhow!("not within its time"));
        judge(
            &mut table,
            vec![
                (FLYBALL, 0, ended_in("1")),
                (FLUX, 0, ended_in("1")),
                (FLUX, 1, ended_in("2")),
                (FLYBALL, 1, ended_in("1")),
                (FLYBALL, 2, failed),
                (FLUX, 2, ended_in("1")),
            ],
        );
        let counted: Vec<_> = table.runs.iter().map(|run| (run.side, run.half)).collect();
        assert_eq!(counted, [(FLYBALL, 0), (FLUX, 0)]);
        let void: Vec<_> = table.void.iter().map(|void| (void.side, void.half)).collect();
        assert_eq!(void, [(FLUX, 1), (FLYBALL, 2), (FLUX, 2), (FLYBALL, 1)]);
        assert!(table.void.iter().all(|void| !void.reasons.is_empty()), "{:?}", table.void);
    }
}
