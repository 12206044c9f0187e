//! The chart as `helm package` has it, but with the same bytes for the same files, and as an OCI artifact.
//! Whether the chart is right is for Helm to say.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::ignored::Ignored;
use crate::archive::{self, Entry};
use crate::oci::{Artifact, Blob};
use crate::stamp::Stamp;

/// Media type of what Helm reads before the chart: its `Chart.yaml`.
const CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// Media type of the chart.
const CONTENT: &str = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";

/// A packaged chart.
pub(super) struct Chart {
    /// The archive.
    pub(super) archive: Vec<u8>,
    /// The same for registries.
    pub(super) artifact: Artifact,
}

/// Packages the chart in a folder.
pub(super) fn pack(folder: &Path, stamp: &Stamp) -> Result<Chart> {
    let mut files = BTreeMap::new();
    read(folder, "", &mut files)?;
    let ignore = files.get(".helmignore").map(|text| String::from_utf8_lossy(text).into_owned());
    let ignored = Ignored::parse(&ignore.unwrap_or_default());
    files.retain(|path, _| !ignored.covers(path));
    let metadata = files.get("Chart.yaml").context("Chart.yaml is missing")?;
    let metadata: Value = serde_saphyr::from_slice(metadata).context("Chart.yaml")?;
    let text = |field: &str| metadata[field].as_str().unwrap_or_default().to_owned();
    if text("version") != stamp.version {
        bail!("the chart has version {}, not {}", text("version"), stamp.version);
    }
    let name = text("name");
    let entries =
        files.into_iter().map(|(path, bytes)| Entry::file(format!("{name}/{path}"), 0o644, bytes)).collect();
    let archive = archive::gzip(&archive::tar(entries, stamp.epoch)?)?;
    let annotations = [
        ("title", name),
        ("version", stamp.version.clone()),
        ("description", text("description")),
        ("created", stamp.time()?),
    ];
    let annotations = annotations
        .into_iter()
        .map(|(key, value)| (format!("org.opencontainers.image.{key}"), value))
        .collect::<BTreeMap<_, _>>();
    let config = Blob::json(CONFIG, metadata)?;
    let artifact = Artifact::new(config, vec![Blob::new(CONTENT, archive.clone())], &annotations)?;
    Ok(Chart { archive, artifact })
}

fn read(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().with_context(|| format!("{} is not UTF-8", entry.path().display()))?;
        let path = format!("{prefix}{name}");
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{path}/"), files)?;
        } else {
            let bytes = std::fs::read(entry.path()).with_context(|| path.clone())?;
            files.insert(path, bytes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(version: &str) -> Stamp {
        Stamp { version: version.to_owned(), revision: String::new(), epoch: 7 }
    }

    #[test]
    fn files_are_packaged_below_the_charts_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        write("Chart.yaml", "name: a\nversion: 1.0.0\ndescription: d\n");
        write("templates/b.yaml", "b");
        write("notes/c", "c");
        write(".helmignore", "notes/\n");
        let chart = pack(folder.path(), &stamp("1.0.0")).expect("a chart");
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(chart.archive.as_slice()));
        let names: Vec<String> = archive
            .entries()
            .expect("a tar archive")
            .map(|entry| entry.expect("an entry").path().expect("a path").display().to_string())
            .filter(|path| !path.ends_with('/'))
            .collect();
        assert_eq!(names, ["a/.helmignore", "a/Chart.yaml", "a/templates/b.yaml"]);
        let again = pack(folder.path(), &stamp("1.0.0")).expect("a chart");
        assert_eq!((chart.archive, chart.artifact.digest()), (again.archive, again.artifact.digest()));
        assert!(pack(folder.path(), &stamp("1.0.1")).is_err(), "another version");
    }
}
