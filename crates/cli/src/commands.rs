//! The commands, one file each. This one only lists and dispatches them.

pub(crate) mod build;
mod check;
mod completion;
mod man;
mod version;

use std::ffi::OsStr;

use clap::Subcommand;

use crate::error::CliError;
use crate::output::Output;

/// A command with its arguments. What is said of each in the help stands at its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Build(Box<build::BuildArgs>),
    Check(Box<check::CheckArgs>),
    Completion(completion::CompletionArgs),
    #[command(hide = true)]
    Man(man::ManArgs),
    Version(Box<version::VersionArgs>),
}

/// How a command ended that did what it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All is well.
    Fine,
    /// It looked, and there are problems.
    Problems,
}

/// Carries a command out. `tree` is the whole command line, for commands that are about it.
pub(crate) fn run(
    command: Command,
    tree: fn() -> clap::Command,
    output: &mut Output<'_>,
) -> Result<Outcome, CliError> {
    match command {
        Command::Build(args) => build::run(*args, output)?,
        Command::Check(args) => {
            return Ok(if check::run(&args, output)? { Outcome::Fine } else { Outcome::Problems });
        }
        Command::Completion(args) => completion::run(&args, tree(), output)?,
        Command::Man(args) => man::run(&args, tree())?,
        Command::Version(args) => version::run(&args, output)?,
    }
    Ok(Outcome::Fine)
}

/// Whether a command's exit code 1 means that it found problems, so that its failures need another one.
pub(crate) fn finds_problems(name: &OsStr) -> bool {
    name == "check"
}
