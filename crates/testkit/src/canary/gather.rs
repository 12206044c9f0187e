//! Collects what can be read of a namespace: logs, metrics, events, conditions, Convergences, the addresses of requests.
//! The values of its Secrets are canaries. It judges nothing.

use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use serde_json::Value;

use super::{Canaries, Text};
use crate::cluster::{Mark, Objects, RequestLog};
use crate::events::posted_about;

/// Kinds whose status people read.
const KINDS: [(&str, &str); 8] = [
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
    ("source.toolkit.fluxcd.io/v1", "GitRepository"),
    ("source.toolkit.fluxcd.io/v1", "OCIRepository"),
    ("source.toolkit.fluxcd.io/v1", "Bucket"),
    ("source.toolkit.fluxcd.io/v1", "ExternalArtifact"),
    ("source.toolkit.fluxcd.io/v1", "HelmRepository"),
    ("source.toolkit.fluxcd.io/v1", "HelmChart"),
    ("flyball.dev/v1alpha1", "Convergence"),
];

/// Keys of a Secret whose values are no secrets: authorities and names.
const PUBLIC: [&str; 5] = ["ca.crt", "caFile", "username", "known_hosts", "identity.pub"];

/// Makes canaries of all values of the namespace's Secrets.
pub async fn secrets(objects: &Objects, canaries: &Canaries) -> Result<()> {
    for secret in objects.list("v1", "Secret", "").await? {
        let name = secret["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        for (key, value) in secret["data"].as_object().into_iter().flatten() {
            let decoded =
                base64::engine::general_purpose::STANDARD.decode(value.as_str().unwrap_or_default());
            if let Ok(text) = String::from_utf8(decoded.unwrap_or_default())
                && !PUBLIC.contains(&key.as_str())
            {
                canaries.add(&format!("key {key} of Secret {name}"), &text);
            }
        }
    }
    Ok(())
}

/// Events, and the status of everything that has one. What a spec says is its author's own.
pub async fn statuses(objects: &Objects) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    for (api, kind) in KINDS {
        for object in objects.list(api, kind, "").await? {
            let mut status = object["status"].clone();
            // Ids of objects, which may be forged; what is said about them stands elsewhere.
            if let Some(status) = status.as_object_mut() {
                status.remove("inventory");
            }
            texts.push(Text::new(place(kind, &object), strings(&status)));
        }
    }
    for event in objects.list("v1", "Event", "").await? {
        let about = format!("Event {} about", event["reason"].as_str().unwrap_or_default());
        texts.push(Text::new(place(&about, &event), strings(&event)));
    }
    Ok(texts)
}

/// What was posted to event sinks about objects of the namespace.
#[must_use]
pub fn posted(namespace: &str) -> Vec<Text> {
    let text = |event: &Value| Text::new("a posted event", strings(event));
    posted_about(namespace).iter().map(text).collect()
}

/// Every file `*.log` of a folder: logs, and the last metrics of processes.
pub fn logs(folder: &Path) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "log") {
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            texts.push(Text::new(name, String::from_utf8_lossy(&bytes)));
        }
    }
    Ok(texts)
}

/// The addresses of all requests of accounts of these namespaces since `mark`.
pub fn requests(log: &RequestLog, mark: &Mark, namespaces: &[&str]) -> Result<Vec<Text>> {
    let mut text = String::new();
    for request in log.everyone(mark)?.0 {
        let ours = |user: &str| {
            let account = user.strip_prefix("system:serviceaccount:").unwrap_or_default();
            namespaces.iter().any(|namespace| account.split(':').next() == Some(namespace))
        };
        if ours(&request.user) || ours(&request.impersonated) {
            text.push_str(&request.uri);
            text.push('\n');
        }
    }
    Ok(vec![Text::new("the API server's request log", text)])
}

/// All strings of a value, keys included, one a line: unescaped, as people see them.
fn strings(value: &Value) -> String {
    fn walk(value: &Value, text: &mut String) {
        match value {
            Value::Object(fields) => {
                for (key, field) in fields {
                    text.push_str(key);
                    text.push('\n');
                    walk(field, text);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, text)),
            Value::String(string) => {
                text.push_str(string);
                text.push('\n');
            }
            other => {
                text.push_str(&other.to_string());
                text.push('\n');
            }
        }
    }
    let mut text = String::new();
    walk(value, &mut text);
    text
}

fn place(kind: &str, object: &Value) -> String {
    let metadata = &object["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{kind} {}/{}", text(&metadata["namespace"]), text(&metadata["name"]))
}
