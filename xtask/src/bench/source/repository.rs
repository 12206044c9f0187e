//! Repositories to measure with, through one `git fast-import`. The same sizes give the same commits on every machine.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Date of the first commit; each later one is a minute younger.
const FIRST_DATE: usize = 1_700_000_000;
/// Lines of a file.
const LINES: usize = 20;

/// Files in folders of a hundred, then commits that change one of them each.
pub(super) fn history(folder: &Path, files: usize, commits: usize) -> Result<()> {
    import(folder, |stream| {
        for number in 0..commits.max(1) {
            begin(stream, number)?;
            if number == 0 {
                for file in 0..files {
                    add(stream, &path(file), manifest(file, 0).as_bytes())?;
                }
            } else {
                let file = number % files.max(1);
                add(stream, &path(file), manifest(file, number).as_bytes())?;
            }
        }
        Ok(())
    })
}

/// One commit of files of a mebibyte that do not get smaller.
pub(super) fn bulk(folder: &Path, megabytes: usize) -> Result<()> {
    import(folder, |stream| {
        begin(stream, 0)?;
        for file in 0..megabytes {
            add(stream, &format!("bulk/{file:04}.bin"), &noise(file as u64, 1_000_000))?;
        }
        Ok(())
    })
}

/// The path of a file.
pub(super) fn path(file: usize) -> String {
    format!("apps/{:03}/app-{file}.yaml", file / 100)
}

/// A file's content, of which a commit changes one line.
pub(super) fn manifest(file: usize, commit: usize) -> String {
    let mut text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: app-{file}}}\ndata:\n  round: \"{commit}\"\n"
    );
    text.extend(
        (0..LINES).map(|line| format!("  key-{line}: a value of {file} that stands in line {line}\n")),
    );
    text
}

fn begin(stream: &mut dyn Write, number: usize) -> std::io::Result<()> {
    let date = FIRST_DATE + 60 * number;
    let message = format!("change {number}");
    writeln!(stream, "commit refs/heads/main\ncommitter Test <test@flyball.dev> {date} +0000")?;
    writeln!(stream, "data {}\n{message}", message.len())
}

fn add(stream: &mut dyn Write, path: &str, content: &[u8]) -> std::io::Result<()> {
    writeln!(stream, "M 100644 inline {path}\ndata {}", content.len())?;
    stream.write_all(content)?;
    stream.write_all(b"\n")
}

/// Bytes that a packer cannot make smaller.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Gives a stream of commits to Git, and packs what comes of it as a host would.
fn import(folder: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let mut child = Command::new("git")
        .args(["fast-import", "--quiet", "--done", "--force"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .spawn()
        .context("git fast-import")?;
    let mut stream = std::io::BufWriter::new(child.stdin.take().context("a pipe to Git")?);
    let written = write(&mut stream).and_then(|()| stream.write_all(b"done\n")).and_then(|()| stream.flush());
    drop(stream);
    let status = child.wait()?;
    written.context("git fast-import")?;
    if !status.success() {
        bail!("git fast-import failed ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_change_one_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let git = |args: &[&str]| {
            let output = Command::new("git").args(args).current_dir(folder.path()).output().expect("git");
            assert!(output.status.success(), "{args:?}");
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        };
        git(&["init", "--quiet", "--bare", "--initial-branch=main", "."]);
        history(folder.path(), 120, 5).expect("a history");
        assert_eq!(git(&["rev-list", "--count", "main"]), "5");
        assert_eq!(git(&["ls-tree", "-r", "--name-only", "main"]).lines().count(), 120);
        let change = git(&["diff", "--numstat", "main~1", "main"]);
        assert_eq!(change, format!("1\t1\t{}", path(4)));
    }

    #[test]
    fn noise_is_noise() {
        let (one, other) = (noise(1, 1_000), noise(2, 1_000));
        assert!(one.len() == 1_000 && one != other && one == noise(1, 1_000));
    }
}
