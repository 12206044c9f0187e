//! What stories are told with.

use anyhow::Result;
use serde_json::{Value, json};
use testkit::git::Repository;

use super::super::{API, KIND};
use super::World;

/// One story. What is applied in each step; the object that is looked at is `app`.
pub(super) struct Story {
    pub(super) name: &'static str,
    pub(super) steps: fn(&World) -> Result<Vec<Vec<Value>>>,
    /// Parts of differences that are meant.
    pub(super) on_purpose: &'static [&'static str],
}

pub(super) fn source(name: &str, url: &str, spec: Value) -> Value {
    let mut all = json!({ "url": url, "interval": "1h", "timeout": "20s", "ref": { "branch": "main" } });
    if let (Some(all), Some(spec)) = (all.as_object_mut(), spec.as_object()) {
        all.extend(spec.clone());
    }
    json!({ "apiVersion": API, "kind": KIND, "metadata": { "name": name }, "spec": all })
}

pub(super) fn secret(name: &str, data: Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": name }, "stringData": data })
}

/// One object after another.
pub(super) fn app(url: &str, specs: impl IntoIterator<Item = Value>) -> Vec<Vec<Value>> {
    specs.into_iter().map(|spec| vec![source("app", url, spec)]).collect()
}

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/source-controller/testdata/signatures");

pub(super) fn sample(name: &str) -> Result<Vec<u8>> {
    Ok(std::fs::read(format!("{SAMPLES}/{name}"))?)
}

pub(super) fn text(name: &str) -> Result<String> {
    Ok(String::from_utf8(sample(name)?)?)
}

pub(super) fn signed(world: &World, name: &str) -> Result<Repository> {
    let repo = world.git.repository(name)?;
    let mut last = String::new();
    for name in ["pgp-one", "pgp-two", "pgp-three", "pgp-four", "ssh-1", "ssh-2", "ssh-3"] {
        last = repo.object("commit", &sample(&format!("{name}.commit"))?)?;
        repo.branch(name, &last)?;
    }
    repo.branch("main", &last)?;
    for (name, file) in [("v1.0.0", "ssh.tag"), ("v2.0.0", "pgp.tag"), ("v3.0.0", "unsigned.tag")] {
        let tag = repo.object("tag", &sample(file)?)?;
        repo.reference(&format!("refs/tags/{name}"), &tag)?;
    }
    repo.tag("light", &last)?;
    Ok(repo)
}
