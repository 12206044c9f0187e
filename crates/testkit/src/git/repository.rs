//! A bare repository and the commits that tests make in it, through `git fast-import`: no working tree, no
//! configuration of the user, the same names for the same content on every machine.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail};

/// Date of the first commit of every repository; each later one is a minute younger.
const FIRST_DATE: u64 = 1_700_000_000;

/// What a path holds in a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file.
    File(Vec<u8>),
    /// A file that may be executed.
    Executable(Vec<u8>),
    /// A symbolic link and where it points.
    Link(String),
    /// A commit of another repository.
    Module(String),
    /// Nothing: the path is removed.
    Removed,
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::File(text.as_bytes().to_vec())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::File(text.into_bytes())
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Self::File(bytes)
    }
}

/// A bare repository.
#[derive(Clone, Debug)]
pub struct Repository {
    folder: PathBuf,
    url: String,
    commits: Arc<AtomicU64>,
}

impl Repository {
    /// Writes any object (`commit`, `tag`), as somebody else made it; gives its id.
    pub fn object(&self, kind: &str, content: &[u8]) -> Result<String> {
        self.git_with(&["mktree"], &[])?;
        self.git_with(&["hash-object", "-t", kind, "-w", "--stdin"], content)
    }

    /// Makes a repository in `folder`, which a server offers at `url`.
    pub(super) fn create(folder: &Path, url: &str) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let repository = Self { folder: folder.to_owned(), url: url.to_owned(), commits: Arc::default() };
        repository.git(&["init", "--quiet", "--bare", "--initial-branch=main", "."])?;
        // As the large hosts do: a commit can be fetched by its name, and pushing works.
        repository.git(&["config", "uploadpack.allowAnySHA1InWant", "true"])?;
        repository.git(&["config", "uploadpack.allowFilter", "true"])?;
        repository.git(&["config", "http.receivepack", "true"])?;
        Ok(repository)
    }

    /// Where it is served.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it is on disk.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Commits changes of some files onto a branch, which is made if it is missing; what is not named stays.
    /// Gives the commit's name.
    pub fn commit<P, C>(
        &self,
        branch: &str,
        message: &str,
        files: impl IntoIterator<Item = (P, C)>,
    ) -> Result<String>
    where
        P: AsRef<str>,
        C: Into<Content>,
    {
        self.import(branch, message, false, files)
    }

    /// As [`Repository::commit`], with nothing in the commit but these files.
    pub fn replace<P, C>(
        &self,
        branch: &str,
        message: &str,
        files: impl IntoIterator<Item = (P, C)>,
    ) -> Result<String>
    where
        P: AsRef<str>,
        C: Into<Content>,
    {
        self.import(branch, message, true, files)
    }

    /// Commits the removal of paths (files or folders).
    pub fn remove(&self, branch: &str, message: &str, paths: &[&str]) -> Result<String> {
        self.import(branch, message, false, paths.iter().map(|path| (*path, Content::Removed)))
    }

    /// The commit of a branch, tag or other name.
    pub fn resolve(&self, name: &str) -> Result<String> {
        self.git(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")])
    }

    /// Points a branch at a commit, as a forced push does.
    pub fn branch(&self, name: &str, commit: &str) -> Result<()> {
        self.git(&["update-ref", &format!("refs/heads/{name}"), commit]).map(drop)
    }

    /// Makes or moves a lightweight tag.
    pub fn tag(&self, name: &str, commit: &str) -> Result<()> {
        self.git(&["update-ref", &format!("refs/tags/{name}"), commit]).map(drop)
    }

    /// Makes or moves an annotated tag.
    pub fn annotated_tag(&self, name: &str, commit: &str, message: &str) -> Result<()> {
        self.git(&["tag", "--force", "--annotate", "--message", message, name, commit]).map(drop)
    }

    /// Removes a reference (`refs/heads/x`, `refs/tags/v1`).
    pub fn delete_reference(&self, name: &str) -> Result<()> {
        self.git(&["update-ref", "-d", name]).map(drop)
    }

    /// Sets any reference, such as `refs/pull/1/head`.
    pub fn reference(&self, name: &str, commit: &str) -> Result<()> {
        self.git(&["update-ref", name, commit]).map(drop)
    }

    fn import<P, C>(
        &self,
        branch: &str,
        message: &str,
        replace: bool,
        files: impl IntoIterator<Item = (P, C)>,
    ) -> Result<String>
    where
        P: AsRef<str>,
        C: Into<Content>,
    {
        let reference = format!("refs/heads/{branch}");
        let mut stream: Vec<u8> = Vec::new();
        let date = FIRST_DATE + 60 * self.commits.fetch_add(1, Ordering::Relaxed);
        writeln!(stream, "commit {reference}")?;
        for role in ["author", "committer"] {
            writeln!(stream, "{role} Test <test@flyball.dev> {date} +0000")?;
        }
        data(&mut stream, message.as_bytes())?;
        if let Ok(parent) = self.resolve(&reference) {
            writeln!(stream, "from {parent}")?;
        }
        if replace {
            writeln!(stream, "deleteall")?;
        }
        for (path, content) in files {
            let path = quoted(path.as_ref());
            let (mode, bytes) = match content.into() {
                Content::File(bytes) => ("100644", bytes),
                Content::Executable(bytes) => ("100755", bytes),
                Content::Link(target) => ("120000", target.into_bytes()),
                Content::Module(commit) => {
                    writeln!(stream, "M 160000 {commit} {path}")?;
                    continue;
                }
                Content::Removed => {
                    writeln!(stream, "D {path}")?;
                    continue;
                }
            };
            writeln!(stream, "M {mode} inline {path}")?;
            data(&mut stream, &bytes)?;
        }
        writeln!(stream, "done")?;
        self.git_with(&["fast-import", "--quiet", "--done", "--force"], &stream)?;
        self.resolve(&reference)
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        self.git_with(arguments, &[])
    }

    fn git_with(&self, arguments: &[&str], input: &[u8]) -> Result<String> {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("GIT_DIR", &self.folder);
        isolate(&mut command);
        let mut child = command.spawn().context("git")?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input)?;
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

/// Keeps the user's and the system's configuration out, and fixes authors and dates.
fn isolate(command: &mut Command) {
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Test");
        command.env(format!("GIT_{role}_EMAIL"), "test@flyball.dev");
        command.env(format!("GIT_{role}_DATE"), format!("{FIRST_DATE} +0000"));
    }
}

fn data(stream: &mut Vec<u8>, bytes: &[u8]) -> Result<()> {
    writeln!(stream, "data {}", bytes.len())?;
    stream.extend_from_slice(bytes);
    stream.push(b'\n');
    Ok(())
}

/// A path as fast-import reads it.
fn quoted(path: &str) -> String {
    let escaped = path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
