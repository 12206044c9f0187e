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
mod output;
#[cfg(test)]
mod reference;
mod tree_path;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::Write;

use crate::args::Parsed;
use crate::commands::Outcome;
use crate::error::CliError;
use crate::output::Output;

/// Exit code of a command that did what it was asked for; also for help, version, and a reader that stopped reading.
const SUCCESS: u8 = 0;
/// Exit code of a failure, for which kustomize has no other and scripts compare with it; and of a command that looked
/// for problems and found some.
const FAILURE: u8 = 1;
/// Exit code of a failure of a command whose 1 means that it found problems.
const TROUBLE: u8 = 2;

/// Carries out one command line, whose first argument is the name of the program, and gives the exit code: 0 for
/// success, 1 for a failure as `kustomize` has it. `flyball check` says with 1 that there are problems, and fails
/// with 2.
///
/// ```
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let code = cli::run(["flyball", "biuld"].map(Into::into), &mut out, &mut err);
/// assert_eq!(code, 1);
/// assert!(String::from_utf8(err).is_ok_and(|text| text.starts_with("Error: unrecognized subcommand 'biuld'")));
/// ```
pub fn run(args: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let mut output = Output::new(out, err);
    match carry_out(&args, &mut output) {
        Ok(Outcome::Fine) => SUCCESS,
        Ok(Outcome::Problems) => FAILURE,
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
