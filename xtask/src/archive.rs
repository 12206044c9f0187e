//! Archives and digests that depend on content alone: entries in order of path, owned by root, with the one time that is
//! given. What goes into them is the caller's decision.

use std::collections::BTreeMap;
use std::io::Write as _;

use anyhow::{Context as _, Result, bail};
use flate2::{Compression, GzBuilder};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const FOLDER_MODE: u32 = 0o755;
/// `OS` byte of the gzip header: unknown, so that every system writes the same.
const OS_UNKNOWN: u8 = 255;

/// A file or folder in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    path: String,
    mode: u32,
    /// Nothing for a folder.
    content: Option<Vec<u8>>,
}

impl Entry {
    /// A folder. Those above a file need not be named, unless their mode is not 0755.
    pub(crate) fn folder(path: &str, mode: u32) -> Self {
        Self { path: path.to_owned(), mode, content: None }
    }

    /// A file.
    pub(crate) fn file(path: impl Into<String>, mode: u32, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), mode, content: Some(content.into()) }
    }

    /// Its path, without a slash at either end.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Its bytes, if it is a file.
    pub(crate) fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }
}

/// A tar archive of the entries, whatever their order. Two entries of one path are refused.
pub(crate) fn tar(entries: Vec<Entry>, epoch: u64) -> Result<Vec<u8>> {
    let mut sorted = BTreeMap::new();
    for entry in entries {
        let path = entry.path.clone();
        let parts = path.split('/');
        if parts.clone().any(|part| matches!(part, "" | "." | "..")) {
            bail!("{path:?} is no path inside an archive");
        }
        if sorted.insert(path.clone(), entry).is_some() {
            bail!("{path} is there twice");
        }
    }
    for path in sorted.keys().cloned().collect::<Vec<_>>() {
        let mut above = path.as_str();
        while let Some((folder, _)) = above.rsplit_once('/') {
            sorted.entry(folder.to_owned()).or_insert_with(|| Entry::folder(folder, FOLDER_MODE));
            above = folder;
        }
    }
    let mut builder = tar::Builder::new(Vec::new());
    for (path, entry) in sorted {
        let mut header = tar::Header::new_gnu();
        header.set_mode(entry.mode);
        header.set_mtime(epoch);
        header.set_uid(0);
        header.set_gid(0);
        let (kind, name) = match &entry.content {
            Some(_) => (tar::EntryType::Regular, path),
            None => (tar::EntryType::Directory, format!("{path}/")),
        };
        header.set_entry_type(kind);
        let content = entry.content.unwrap_or_default();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, &name, content.as_slice()).with_context(|| name.clone())?;
    }
    builder.into_inner().context("an archive in memory")
}

/// Compresses as well as deflate can: a release is packed once and fetched by every node.
pub(crate) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder =
        GzBuilder::new().mtime(0).operating_system(OS_UNKNOWN).write(Vec::new(), Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).context("gzip in memory")
}

/// The SHA-256 of bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        use std::fmt::Write as _;
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

/// A document with sorted keys. Whether `serde_json` sorts them depends on what else was compiled with it.
pub(crate) fn json(value: Value) -> Result<Vec<u8>> {
    serde_json::to_vec(&sorted(value)).context("JSON")
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<String, Value> =
                map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(map.into_iter().collect())
        }
        Value::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests;
