//! What people do with Flyball from a terminal. The binary only hands over its arguments and streams.
//!
//! ```text
//! argv ─▶ args ─▶ commands::Command ─▶ commands::<command> ─▶ output ─▶ stdout, stderr
//!           └────────── CliError ◀────────────┘                 └─▶ exit code
//! ```
//!
//! Nothing prints but `output`, and nothing ends the process: a failure is a `CliError`, whose kind has an exit code.
//! There is no async runtime but the one that `cluster` makes for the command that asks a cluster: a build pays for
//! neither.

mod args;
mod checkouts;
mod cluster;
mod commands;
mod disk_tree;
mod error;
mod finding;
mod installed;
mod look;
mod outcome;
mod output;
mod pointer;
mod present;
mod reconciliation;
#[cfg(test)]
mod reference;
mod resource;
mod tree_path;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::Write;

use crate::args::Parsed;
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::output::Output;
pub use crate::present::Terminal;

/// Exit code of a command that did what it was asked for; also for help, version, and a reader that stopped reading.
const SUCCESS: u8 = 0;
/// Exit code of a failure, for which kustomize has no other and scripts compare with it; and of a command that looked
/// for problems and found some.
const FAILURE: u8 = 1;
/// Exit code of a failure of a command whose 1 means that it found problems.
const TROUBLE: u8 = 2;
/// Exit code of a command that waited in vain.
const TIMEOUT: u8 = 3;

/// Carries out one command line, whose first argument is the name of the program, and gives the exit code: 0 for
/// success, 1 for a failure as `kustomize` has it. Commands that look at a cluster say with 1 that there are problems,
/// fail with 2, and say with 3 that they waited in vain. Nobody is at a terminal: colours are used when they are asked
/// for.
///
/// ```
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let code = cli::run(["flyball", "biuld"].map(Into::into), &mut out, &mut err);
/// assert_eq!(code, 1);
/// assert!(String::from_utf8(err).is_ok_and(|text| text.starts_with("Error: unrecognized subcommand 'biuld'")));
/// ```
pub fn run(args: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    run_on(Terminal::default(), args, out, err)
}

/// As [`run`], with what standard output is connected to.
pub fn run_on(
    terminal: Terminal,
    args: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut output = Output::on(out, err, terminal);
    match carry_out(&args, &mut output) {
        Ok(Outcome::Fine) => SUCCESS,
        Ok(Outcome::Problems) => FAILURE,
        Ok(Outcome::TimedOut) => TIMEOUT,
        Err(error) => {
            output.report(&error);
            failure_of(&args)
        }
    }
}

fn carry_out(args: &[OsString], output: &mut Output<'_>) -> Result<Outcome, CliError> {
    match args::parse(args)? {
        Parsed::Command(command) => commands::run(command, args::tree, output),
        Parsed::Text(text) => output.print(text.as_bytes()).map(|()| Outcome::Fine),
    }
}

/// The exit code of a failure. It depends on the command also where the rest of its line cannot be read.
fn failure_of(args: &[OsString]) -> u8 {
    let is_flag = |arg: &&OsString| arg.as_encoded_bytes().starts_with(b"-");
    let command = args.iter().skip(1).find(|arg| !is_flag(arg));
    if command.is_some_and(|name| commands::finds_problems(name)) { TROUBLE } else { FAILURE }
}
