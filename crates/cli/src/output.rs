//! The only file that writes to the terminal. It decides nothing about what is said. Objects are passed on byte for
//! byte; what is said about them has foreign text in it, which is written without credentials and without terminal
//! escapes.

use std::io::{self, Write};

use crate::error::CliError;

mod credentials;
mod visible;

#[cfg(test)]
mod tests;

use credentials::without_credentials;
pub(crate) use visible::is_active;
use visible::visible;

/// Standard output and standard error.
pub(crate) struct Output<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
}

impl<'a> Output<'a> {
    /// The two streams that a command may write to.
    pub(crate) fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { out, err }
    }

    /// Writes to standard output. A reader that has gone away (`flyball build | head`) has seen enough; that is not an
    /// error.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        match self.out.write_all(bytes).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CliError::file("write", "/dev/stdout", &error))
            }
            _ => Ok(()),
        }
    }

    /// Writes a line to standard output, fit to be read on a terminal.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), CliError> {
        let line = without_credentials(line);
        let line = visible(&line);
        self.print(format!("{line}\n").as_bytes())
    }

    /// Writes a line to standard error, fit to be read there.
    pub(crate) fn note(&mut self, line: &str) {
        let line = without_credentials(line);
        let line = visible(&line);
        // When standard error is gone, there is nowhere left to report that.
        self.err.write_all(format!("{line}\n").as_bytes()).ok();
    }

    /// Says why a command failed and what to do about it. `Error:` is spelt as in kustomize, whose output scripts match.
    pub(crate) fn report(&mut self, error: &CliError) {
        self.note(&format!("Error: {error}"));
        for hint in error.hints() {
            self.note(&format!("hint: {hint}"));
        }
    }
}
