//! Where the documents come from: the Go module that upstream's kustomize links, at the version and checksum that
//! `e2e/peers/kustomize` pins, from Go's module cache or, once, its proxy. What they say is not known here.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::wire;
use crate::workspace::root;

/// The Go module that depends on the one with the documents.
const PEER: &str = "e2e/peers/kustomize";
const MODULE: &str = "sigs.k8s.io/kustomize/kyaml";
/// The one of Kubernetes, below the module's folder; the folder names the only version that upstream carries.
const KUBERNETES: &str = "openapi/kubernetesapi/v1_21_2/swagger.pb";
/// The one of kustomize's own kinds.
const KUSTOMIZE: &str = "openapi/kustomizationapi/swagger.json";

/// The documents in the order in which upstream reads them; nothing where Go is not installed.
pub(super) fn documents() -> Result<Option<[Value; 2]>> {
    let Some(folder) = module()? else { return Ok(None) };
    let read = |path: &str| fs::read(folder.join(path)).with_context(|| path.to_owned());
    let kubernetes = wire::document(&read(KUBERNETES)?).context(KUBERNETES)?;
    let kustomize = serde_json::from_slice(&read(KUSTOMIZE)?).context(KUSTOMIZE)?;
    Ok(Some([kubernetes, kustomize]))
}

/// The folder of the module's files.
fn module() -> Result<Option<PathBuf>> {
    let folder = root().join(PEER);
    let output =
        match Command::new("go").args(["mod", "download", "-json", MODULE]).current_dir(folder).output() {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            output => output.context("go mod download")?,
        };
    let answer: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("go mod download: {}", String::from_utf8_lossy(&output.stderr).trim()))?;
    if let Some(error) = answer.get("Error").and_then(Value::as_str) {
        bail!("go mod download: {error}");
    }
    let folder = answer.get("Dir").and_then(Value::as_str).context("go mod download names no folder")?;
    Ok(Some(Path::new(folder).to_owned()))
}

/// The text as `cargo fmt` would leave it.
pub(super) fn format(text: &str) -> Result<String> {
    let mut child = Command::new("rustfmt")
        .arg("--config-path")
        .arg(root())
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("rustfmt")?;
    // It reads everything before it writes anything.
    child.stdin.take().context("rustfmt's input")?.write_all(text.as_bytes()).context("rustfmt's input")?;
    let output = child.wait_with_output().context("rustfmt")?;
    if !output.status.success() {
        bail!("rustfmt failed ({})", output.status);
    }
    String::from_utf8(output.stdout).context("rustfmt's output")
}
