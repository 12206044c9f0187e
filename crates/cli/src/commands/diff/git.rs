//! What git knows of a checkout, asked of the machine's `git`: which files of a folder would be committed, and the files of
//! a revision byte for byte, without what filters and attributes of a checkout would make of them. What is done with them
//! is `checkout`'s.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use crate::error::system_text;

#[cfg(test)]
mod tests;

/// Most bytes of one answer.
const LONGEST: u64 = 1 << 30;

/// What is compared may be somebody else's pull request. A folder in it that looks like a repository without a work tree has
/// a configuration of its own, and git runs the programs that one names: such a folder is none here, and none are run.
const HARMLESS: [&str; 4] = ["-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false"];

/// A file of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Blob {
    /// From the top of the repository.
    pub(super) path: String,
    /// Its content's name.
    pub(super) object: String,
}

/// Files in and below a folder that are committed or would be, by their path from there; none where the folder is in no
/// work tree, or in a part of one that git ignores, or there is no git.
pub(super) fn files(folder: &Path) -> Option<Vec<String>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = ask(folder, &arguments, &[]).ok()?;
    let mut paths: Vec<String> = texts(&listed).collect();
    // One that is in conflict is listed several times.
    paths.sort();
    paths.dedup();
    (!paths.is_empty()).then_some(paths)
}

/// The top of the repository that a folder is in.
///
/// # Errors
/// In git's words.
pub(super) fn top(folder: &Path) -> Result<PathBuf, String> {
    let top = ask(folder, &["rev-parse", "--show-toplevel"], &[])?;
    Ok(PathBuf::from(String::from_utf8_lossy(&top).trim_end_matches('\n').to_owned()))
}

/// The commit that a revision names.
///
/// # Errors
/// In git's words.
pub(super) fn commit(folder: &Path, revision: &str) -> Result<String, String> {
    let named = format!("{revision}^{{commit}}");
    let commit = ask(folder, &["rev-parse", "--verify", "--end-of-options", &named], &[])?;
    Ok(String::from_utf8_lossy(&commit).trim().to_owned())
}

/// All files of a commit; links and submodules are none.
///
/// # Errors
/// In git's words.
pub(super) fn blobs(folder: &Path, commit: &str) -> Result<Vec<Blob>, String> {
    let listed = ask(folder, &["ls-tree", "-r", "-z", "--full-tree", commit], &[])?;
    Ok(texts(&listed).filter_map(|line| blob(&line)).collect())
}

/// Contents, in the order of their names.
///
/// # Errors
/// In git's words.
pub(super) fn contents(folder: &Path, objects: &[String]) -> Result<Vec<Vec<u8>>, String> {
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let names = objects.join("\n") + "\n";
    let answer = ask(folder, &["cat-file", "--batch"], names.as_bytes())?;
    unbatched(&answer, objects.len()).ok_or_else(|| "git cat-file gave less than it was asked for".to_owned())
}

/// `<mode> <type> <object>\t<path>`.
fn blob(line: &str) -> Option<Blob> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split(' ');
    let (mode, kind, object) = (words.next()?, words.next()?, words.next()?);
    let is_file = kind == "blob" && mode != "120000";
    is_file.then(|| Blob { path: path.to_owned(), object: object.to_owned() })
}

/// `<object> blob <size>\n<content>\n`, so many times.
fn unbatched(answer: &[u8], count: usize) -> Option<Vec<Vec<u8>>> {
    let mut rest = answer;
    let mut contents = Vec::new();
    for _ in 0..count {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let head = std::str::from_utf8(rest.get(..end)?).ok()?;
        let size: usize = head.rsplit(' ').next()?.parse().ok()?;
        let start = end.checked_add(1)?;
        let stop = start.checked_add(size)?;
        contents.push(rest.get(start..stop)?.to_vec());
        rest = rest.get(stop.checked_add(1)?..)?;
    }
    Some(contents)
}

/// Texts that end with a zero byte. A path that is not UTF-8 is no file of a build.
fn texts(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes
        .split(|byte| *byte == 0)
        .filter(|text| !text.is_empty())
        .filter_map(|text| std::str::from_utf8(text).ok().map(str::to_owned))
}

/// Runs git in a folder and gives what it says on standard output.
fn ask(folder: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let shown = || format!("git {}", arguments.first().unwrap_or(&""));
    let failed = |error: std::io::Error| format!("{}: {}", shown(), system_text(&error));
    let mut child = Command::new("git")
        .args(HARMLESS)
        .arg("-C")
        .arg(folder)
        .args(arguments)
        // To look is not to write: the index stays as it is.
        .env("GIT_OPTIONAL_LOCKS", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (mut stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let input = input.to_vec();
    // Written and read at once, so that no full pipe holds the other up.
    let writer = thread::spawn(move || {
        if let Some(stdin) = &mut stdin {
            stdin.write_all(&input).ok();
        }
        drop(stdin);
    });
    let said = thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(stderr) = stderr {
            stderr.take(64 << 10).read_to_end(&mut text).ok();
        }
        String::from_utf8_lossy(&text).trim().trim_start_matches("fatal: ").to_owned()
    });
    let mut answer = Vec::new();
    if let Some(stdout) = stdout {
        stdout.take(LONGEST).read_to_end(&mut answer).map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    writer.join().ok();
    let said = said.join().unwrap_or_default();
    if status.success() { Ok(answer) } else { Err(format!("{}: {said}", shown())) }
}
