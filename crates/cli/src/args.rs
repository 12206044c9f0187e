//! The command line as a whole: what `flyball` itself takes, and what becomes of a line that cannot be read. The flags
//! of a command are its own file's.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::error::CliError;

#[cfg(test)]
mod tests;

/// What the command line asks for.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Carry out a command.
    Command(Command),
    /// Print a text: help or version.
    Text(String),
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (builds as kustomize v5.8.1)");

/// GitOps for Kubernetes from the command line.
// Of a flag that is given twice the last one is right, as in kustomize and kubectl.
#[derive(Debug, Parser)]
#[command(name = "flyball", version = VERSION, args_override_self = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// The name by which kubectl finds this program, and how people type it then.
const PLUGIN: (&str, &str) = ("kubectl-flyball", "kubectl flyball");

/// Reads the command line.
pub(crate) fn parse(args: &[OsString]) -> Result<Parsed, CliError> {
    match read(args) {
        Ok(cli) => Ok(Parsed::Command(cli.command)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                Ok(Parsed::Text(error.render().to_string()))
            }
            _ => Err(unreadable(error)),
        },
    }
}

fn read(args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut tree = Cli::command();
    if is_plugin(args) {
        tree = tree.bin_name(PLUGIN.1);
    }
    let matches = tree.try_get_matches_from_mut(args)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut tree))
}

/// Whether kubectl has started us.
fn is_plugin(args: &[OsString]) -> bool {
    args.first().is_some_and(|program| Path::new(program).file_stem().is_some_and(|name| name == PLUGIN.0))
}

/// The whole command line, for what is made of its definition.
pub(crate) fn tree() -> clap::Command {
    Cli::command()
}

/// The parser's message, with its tips as hints.
fn unreadable(mut error: clap::Error) -> CliError {
    let hints = take_tips(&mut error);
    let text = error.render().to_string();
    CliError::usage(text.trim_start_matches("error: ").trim_end()).with_hints(hints)
}

/// Takes out of a parser's error what it would print as tips.
fn take_tips(error: &mut clap::Error) -> Vec<String> {
    let mut tips = Vec::new();
    for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue] {
        tips.extend(error.remove(kind).and_then(did_you_mean));
    }
    if let Some(ContextValue::StyledStrs(others)) = error.remove(ContextKind::Suggested) {
        tips.extend(others.iter().map(ToString::to_string));
    }
    tips
}

fn did_you_mean(similar: ContextValue) -> Option<String> {
    let names = match similar {
        ContextValue::String(name) => vec![name],
        ContextValue::Strings(names) => names,
        _ => Vec::new(),
    };
    (!names.is_empty()).then(|| format!("did you mean '{}'?", names.join("' or '")))
}
