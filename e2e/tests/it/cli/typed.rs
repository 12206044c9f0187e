//! The command as a person types it, beside controllers that go on working meanwhile.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use testkit::binaries;
use testkit::cluster::ControlPlane;

/// A terminal with the command in it.
pub(crate) struct Typist {
    flyball: PathBuf,
    kubeconfig: PathBuf,
    folder: PathBuf,
}

/// What the command said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Typist {
    /// As admin, in a folder.
    pub(crate) fn admin(plane: &ControlPlane, folder: &Path) -> Result<Self> {
        Ok(Self {
            flyball: binaries::own("flyball")?,
            kubeconfig: plane.description().kubeconfig.clone(),
            folder: folder.to_owned(),
        })
    }

    /// Types a line without quotes; the test's own servers answer meanwhile.
    pub(crate) async fn types(&self, line: &str) -> Result<Ran> {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        self.runs(&words).await
    }

    /// Types a line of a command that goes on until the value is dropped.
    pub(crate) fn starts(&self, line: &str) -> Result<Going> {
        let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let mut child = self.command(&words).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let said = Arc::new(Mutex::new(String::new()));
        let (mut out, heard) = (child.stdout.take().context("its output")?, Arc::clone(&said));
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = out.read(&mut piece) {
                let text = String::from_utf8_lossy(&piece[..length]).into_owned();
                heard.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        Ok(Going { child, said })
    }

    /// Runs it with these words.
    pub(crate) async fn runs(&self, words: &[&str]) -> Result<Ran> {
        let mut command = self.command(words);
        let output = tokio::task::spawn_blocking(move || command.output()).await?.context("flyball")?;
        Ok(Ran {
            code: output.status.code().context("an exit code")?,
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.flyball);
        command
            .args(words)
            .current_dir(&self.folder)
            .env("KUBECONFIG", &self.kubeconfig)
            .env_remove("HTTPS_PROXY")
            .env_remove("https_proxy")
            .stdin(Stdio::null());
        command
    }
}

/// A command that goes on.
pub(crate) struct Going {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Going {
    /// What it has said so far on standard output.
    pub(crate) fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Ran {
    /// It ended so, and said all of this on standard output.
    pub(crate) fn says(&self, code: i32, texts: &[&str]) -> &Self {
        assert_eq!(self.code, code, "{self}");
        for text in texts {
            assert!(self.stdout.contains(text), "{text:?} is not in\n{self}");
        }
        self
    }

    /// It said all of this on standard error.
    pub(crate) fn notes(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is not noted in\n{self}");
        }
        self
    }

    /// It said nothing of this.
    pub(crate) fn says_nothing_of(&self, texts: &[&str]) -> &Self {
        for text in texts {
            assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "{text:?} is in\n{self}");
        }
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {}\n-- stdout\n{}-- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}
