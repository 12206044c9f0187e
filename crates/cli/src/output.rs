//! The only file that writes to the terminal. It decides nothing about what is said. Objects are passed on byte for
//! byte; what is said about them has foreign text in it, which is written without credentials and without terminal
//! escapes.

use std::io::{self, Write};

use crate::error::CliError;
use crate::present::{Colour, Line, Terminal, painted};

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
    terminal: Terminal,
    has_colours: bool,
    is_read: bool,
}

impl<'a> Output<'a> {
    /// The two streams that a command may write to; programs read them.
    #[cfg(test)]
    pub(crate) fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self::on(out, err, Terminal::default())
    }

    /// The two streams that a command may write to, and what the first one is connected to.
    pub(crate) fn on(out: &'a mut dyn Write, err: &'a mut dyn Write, terminal: Terminal) -> Self {
        Self { out, err, terminal, has_colours: terminal.has_colours(), is_read: true }
    }

    /// What standard output is connected to.
    pub(crate) const fn terminal(&self) -> Terminal {
        self.terminal
    }

    /// Whether somebody still reads standard output, as far as the last write has shown.
    pub(crate) const fn is_read(&self) -> bool {
        self.is_read
    }

    /// From here on colours are used as the command line says.
    pub(crate) const fn choose_colours(&mut self, choice: Colour) {
        self.has_colours = match choice {
            Colour::Auto => self.terminal.has_colours(),
            Colour::Always => true,
            Colour::Never => false,
        };
    }

    /// Writes to standard output. A reader that has gone away (`flyball build | head`) has seen enough; that is not an
    /// error.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        match self.out.write_all(bytes).and_then(|()| self.out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CliError::file("write", "/dev/stdout", &error))
            }
            Err(_) => {
                self.is_read = false;
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Writes a line to standard output, fit to be read on a terminal.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), CliError> {
        let line = without_credentials(line);
        let line = visible(&line);
        self.print(format!("{line}\n").as_bytes())
    }

    /// Writes lines with tones to standard output, each fit to be read on a terminal.
    pub(crate) fn show(&mut self, lines: &[Line]) -> Result<(), CliError> {
        let mut text = String::new();
        for line in lines {
            self.add(line, &mut text);
        }
        self.print(text.as_bytes())
    }

    /// Writes lines in the place of the `before` last ones, on a terminal.
    pub(crate) fn show_again(&mut self, before: usize, lines: &[Line]) -> Result<(), CliError> {
        let mut text = String::new();
        if before > 0 {
            // Up so many lines, and everything from there on away.
            text = format!("\u{1b}[{before}A\u{1b}[J");
        }
        for line in lines {
            self.add(line, &mut text);
        }
        self.print(text.as_bytes())
    }

    fn add(&self, line: &Line, text: &mut String) {
        for (tone, part) in line.parts() {
            let part = without_credentials(part);
            let part = visible(&part);
            match self.has_colours {
                true => painted(tone, &part, text),
                false => text.push_str(&part),
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
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
