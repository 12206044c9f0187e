//! The programs of the person at the terminal, helm, kubectl and flux, run to their end against one control plane
//! with a home of their own. What they print is given back; what it means is the test's business.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::binaries::{self, GoProgram};

/// How long one call may take.
const LIMIT: Duration = Duration::from_secs(120);

/// A terminal: a home, a kubeconfig and the programs that a person has installed.
#[derive(Clone, Debug)]
pub struct Terminal {
    home: PathBuf,
    kubeconfig: PathBuf,
    folder: PathBuf,
}

impl Terminal {
    /// One with helm and kubectl, in the repository's root. `home` is a folder of the test.
    pub fn open(home: &Path, kubeconfig: &Path) -> Result<Self> {
        let bin = home.join("bin");
        std::fs::create_dir_all(&bin).with_context(|| bin.display().to_string())?;
        let terminal =
            Self { home: home.to_owned(), kubeconfig: kubeconfig.to_owned(), folder: binaries::root() };
        terminal.with(&binaries::HELM)?.with(&binaries::KUBECTL)
    }

    /// With one more program.
    pub fn with(self, program: &GoProgram) -> Result<Self> {
        self.with_binary(program.name, &program.built()?)
    }

    /// With a binary, called so.
    pub fn with_binary(self, name: &str, binary: &Path) -> Result<Self> {
        let link = self.home.join("bin").join(name);
        if !link.exists() {
            symlink(binary, &link).with_context(|| link.display().to_string())?;
        }
        Ok(self)
    }

    /// Runs a program to its end.
    pub async fn run(&self, program: &str, words: &[&str]) -> Result<Output> {
        let own = self.home.join("bin").join(program);
        let binary = if own.exists() { own } else { PathBuf::from(program) };
        let system = std::env::var_os("PATH").unwrap_or_default();
        let path: OsString = [self.home.join("bin").into_os_string(), system].join(":".as_ref());
        let call = tokio::process::Command::new(&binary)
            .args(words)
            .current_dir(&self.folder)
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.home)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(LIMIT, call).await;
        output
            .with_context(|| format!("{program} {words:?} did not end"))?
            .with_context(|| binary.display().to_string())
    }

    /// Runs a program that must succeed, and gives what it printed.
    pub async fn ok(&self, program: &str, words: &[&str]) -> Result<String> {
        let output = self.run(program, words).await?;
        if !output.status.success() {
            bail!("{program} {}: {}\n{}", words.join(" "), output.status, said(&output));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs a program that must fail, and gives all it printed.
    pub async fn refused(&self, program: &str, words: &[&str]) -> Result<String> {
        let output = self.run(program, words).await?;
        if output.status.success() {
            bail!("{program} {} succeeded:\n{}", words.join(" "), said(&output));
        }
        Ok(said(&output))
    }

    /// Runs lines of a document in a shell that stops at the first failure.
    pub async fn script(&self, lines: &str) -> Result<String> {
        self.ok("bash", &["-euo", "pipefail", "-c", lines]).await
    }
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).trim().to_owned()
}

/// The fenced blocks of a language between `<!-- name -->` and `<!-- /name -->` in a document, in their order.
#[must_use]
pub fn blocks(document: &str, name: &str, language: &str) -> Vec<String> {
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let mut found = Vec::new();
    let mut rest = document;
    while let Some((_, behind)) = rest.split_once(&begin) {
        let (section, behind) = behind.split_once(&end).unwrap_or((behind, ""));
        rest = behind;
        let mut open: Option<String> = None;
        for line in section.lines() {
            match (line.trim().strip_prefix("```"), &mut open) {
                (Some(_), Some(_)) => found.extend(open.take()),
                (Some(word), None) if word == language => open = Some(String::new()),
                // A block of another language: its end looks like a beginning and is none.
                (Some(_), None) | (None, None) => {}
                (None, Some(text)) => {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_section() {
        let text = "```sh\nno\n```\n<!-- install -->\n```sh\na\nb\n```\n\n```yaml\nc: d\n```\ntext\n```sh\ne\n```\n\
            <!-- /install -->\n```sh\nno\n```\n";
        assert_eq!(blocks(text, "install", "sh"), ["a\nb\n", "e\n"]);
        assert_eq!(blocks(text, "install", "yaml"), ["c: d\n"]);
        assert!(blocks(text, "other", "sh").is_empty());
    }
}
