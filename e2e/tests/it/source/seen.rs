//! What users see of an object, without what differs from run to run, and how two controllers' differ. What is told to
//! them is the stories'.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use artifact::spool::{Node, Spool};
use artifact::unpack::Limits;
use serde_json::Value;
use testkit::cluster::TestNamespace;
use testkit::stack::Running;

use super::API;

/// See the module.
pub(super) struct Seen {
    facets: BTreeMap<String, String>,
}

impl Seen {
    /// Everything as it is now; `plain` takes out what the stories know to differ.
    pub(super) async fn now(
        ns: &TestNamespace,
        running: &Running,
        kind: &str,
        name: &str,
        plain: impl Fn(&str) -> String,
    ) -> Result<Self> {
        let object = ns.get(API, kind, name).await?.context("the object")?;
        let (folder, address) = running.storage().context("a storage")?;
        let plain = |text: &str| plain(text).replace(address, "@ADDRESS@").replace(ns.name(), "@NS@");
        let mut facets = BTreeMap::new();
        for condition in object["status"]["conditions"].as_array().into_iter().flatten() {
            let text = |field: &str| condition[field].as_str().unwrap_or_default();
            let observed = condition["observedGeneration"] == object["metadata"]["generation"];
            let value = format!(
                "{} {} observed={observed} {:?}",
                text("status"),
                text("reason"),
                plain(text("message"))
            );
            facets.insert(format!("condition {}", text("type")), value);
        }
        let status = &object["status"];
        for field in ["observedGeneration", "observedIgnore", "observedLayerSelector", "url"] {
            facets.insert(format!("status.{field}"), plain(&status[field].to_string()));
        }
        for field in ["path", "url", "revision", "metadata"] {
            facets.insert(format!("artifact.{field}"), plain(&status["artifact"][field].to_string()));
        }
        facets.insert("finalizers".into(), object["metadata"]["finalizers"].to_string());
        if let Some(path) = status["artifact"]["path"].as_str() {
            for (name, value) in content(&std::fs::read(folder.join(path))?) {
                facets.insert(name, value);
            }
        }
        let events = ns.list("v1", "Event", "").await?;
        let own = events.iter().filter(|event| event["involvedObject"]["name"] == name);
        let told: BTreeSet<String> = own.map(|event| plain(&told(event))).collect();
        facets.extend(told.into_iter().map(|event| (format!("event {event}"), "sent".to_owned())));
        Ok(Self { facets })
    }

    /// A line for each facet that is another.
    fn differences(&self, theirs: &Self) -> Vec<String> {
        let names: BTreeSet<&String> = self.facets.keys().chain(theirs.facets.keys()).collect();
        let absent = "-".to_owned();
        let of = |seen: &Self, name: &str| seen.facets.get(name).unwrap_or(&absent).clone();
        let differing = names.into_iter().filter(|name| self.facets.get(*name) != theirs.facets.get(*name));
        differing
            .map(|name| format!("{name}: ours {}, Flux's {}", of(self, name), of(theirs, name)))
            .collect()
    }
}

/// Compares ours with Flux's after a step: a line in the report for each difference that is not on purpose. Whether the
/// story goes on.
pub(super) fn compare(
    seen: Result<Seen>,
    flux: Result<Seen>,
    story: &str,
    number: usize,
    on_purpose: &[&str],
    report: &mut Vec<String>,
) -> bool {
    let (seen, flux) = match (seen, flux) {
        (Ok(seen), Ok(flux)) => (seen, flux),
        (seen, flux) => {
            report.push(format!("{story} {number}: ours {:?}, Flux's {:?}", seen.err(), flux.err()));
            return false;
        }
    };
    for difference in seen.differences(&flux) {
        if !on_purpose.iter().any(|known| difference.contains(known)) {
            report.push(format!("{story} {number}: {difference}"));
        }
    }
    true
}

fn told(event: &Value) -> String {
    let text = |field: &str| event[field].as_str().unwrap_or_default();
    let annotations = event["metadata"]["annotations"].as_object();
    let keys: Vec<&str> = annotations.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    format!("{} {} {:?} {}", text("type"), text("reason"), text("message"), keys.join(","))
}

/// Each file with its mode and content, or the bytes where it is no archive.
fn content(bytes: &[u8]) -> BTreeMap<String, String> {
    let spooled = tempfile::tempfile().ok().and_then(|file| {
        Spool::fill(bytes, file, &Limits::default(), &manifest::budget::Budget::default()).ok()
    });
    let Some(spool) = spooled else {
        return BTreeMap::from([("archive".to_owned(), testkit::oci::digest(bytes))]);
    };
    let line = |(path, node): (&str, Node)| {
        let value = match node {
            Node::Dir => "folder".to_owned(),
            Node::File { executable, .. } => {
                let content = spool.read(node).unwrap_or_default();
                format!("{} {:?}", if executable { "x" } else { "-" }, String::from_utf8_lossy(&content))
            }
        };
        (format!("file {path}"), value)
    };
    spool.nodes().map(line).collect()
}
