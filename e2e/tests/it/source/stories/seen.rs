//! What users see of a GitRepository, without what differs from run to run.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use testkit::cluster::TestNamespace;

use super::super::{API, KIND};

/// See the module.
pub(super) struct Seen {
    facets: BTreeMap<String, String>,
}

impl Seen {
    /// Everything as it is now.
    pub(super) async fn now(ns: &TestNamespace, name: &str, story: &str) -> Result<Self> {
        let plain = |text: &str| plain(&text.replace(ns.name(), "NS"), story);
        let mut facets = BTreeMap::new();
        for event in settled(ns, name).await? {
            facets.insert(plain(&event), "sent".to_owned());
        }
        let state = ns.get(API, KIND, name).await?.context(name.to_owned())?;
        let status = &state["status"];
        for condition in status["conditions"].as_array().into_iter().flatten() {
            let text = |field: &str| condition[field].as_str().unwrap_or_default();
            let observed = condition["observedGeneration"] == state["metadata"]["generation"];
            let value = format!(
                "{} {} observed={observed} {:?}",
                text("status"),
                text("reason"),
                plain(text("message"))
            );
            facets.insert(format!("condition {}", text("type")), value);
        }
        for (field, value) in status.as_object().into_iter().flatten() {
            if !["conditions", "artifact", "includedArtifacts", "sourceVerificationFingerprint"]
                .contains(&field.as_str())
            {
                facets.insert(format!("status.{field}"), value.to_string());
            }
        }
        for field in ["revision", "path", "metadata"] {
            facets.insert(format!("artifact.{field}"), plain(&status["artifact"][field].to_string()));
        }
        let included = status["includedArtifacts"].as_array().into_iter().flatten();
        let included: Vec<String> = included.map(|one| one["revision"].to_string()).collect();
        facets.insert("included".to_owned(), included.join(" "));
        if let Some(url) = status["artifact"]["url"].as_str() {
            files(url, &mut facets).await?;
        }
        Ok(Self { facets })
    }

    /// A line for each facet that is another.
    pub(super) fn differences(&self, theirs: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.facets.keys().chain(theirs.facets.keys()).collect();
        let absent = "-".to_owned();
        let of = |seen: &Self, name: &String| seen.facets.get(name).unwrap_or(&absent).clone();
        names
            .into_iter()
            .filter_map(|name| {
                let (ours, theirs) = (of(self, name), of(theirs, name));
                (ours != theirs).then(|| format!("{name}\n    ours   {ours}\n    Flux's {theirs}"))
            })
            .collect()
    }
}

/// Every entry of an artifact: its mode and what is in it.
async fn files(url: &str, facets: &mut BTreeMap<String, String>) -> Result<()> {
    let bytes = reqwest::get(url).await?.bytes().await?;
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mode = entry.header().mode()?;
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut content)?;
        let content = String::from_utf8_lossy(&content).into_owned();
        facets.insert(format!("file {name:?}"), format!("{mode:o} {content:?}"));
    }
    Ok(())
}

/// Events are sent after the status: what has come, once nothing more does.
async fn settled(ns: &TestNamespace, name: &str) -> Result<BTreeSet<String>> {
    let look = || async {
        let events = ns.list("v1", "Event", "").await?;
        let ours = events.into_iter().filter(|event| event["involvedObject"]["name"] == name);
        let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
        // Which of two runs in a row sends these is chance; Flux finds its own older file when it is quick.
        let chance = ["ArtifactUpToDate", "GitOperationSucceeded", "ArtifactVerificationFailed"];
        let ours = ours.filter(|event| !chance.iter().any(|reason| event["reason"] == *reason));
        let lines = ours.map(|event| {
            format!(
                "event {} {}: {:?}",
                text(&event, "type"),
                text(&event, "reason"),
                text(&event, "message")
            )
        });
        anyhow::Ok(lines.collect::<BTreeSet<String>>())
    };
    let mut events = look().await?;
    loop {
        tokio::time::sleep(Duration::from_millis(900)).await;
        let more = look().await?;
        if more == events {
            return Ok(more);
        }
        events = more;
    }
}

/// Without the digits of temporary folders, which Flux makes anew each time.
fn plain(text: &str, story: &str) -> String {
    let mut out = text.replace(&format!("{story}-"), "");
    // The folder of temporary files of the test.
    while let Some(at) = out.find("/tmp/flyball-plane-") {
        let end = ["/gitrepository-", "/flux-"].iter().filter_map(|next| out[at..].find(next)).min();
        let Some(end) = end else { break };
        out.replace_range(at..at + end, "/tmp");
    }
    for begin in ["/tmp/gitrepository-NS-", "/tmp/flux"] {
        let mut done = String::new();
        let mut rest = out.as_str();
        while let Some(at) = rest.find(begin) {
            let (before, from) = rest.split_at(at + begin.len());
            done += before;
            let end = from.find(['/', ':', '"', ' ']).unwrap_or(from.len());
            let (folder, after) = from.split_at(end);
            let folder = folder.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
            done += folder.trim_start_matches("-include").trim_start_matches('-');
            rest = after;
        }
        done += rest;
        out = done;
    }
    // Times of certificates.
    match out.split_once("current time ") {
        Some((before, _)) => format!("{before}current time"),
        None => out,
    }
}
