//! The commands, one file each. This one only dispatches.

pub(crate) mod build;

use crate::args::Command;
use crate::error::CliError;

/// Carries a command out.
pub(crate) fn run(command: &Command) -> Result<(), CliError> {
    match command {
        Command::Build(request) => build::run(request),
    }
}
