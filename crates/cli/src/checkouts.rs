//! Remote bases, fetched with the machine's `git` into folders that go away with the build. Which entries are remote is
//! the engine's to say; that they may be fetched at all, the user's (`--fetch-remote`).

use std::cell::RefCell;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use kustomize_engine::{Remotes, Repository};
use tempfile::TempDir;

use crate::error::system_text;
use crate::tree_path::in_tree;

/// How often a running `git` is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// What this build has fetched so far.
#[derive(Debug, Default)]
pub(crate) struct Checkouts {
    fetched: RefCell<Vec<(Repository, TempDir)>>,
}

impl Remotes for Checkouts {
    fn repository(&self, repository: &Repository) -> Result<String, String> {
        let same = |known: &Repository| {
            known.url == repository.url
                && known.reference == repository.reference
                && known.submodules == repository.submodules
        };
        if let Some((_, folder)) = self.fetched.borrow().iter().find(|(known, _)| same(known)) {
            return path_of(folder);
        }
        let folder = fetch(repository)?;
        let path = path_of(&folder)?;
        self.fetched.borrow_mut().push((repository.clone(), folder));
        Ok(path)
    }

    /// Single files are not fetched: that would need an HTTP client of our own.
    fn file(&self, _: &str) -> Option<Result<Arc<[u8]>, String>> {
        None
    }
}

fn path_of(folder: &TempDir) -> Result<String, String> {
    let path = folder.path().canonicalize().map_err(|error| system_text(&error))?;
    in_tree(&path).ok_or_else(|| format!("{}: the path is not UTF-8", path.display()))
}

fn fetch(repository: &Repository) -> Result<TempDir, String> {
    let reference = repository.reference.as_deref().unwrap_or("HEAD");
    if reference.starts_with('-') {
        return Err(format!("'{reference}' is not a ref of a repository: it would be a flag of git"));
    }
    let folder = tempfile::Builder::new()
        .prefix("flyball-")
        .tempdir()
        .map_err(|error| format!("a folder for {}: {}", repository.url, system_text(&error)))?;
    let end = Instant::now() + repository.timeout;
    let git = |arguments: &[&str]| run(folder.path(), arguments, end, repository.timeout);
    git(&["init", "--quiet"])?;
    // Relative URLs of submodules need it.
    git(&["remote", "add", "origin", &repository.url])?;
    git(&["fetch", "--quiet", "--depth=1", &repository.url, reference])?;
    git(&["checkout", "--quiet", "FETCH_HEAD"])?;
    if repository.submodules {
        git(&["submodule", "--quiet", "update", "--init", "--recursive"])?;
    }
    Ok(folder)
}

/// Runs `git` until it ends or the time is over.
fn run(folder: &Path, arguments: &[&str], end: Instant, allowed: Duration) -> Result<(), String> {
    let shown = || format!("failed to run 'git {}'", arguments.join(" "));
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {}", shown(), system_text(&error)))?;
    let mut stderr = child.stderr.take();
    // Read beside it, so that a full pipe does not hold it up.
    let said = thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(stderr) = &mut stderr {
            stderr.read_to_end(&mut text).ok();
        }
        String::from_utf8_lossy(&text).trim().to_owned()
    });
    let Some(succeeded) = wait(&mut child, end) else {
        child.kill().ok();
        child.wait().ok();
        return Err(format!("{}: no answer within {} seconds", shown(), allowed.as_secs_f64()));
    };
    let said = said.join().unwrap_or_default();
    if succeeded { Ok(()) } else { Err(format!("{}: {said}", shown())) }
}

/// Whether the process succeeded; nothing when it had no time to.
fn wait(child: &mut Child, end: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() >= end => return None,
            Ok(None) => thread::park_timeout(LOOK),
            Err(_) => return Some(false),
        }
    }
}
