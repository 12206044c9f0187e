//! Builds a tree with this crate and with the real kustomize, and says how the answers differ.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kustomize_engine::{Files as Built, Mode, Options, build};

/// The files of a tree; `top` is what is built.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

const PANIC: &str = "panic";

/// What is different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    /// Only the real kustomize fails.
    UpstreamFails,
    /// Only this crate fails.
    WeFail,
    /// Both build, not the same.
    Output,
    /// This crate panics.
    Panic,
}

/// One build by this crate.
pub(crate) fn ours(files: &Files, mode: Mode) -> Result<String, String> {
    let tree: Built = files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
    build(&tree, "top", &Options { mode, ..Options::default() })
        .map(|built| built.to_yaml())
        .map_err(|error| error.to_string())
}

/// Writes the files into a directory that may exist.
pub(crate) fn write(files: &Files, directory: &Path) {
    for (path, text) in files {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Compares trees; a directory is its own while it lives.
pub(crate) struct Comparer {
    binary: String,
    directory: PathBuf,
}

/// One comparison.
pub(crate) struct Compared {
    pub(crate) upstream: Result<String, String>,
    pub(crate) ours: Result<String, String>,
    pub(crate) difference: Option<Difference>,
}

impl Comparer {
    pub(crate) fn new(binary: &str, number: usize) -> Self {
        let directory =
            std::env::temp_dir().join(format!("kustomize-differential-{}-{number}", std::process::id()));
        Self { binary: binary.to_owned(), directory }
    }

    /// The answer of this crate, a panic as an error.
    pub(crate) fn ours(files: &Files, flux: bool) -> Result<String, String> {
        let mode = if flux { Mode::Flux } else { Mode::Cli };
        catch_unwind(AssertUnwindSafe(|| ours(files, mode))).unwrap_or_else(|_| Err(PANIC.to_owned()))
    }

    /// Both answers and how they differ; `flux` without sorting and load restrictions.
    pub(crate) fn compare(&self, files: &Files, flux: bool) -> Compared {
        if self.directory.exists() {
            fs::remove_dir_all(&self.directory).unwrap();
        }
        write(files, &self.directory);
        let mut command = Command::new(&self.binary);
        command.arg("build").arg(self.directory.join("top")).stdin(Stdio::null());
        if flux {
            command.args(["--reorder", "none", "--load-restrictor", "LoadRestrictionsNone"]);
        }
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let upstream =
            if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) };
        let ours = Self::ours(files, flux);
        let panic = ours.as_ref().is_err_and(|error| error == PANIC);
        let difference = match (&upstream, &ours) {
            _ if panic => Some(Difference::Panic),
            (Ok(a), Ok(b)) if a == b => None,
            (Ok(_), Ok(_)) => Some(Difference::Output),
            (Ok(_), Err(_)) => Some(Difference::WeFail),
            (Err(_), Ok(_)) => Some(Difference::UpstreamFails),
            (Err(_), Err(_)) => None,
        };
        Compared { upstream, ours, difference }
    }
}

impl Drop for Comparer {
    fn drop(&mut self) {
        if self.directory.exists() {
            // What is left lies among temporary files.
            drop(fs::remove_dir_all(&self.directory));
        }
    }
}
