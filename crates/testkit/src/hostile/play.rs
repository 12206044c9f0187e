//! The course of a run: inputs in rounds, each beside the honest object, then the verdict, then a clean table.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::corpus::corpus;
use super::input::{Ending, Family, Files, Input, Matter};
use super::judge::{self, Before};
use super::options::Options;
use super::report::{Finding, Report, Verdict};
use super::stage::{Attack, Guest, Stage};
use crate::binaries;
use crate::canary::Canaries;

/// How long the CLI may take.
const CLI: Duration = Duration::from_secs(60);

/// Reasons of a source that waits for another one, which says more.
const WAITING: [&str; 2] = ["NoSourceArtifact", "SourceUnavailable"];

/// Tries the inputs that are wanted. `say` is told what happens.
pub async fn run(options: &Options, say: &(dyn Fn(&str) + Sync)) -> Result<Report> {
    let wanted = options.select(corpus());
    let (cli, others): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|input| input.family == Family::Cli);
    let mut report = Report::default();
    let note = |report: &mut Report, verdict: Verdict| {
        say(&verdict.to_string());
        report.verdicts.push(verdict);
    };
    for input in &cli {
        let findings = command(input, options).await.with_context(|| input.name.clone())?;
        note(&mut report, Verdict { inputs: vec![input.name.clone()], findings });
    }
    if others.is_empty() {
        return Ok(report);
    }
    let mut stage = Stage::set(options).await.context("set the stage")?;
    for inputs in others.chunks(options.width.max(1)) {
        let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
        let findings = round(&mut stage, inputs, &mut report).await.with_context(|| names.join(", "))?;
        note(&mut report, Verdict { inputs: names, findings });
    }
    Ok(report)
}

/// Inputs beside each other and beside the honest object.
async fn round(stage: &mut Stage, inputs: &[Input], report: &mut Report) -> Result<Vec<Finding>> {
    let before = Before::look(stage)?;
    let mut findings = Vec::new();
    let mut guests = Vec::new();
    for input in inputs {
        let matter = input.make(&stage.canaries);
        match stage.invite(matter).await {
            Ok(guest) => guests.push((input, guest)),
            // An API server that takes no such object has done the work.
            Err(error) if is_refusal(&error) => {}
            Err(error) => return Err(error),
        }
    }
    if let Err(error) = stage.honest_round().await {
        findings.push(Finding { promise: "an honest object goes on", seen: short(&format!("{error:#}")) });
    }
    let ended = futures::future::join_all(guests.iter().map(|(input, guest)| ends(input, guest)));
    let (ended, asked) = tokio::join!(ended, stage.hooks.ask_honestly());
    findings.extend(ended.into_iter().flatten());
    if let Err(error) = asked {
        findings.push(Finding { promise: "an honest webhook is heard", seen: short(&format!("{error:#}")) });
    }
    if let Err(error) = stage.honest_round().await {
        findings
            .push(Finding { promise: "an honest object goes on, later", seen: short(&format!("{error:#}")) });
    }
    let present: Vec<&Guest> = guests.iter().map(|(_, guest)| guest).collect();
    findings.extend(judge::all(stage, &before, &present, report).await?);
    for (_, guest) in &guests {
        stage.dismiss(guest).await?;
    }
    // What went wrong must not be found again of the next.
    if !findings.is_empty() {
        stage.start().await.context("start the controllers again")?;
    }
    for running in stage.running() {
        running.process.forget_peak()?;
    }
    Ok(findings)
}

/// Waits until the input's object has ended as it has to.
async fn ends(input: &Input, guest: &Guest) -> Vec<Finding> {
    if let Some(attack) = &guest.attack {
        return called(input, guest, attack).await;
    }
    if input.ending == Ending::Open {
        return Vec::new();
    }
    let (api, kind) = guest.kind;
    let wanted = |object: &Value| match ready(object) {
        Some(("False", reason)) => !WAITING.contains(&reason),
        Some(("True", _)) => input.ending == Ending::Settled,
        _ => false,
    };
    let finding =
        |promise, seen: String| Finding { promise, seen: format!("{}: {}", input.name, short(&seen)) };
    match guest.objects.wait_for(api, kind, "app", input.within, wanted).await {
        Err(error) => vec![finding("it ends, with words", format!("{error:#}"))],
        Ok(object) => {
            let other = match ready(&object) {
                Some(("False", reason)) if !input.may_be(reason) => {
                    let conditions = &object["status"]["conditions"];
                    Some(finding("it says what kind of trouble it is", format!("{reason}, {conditions}")))
                }
                _ => None,
            };
            let wordy = judge::wordy(&object).map(|found| finding(found.promise, found.seen));
            other.into_iter().chain(wordy).collect()
        }
    }
}

/// Calls the input's Receiver: that ends as it has to, and nobody asks for an object who may not.
async fn called(input: &Input, guest: &Guest, attack: &Attack) -> Vec<Finding> {
    let wrong = attack.carry_out(input.within).await.map(|seen| ("a webhook is answered", seen));
    let asked = match guest.objects.get("source.toolkit.fluxcd.io/v1", "GitRepository", "app").await {
        Ok(Some(object)) => {
            let asked = &object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"];
            (!attack.may_ask() && !asked.is_null())
                .then(|| ("a webhook that is not let in asks for nothing", asked.to_string()))
        }
        Ok(None) => Some(("its object is there", "it is gone".to_owned())),
        Err(error) => Some(("its object is there", format!("{error:#}"))),
    };
    let finding = |(promise, seen): (&'static str, String)| Finding {
        promise,
        seen: format!("{}: {}", input.name, short(&seen)),
    };
    wrong.into_iter().chain(asked).map(finding).collect()
}

/// Status and reason of the Ready condition, if it is about the present generation.
fn ready(object: &Value) -> Option<(&str, &str)> {
    let conditions = object["status"]["conditions"].as_array()?;
    let ready = conditions.iter().find(|condition| condition["type"] == "Ready")?;
    let present = ready["observedGeneration"] == object["metadata"]["generation"];
    if present { ready["status"].as_str().zip(ready["reason"].as_str()) } else { None }
}

fn is_refusal(error: &anyhow::Error) -> bool {
    let refusal = |cause: &kube::Error| matches!(cause, kube::Error::Api(status) if [400, 413, 422].contains(&status.code));
    error.chain().any(|cause| cause.downcast_ref::<kube::Error>().is_some_and(refusal))
}

/// Runs `flyball build -o DIR` on an input of the CLI.
async fn command(input: &Input, options: &Options) -> Result<Vec<Finding>> {
    let Matter::Cli(files) = input.make(&Canaries::default()) else { return Ok(Vec::new()) };
    let binary = match &options.binaries {
        Some(folder) => folder.join("flyball"),
        None => binaries::own("flyball")?,
    };
    let folder = tempfile::Builder::new().prefix("flyball-hostile-").tempdir()?;
    let [from, to, outside] = ["in", "out", "outside"].map(|name| folder.path().join(name));
    for path in [&from, &to, &outside] {
        std::fs::create_dir(path)?;
    }
    write(&files, &from, &outside)?;
    let running = tokio::process::Command::new(binary)
        .args(["build".as_ref(), from.as_os_str(), "-o".as_ref(), to.as_os_str()])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let Ok(output) = tokio::time::timeout(CLI, running).await else {
        return Ok(vec![Finding { promise: "it ends", seen: format!("not within {CLI:?}") }]);
    };
    let output = output?;
    let mut findings = Vec::new();
    if output.status.code().is_none_or(|code| code > 1) {
        findings.push(Finding { promise: "it ends, with words", seen: output.status.to_string() });
    }
    let mut beside: Vec<String> = names(&outside)?;
    beside.extend(
        names(folder.path())?.into_iter().filter(|name| !["in", "out", "outside"].contains(&name.as_str())),
    );
    beside.extend(names(&to)?.into_iter().filter(|name| name.starts_with('.')));
    if !beside.is_empty() {
        findings.push(Finding { promise: "it writes into DIR only", seen: beside.join(", ") });
    }
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    findings.extend(judge::controls("the terminal", &said));
    Ok(findings)
}

fn write(files: &Files, folder: &Path, outside: &Path) -> Result<()> {
    for (name, content) in files {
        let outside = outside.to_string_lossy();
        let content = String::from_utf8_lossy(content).replace("{OUT}", &outside);
        std::fs::write(folder.join(name), content)?;
    }
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

fn short(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(600).collect()
}
