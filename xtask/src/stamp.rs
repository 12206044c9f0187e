//! What is built: version, commit and the one time that everything made from it bears.
//! A machine's clock is never asked, so that the same commit gives the same bytes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::workspace;

/// Version, commit and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// `workspace.package.version`.
    pub(crate) version: String,
    /// The commit, with `-dirty` behind it if the tree differs from it; empty outside of a Git repository.
    pub(crate) revision: String,
    /// `SOURCE_DATE_EPOCH`, or the commit's time, or 0: seconds since 1970.
    pub(crate) epoch: u64,
}

impl Stamp {
    /// Asks the repository.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let revision = git(root, &["rev-parse", "HEAD"]).unwrap_or_default();
        let dirty = git(root, &["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty());
        let epoch = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(seconds) => seconds.parse().context("SOURCE_DATE_EPOCH must be seconds since 1970")?,
            Err(_) => git(root, &["log", "-1", "--format=%ct"])
                .and_then(|seconds| seconds.parse().ok())
                .unwrap_or_default(),
        };
        let revision = if dirty { format!("{revision}-dirty") } else { revision };
        Ok(Self { version: version(root)?, revision, epoch })
    }

    /// Its time, as RFC 3339 has it.
    pub(crate) fn time(&self) -> Result<String> {
        let seconds = i64::try_from(self.epoch).context("SOURCE_DATE_EPOCH")?;
        Ok(jiff::Timestamp::from_second(seconds).context("SOURCE_DATE_EPOCH")?.to_string())
    }
}

/// The one version that all crates, images and the chart have.
pub(crate) fn version(root: &Path) -> Result<String> {
    #[derive(Deserialize)]
    struct Manifest {
        workspace: Workspace,
    }
    #[derive(Deserialize)]
    struct Workspace {
        package: Package,
    }
    #[derive(Deserialize)]
    struct Package {
        version: String,
    }
    let text = workspace::optional_file(root, "Cargo.toml")?.context("Cargo.toml is missing")?;
    let manifest: Manifest = toml::from_str(&text).context("Cargo.toml")?;
    Ok(manifest.workspace.package.version)
}

/// What git answers, if there is a repository.
fn git(root: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).current_dir(root).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
