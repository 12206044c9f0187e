//! What must hold after a round: the processes run and are small, nothing leaked, nothing was written elsewhere, and
//! no text carries control characters. It changes nothing.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use super::input::VICTIM;
use super::report::{Finding, Report};
use super::site::Site;
use super::stage::{GATE, Guest, Stage};
use crate::canary::{Text, gather};
use crate::cluster::{Mark, Request};

/// Memory that a controller may have beside what its gate lets in.
const OVER_GATE: u64 = 64 << 20;

/// Most bytes of a message of a source: what is quoted is bounded, what is ours is short.
const MESSAGE: usize = 4 << 10;

/// Resources that controllers write on behalf of the objects they reconcile, in whatever namespace these are.
const OWN: [&str; 2] = ["events", "leases"];

/// Where logs and the log of requests ended before a round.
pub(super) struct Before {
    mark: Mark,
    logs: BTreeMap<String, usize>,
    posted: usize,
}

impl Before {
    pub(super) fn look(stage: &Stage) -> Result<Self> {
        let logs = gather::logs(stage.ns.folder())?;
        Ok(Self {
            mark: stage.plane.requests()?.mark()?,
            logs: logs.into_iter().map(|log| (log.place, log.text.len())).collect(),
            posted: stage.sink.received().len(),
        })
    }
}

/// Everything that must not be.
pub(super) async fn all(
    stage: &Stage,
    before: &Before,
    guests: &[&Guest],
    report: &mut Report,
) -> Result<Vec<Finding>> {
    let mut findings = processes(stage, report)?;
    let mut seen = Vec::new();
    for guest in guests {
        seen.extend(gather::statuses(&guest.objects).await?);
    }
    for event in stage.sink.received().into_iter().skip(before.posted) {
        let about = &event["involvedObject"];
        if about["namespace"] != VICTIM {
            seen.push(Text::new(format!("a notification about {about}"), lines(&event)));
        }
    }
    findings.extend(
        stage
            .private
            .search(&seen)
            .into_iter()
            .map(|leak| Finding { promise: "another namespace's words stay there", seen: leak.to_string() }),
    );
    findings.extend(seen.iter().flat_map(|text| controls(&text.place, &text.text)));
    for log in gather::logs(stage.ns.folder())? {
        let from = before.logs.get(&log.place).copied().unwrap_or(0);
        seen.push(Text::new(log.place, log.text.get(from..).unwrap_or_default()));
    }
    for running in stage.running() {
        if running.process.exited().is_none()
            && let Ok(metrics) = running.metrics().await
        {
            seen.push(Text::new(format!("metrics of {}", running.process.name()), metrics));
        }
    }
    seen.extend(guests.iter().filter_map(|guest| guest.site.as_ref()).map(Site::heard));
    let mut namespaces = vec![stage.ns.name()];
    namespaces.extend(guests.iter().map(|guest| guest.namespace.as_str()));
    let log = stage.plane.requests()?;
    seen.extend(gather::requests(&log, &before.mark, &namespaces)?);
    findings.extend(
        stage
            .canaries
            .search(&seen)
            .into_iter()
            .map(|leak| Finding { promise: "secrets are seen nowhere", seen: leak.to_string() }),
    );
    let written = log.everyone(&before.mark)?.filter(|request| reaches_out(request, stage.ns.name()));
    findings.extend(written.0.iter().map(|request| Finding {
        promise: "a tenant writes in its own namespace",
        seen: format!("{} {} as {} {}", request.verb, request.uri, request.user, request.impersonated),
    }));
    Ok(findings)
}

fn processes(stage: &Stage, report: &mut Report) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for running in stage.running() {
        let (process, name) = (&running.process, running.process.name());
        if let Some(exit) = process.exited() {
            let tail: String = process.log_tail().chars().rev().take(400).collect();
            let tail: String = tail.chars().rev().collect();
            findings
                .push(Finding { promise: "the process goes on", seen: format!("{name}: {exit:?} {tail}") });
            continue;
        }
        let peak = process.peak_rss()?;
        report.peak(name, peak);
        if peak > GATE + OVER_GATE {
            findings.push(Finding {
                promise: "memory has a limit",
                seen: format!("{name} had {} MiB, {} may be", peak >> 20, (GATE + OVER_GATE) >> 20),
            });
        }
    }
    Ok(findings)
}

/// Whether a request that did something was made on behalf of somebody to whom its object does not belong.
pub(super) fn reaches_out(request: &Request, system: &str) -> bool {
    let writes = !matches!(request.verb.as_str(), "get" | "list" | "watch" | "head");
    let controllers = format!("system:serviceaccount:{system}:");
    if !writes || !request.user.starts_with(&controllers) {
        return false;
    }
    // A path that was meant as a name shows in the address, whatever came of it.
    let path = request.uri.split('?').next().unwrap_or_default();
    if path.split('/').any(|part| part == "..") || path.to_ascii_lowercase().contains("%2e%2e") {
        return true;
    }
    if request.is_dry_run() || request.code >= 300 || OWN.contains(&request.resource.as_str()) {
        return false;
    }
    match request.impersonated.strip_prefix("system:serviceaccount:") {
        Some(account) => account.split(':').next() != Some(request.namespace.as_str()),
        // By itself a controller writes the kinds it reconciles, and the honest object, which has no account.
        None => {
            let own = [
                "kustomize.toolkit.fluxcd.io",
                "source.toolkit.fluxcd.io",
                "notification.toolkit.fluxcd.io",
                "flyball.dev",
            ];
            !own.contains(&request.group.as_str()) && request.namespace != system
        }
    }
}

/// Characters that move a cursor or turn the writing round, in what people read.
pub(super) fn controls(place: &str, text: &str) -> Option<Finding> {
    let bad = |char: &char| {
        (char.is_control() && !matches!(char, '\n' | '\t'))
            || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    let found = text.chars().find(bad)?;
    let seen = format!("{place} has {}", found.escape_unicode());
    Some(Finding { promise: "no control characters", seen })
}

/// A message of a source that is longer than people read.
pub(super) fn wordy(object: &Value) -> Option<Finding> {
    if object["apiVersion"] != "source.toolkit.fluxcd.io/v1" {
        return None;
    }
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let longest = conditions.filter_map(|condition| condition["message"].as_str()).map(str::len).max()?;
    let seen = format!("{} has {longest} bytes", object["kind"]);
    (longest > MESSAGE).then_some(Finding { promise: "messages are bounded", seen })
}

/// All strings of an event, unescaped.
fn lines(event: &Value) -> String {
    let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
    format!("{}\n{}\n{}\n{}", text("reason"), text("message"), event["metadata"], event["involvedObject"])
}
