//! A folder of files and the binary run in it. It judges nothing.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder with files.
pub(crate) struct Folder {
    /// Removes it at the end.
    _owner: TempDir,
    root: PathBuf,
}

/// What a run left behind, with the folder's path shown as `[DIR]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let owner = tempfile::tempdir().expect("a folder");
        let root = fs::canonicalize(owner.path()).expect("its path");
        for (path, content) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
            fs::write(path, content).expect("a file");
        }
        Self { _owner: owner, root }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.root
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).expect(path)
    }

    /// Names in a folder, sorted.
    pub(crate) fn names(&self, path: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(path)).expect(path);
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }

    /// Runs `flyball` with arguments that hold no blanks.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_in(".", line)
    }

    pub(crate) fn run_in(&self, directory: &str, line: &str) -> Ran {
        self.ran(&self.command(directory, line).output().expect("flyball runs"))
    }

    /// Runs it with an environment variable.
    pub(crate) fn run_with(&self, line: &str, variable: &str, value: &Path) -> Ran {
        self.ran(&self.command(".", line).env(variable, value).output().expect("flyball runs"))
    }

    /// Runs it with standard output in a file.
    pub(crate) fn run_into(&self, line: &str, stdout: File) -> Ran {
        self.ran(&self.command(".", line).stdout(stdout).output().expect("flyball runs"))
    }

    /// Runs it with a reader of standard output that goes away without reading.
    pub(crate) fn run_unread(&self, line: &str) -> Ran {
        let mut command = self.command(".", line);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("flyball runs");
        drop(child.stdout.take());
        self.ran(&child.wait_with_output().expect("flyball ends"))
    }

    fn command(&self, directory: &str, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flyball"));
        command
            .args(line.split(' ').filter(|word| !word.is_empty()))
            .current_dir(self.root.join(directory))
            .stdin(Stdio::null());
        command
    }

    fn ran(&self, output: &Output) -> Ran {
        let show = |bytes: &[u8]| {
            String::from_utf8(bytes.to_vec())
                .expect("UTF-8")
                .replace(&self.root.display().to_string(), "[DIR]")
        };
        Ran {
            code: output.status.code().expect("an exit code"),
            stdout: show(&output.stdout),
            stderr: show(&output.stderr),
        }
    }
}

impl Ran {
    /// Nothing but this on standard output.
    pub(crate) fn prints(&self, stdout: &str) {
        let wanted = Self { code: 0, stdout: stdout.to_owned(), stderr: String::new() };
        assert_eq!(*self, wanted);
    }

    /// Nothing but this on standard error, and exit code 1.
    pub(crate) fn fails(&self, stderr: &str) {
        let wanted = Self { code: 1, stdout: String::new(), stderr: format!("{stderr}\n") };
        assert_eq!(*self, wanted);
    }
}
