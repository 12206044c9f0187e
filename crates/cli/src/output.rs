//! The only file that writes to the terminal. It decides nothing about what is said.

use std::io::{self, Write as _};

use crate::error::CliError;

/// Writes to standard output. A reader that has gone away (`flyball build | head`) has seen enough; that is no error.
pub(crate) fn print(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::file("write", "/dev/stdout", &error))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error.
pub(crate) fn note(line: &str) {
    // Nobody to tell when the terminal is gone.
    writeln!(io::stderr(), "{line}").ok();
}

/// Tells why a command failed and what to do about it.
pub(crate) fn report(error: &CliError) {
    note(&format!("Error: {error}"));
    for hint in error.hints() {
        note(&format!("hint: {hint}"));
    }
}
