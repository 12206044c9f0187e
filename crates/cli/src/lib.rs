//! What people do with Flyball from a terminal. The binary only hands over its arguments and streams.
//!
//! ```text
//! argv ─▶ args ─▶ commands::Command ─▶ commands::<command> ─▶ output ─▶ stdout, stderr
//!           └────────── CliError ◀────────────┘                 └─▶ exit code
//! ```
//!
//! Nothing prints but `output`, and nothing ends the process: a failure is a `CliError`, whose kind has an exit code.
//! There is no async runtime, because no command needs a cluster; one that does starts its own.

mod args;
mod checkouts;
mod commands;
mod disk_tree;
mod error;
mod output;
mod tree_path;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::Write;

use crate::args::Parsed;
use crate::error::CliError;
use crate::output::Output;

/// Exit code of a command that did what it was asked for.
const SUCCESS: u8 = 0;

/// Carries out one command line, whose first argument is the name of the program, and gives the exit code: 0 for
/// success, 1 for every failure, as `kustomize` has it.
///
/// ```
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let code = cli::run(["flyball", "biuld"].map(Into::into), &mut out, &mut err);
/// assert_eq!(code, 1);
/// assert!(String::from_utf8(err).is_ok_and(|text| text.starts_with("Error: unrecognized subcommand 'biuld'")));
/// ```
pub fn run(args: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let mut output = Output::new(out, err);
    match carry_out(args, &mut output) {
        Ok(()) => SUCCESS,
        Err(error) => {
            output.report(&error);
            error.exit_code()
        }
    }
}

fn carry_out(args: impl IntoIterator<Item = OsString>, output: &mut Output<'_>) -> Result<(), CliError> {
    match args::parse(args)? {
        Parsed::Command(command) => commands::run(command, output),
        Parsed::Text(text) => output.print(text.as_bytes()),
    }
}
