//! Running a program to its end or to a deadline. It knows nothing about git.

use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::system_text;

#[cfg(test)]
mod tests;

/// How often a running process is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// Runs a program in a folder until it ends or the deadline has passed. `allowed` is only named in the error.
///
/// # Errors
/// The command and what it said on standard error, what the system said, or that there was no answer in time.
pub(super) fn run(
    program: &str,
    arguments: &[&str],
    folder: &Path,
    deadline: Instant,
    allowed: Duration,
) -> Result<(), String> {
    let shown = || format!("failed to run '{program} {}'", arguments.join(" "));
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {}", shown(), system_text(&error)))?;
    let mut stderr = child.stderr.take();
    // Read while it runs, so that a full pipe does not hold it up.
    let said = thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(stderr) = &mut stderr {
            stderr.read_to_end(&mut text).ok();
        }
        String::from_utf8_lossy(&text).trim().to_owned()
    });
    let Some(succeeded) = wait(&mut child, deadline) else {
        child.kill().ok();
        child.wait().ok();
        return Err(format!("{}: no answer within {} seconds", shown(), allowed.as_secs_f64()));
    };
    let said = said.join().unwrap_or_default();
    if succeeded { Ok(()) } else { Err(format!("{}: {said}", shown())) }
}

/// Whether the process succeeded; nothing if it was still running at the deadline.
fn wait(child: &mut Child, deadline: Instant) -> Option<bool> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if Instant::now() >= deadline => return None,
            Ok(None) => thread::park_timeout(LOOK),
            Err(_) => return Some(false),
        }
    }
}
