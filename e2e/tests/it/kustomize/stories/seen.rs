//! What users see of a Kustomization, without what differs from run to run.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::json;

use crate::kustomize::rig::Rig;

/// See the module.
pub(super) struct Seen {
    facets: BTreeMap<String, String>,
}

impl Seen {
    /// Everything as it is now.
    pub(super) async fn now(rig: &Rig) -> Result<Self> {
        let state = rig.state("app").await?;
        let plain = |text: &str| plain(text, rig.namespace());
        let mut facets = BTreeMap::new();
        for condition in state["status"]["conditions"].as_array().into_iter().flatten() {
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
        for field in [
            "lastAttemptedRevision",
            "lastAppliedRevision",
            "observedGeneration",
            "lastAppliedOriginRevision",
        ] {
            facets.insert(format!("status.{field}"), state["status"][field].to_string());
        }
        let history = state["status"]["history"].as_array().into_iter().flatten();
        // Not the digest, in which the namespace is, and not how often something was looked at.
        let history: Vec<String> = history
            .map(|item| format!("{} {}", item["lastReconciledStatus"], item["metadata"]["revision"]))
            .collect();
        facets.insert("status.history".into(), plain(&history.join("; ")));
        facets.insert("finalizers".into(), state["metadata"]["finalizers"].to_string());
        let entries = state["status"]["inventory"]["entries"].as_array().into_iter().flatten();
        let ids: BTreeSet<String> = entries
            .map(|entry| {
                format!(
                    "{}@{}",
                    entry["id"].as_str().unwrap_or_default(),
                    entry["v"].as_str().unwrap_or_default()
                )
            })
            .collect();
        facets.insert("inventory".into(), plain(&ids.iter().cloned().collect::<Vec<_>>().join(" ")));
        for id in &ids {
            if let Some((name, object)) = live(rig, id).await? {
                facets.insert(format!("object {}", plain(&name)), plain(&object));
            }
        }
        events(rig, &mut facets).await?;
        Ok(Self { facets })
    }

    /// What a Kustomization that was deleted has left.
    pub(super) async fn left(rig: &Rig) -> Result<Self> {
        let mut facets = BTreeMap::new();
        for name in ["a", "b"] {
            let id = format!("{}_{name}__ConfigMap@v1", rig.namespace());
            if let Some((name, object)) = live(rig, &id).await? {
                facets.insert(format!("object {name}"), plain(&object, rig.namespace()));
            }
        }
        events(rig, &mut facets).await?;
        Ok(Self { facets })
    }

    /// A line for each facet that is another.
    pub(super) fn differences(&self, theirs: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.facets.keys().chain(theirs.facets.keys()).collect();
        let absent = "-".to_owned();
        names
            .into_iter()
            .filter_map(|name| {
                let (ours, theirs) =
                    (self.facets.get(name).unwrap_or(&absent), theirs.facets.get(name).unwrap_or(&absent));
                (ours != theirs).then(|| format!("{name}\n    ours   {ours}\n    Flux's {theirs}"))
            })
            .collect()
    }
}

async fn events(rig: &Rig, facets: &mut BTreeMap<String, String>) -> Result<()> {
    for (reason, message, kind) in settled_events(rig).await? {
        let event = plain(&format!("{kind} {reason}: {message:?}"), rig.namespace());
        facets.insert(format!("event {event}"), "sent".into());
    }
    Ok(())
}

/// Events are sent after the status: what has come, once nothing more does.
async fn settled_events(rig: &Rig) -> Result<Vec<(String, String, String)>> {
    let mut events = rig.events("app").await?;
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let more = rig.events("app").await?;
        if more.len() == events.len() {
            return Ok(more);
        }
        events = more;
    }
}

/// The object of an inventory entry, without what the server alone decides.
async fn live(rig: &Rig, id: &str) -> Result<Option<(String, String)>> {
    let Some((id, version)) = id.split_once('@') else { return Ok(None) };
    let parts: Vec<&str> = id.split('_').collect();
    let [_, name, group, kind] = parts[..] else { return Ok(None) };
    let api = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let Some(mut object) = rig.get(&api, kind, &name.replace("__", ":")).await? else {
        return Ok(Some((format!("{kind}/{name}"), "absent".to_owned())));
    };
    let managers: BTreeSet<String> = object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| {
            format!(
                "{} {} {} {}",
                entry["manager"], entry["operation"], entry["subresource"], entry["fieldsV1"]
            )
        })
        .filter(|line| !line.contains("\"status\""))
        .collect();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
            metadata.remove(field);
        }
    }
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    Ok(Some((format!("{kind}/{name}"), json!({"object": object, "managers": managers}).to_string())))
}

/// Without namespace, durations, temporary folders and IP addresses.
fn plain(text: &str, ns: &str) -> String {
    let text = text.replace(ns, "NS");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        out += before;
        let end = from.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        let unit = ["ms", "µs", "ns", "s", "m", "h"].into_iter().find(|unit| {
            after.strip_prefix(unit).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphabetic()))
        });
        let inside =
            before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '/' || c == '"');
        match unit {
            Some(unit) if !inside || before.is_empty() => {
                if !out.ends_with("TIME") {
                    out += "TIME";
                }
                rest = &after[unit.len()..];
            }
            _ => {
                out += number;
                rest = after;
            }
        }
    }
    out += rest;
    // Flux unpacks into a folder of a new name each time.
    let mut plain = String::new();
    let mut rest = out.as_str();
    while let Some(at) = rest.find("/kustomization").filter(|_| rest.contains("/tmp")) {
        let (before, from) = rest.split_at(at);
        let Some(begin) = before.rfind("/tmp") else {
            plain += before;
            plain += "/kustomization";
            rest = &from["/kustomization".len()..];
            continue;
        };
        plain += &before[..begin];
        plain += "TMP";
        rest = from["/kustomization".len()..].trim_start_matches(|c: char| c == '-' || c.is_ascii_digit());
    }
    plain + rest
}
