//! Sources of every kind as guests: each with servers of its own, and with what it needs beside it.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::guest::{Guest, SOURCES, extend, object};
use crate::cluster::Objects;
use crate::hostile::input::Source;
use crate::hostile::site::{Site, fill};

/// Puts a source before the controllers, in the tenant's namespace.
pub(super) async fn invite(objects: Objects, namespace: String, source: Source) -> Result<Guest> {
    let site = Site::start(&source.answers).await?;
    let mut made = vec![(SOURCES, source.kind)];
    for other in &source.others {
        let other = filled(other, &site)?;
        if let Some(kind) = KINDS.into_iter().find(|kind| other["kind"] == *kind) {
            made.push((SOURCES, kind));
        }
        objects.apply_value(other).await?;
    }
    let mut spec = usual(source.kind);
    extend(&mut spec, source.spec);
    let spec = filled(&spec, &site)?;
    objects.apply_value(object((SOURCES, source.kind), spec)).await?;
    Ok(Guest { objects, namespace, kind: (SOURCES, source.kind), made, site: Some(site), attack: None })
}

const KINDS: [&str; 5] = ["GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket"];

/// What a spec of this kind says unless the input says otherwise.
pub(in crate::hostile) fn usual(kind: &str) -> Value {
    match kind {
        "OCIRepository" => {
            json!({ "url": "oci://{HOST}/app", "insecure": true, "interval": "1h", "timeout": "10s" })
        }
        "HelmRepository" => json!({ "url": "{URL}/charts", "interval": "1h", "timeout": "10s" }),
        "HelmChart" => json!({
            "chart": "app", "version": "*", "interval": "1h",
            "sourceRef": { "kind": "HelmRepository", "name": "app" },
        }),
        "Bucket" => json!({
            "bucketName": "app", "endpoint": "{HOST}", "insecure": true, "interval": "1h", "timeout": "10s",
        }),
        _ => json!({ "url": "{URL}/app", "ref": { "branch": "main" }, "interval": "1h", "timeout": "10s" }),
    }
}

/// With the addresses of the servers.
fn filled(value: &Value, site: &Site) -> Result<Value> {
    let text = fill(&value.to_string(), site.url(), site.elsewhere());
    serde_json::from_str(&text).context("an object of an input")
}
