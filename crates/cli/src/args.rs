//! The command line as a whole: what `flyball` itself takes, and what becomes of a line that cannot be read. The flags
//! of a command are its own file's.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{FromArgMatches as _, Subcommand as _};

use crate::commands::{self, Command};
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

const ABOUT: &str = "GitOps for Kubernetes from the command line";
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (builds as kustomize v5.8.1)");

/// The name by which kubectl finds this program, and how people type it then.
const PLUGIN: (&str, &str) = ("kubectl-flyball", "kubectl flyball");
/// The name under which kubectl asks how a line of that plugin goes on.
const COMPLETER: &str = "kubectl_complete-flyball";

/// Reads the command line.
pub(crate) fn parse(args: &[OsString]) -> Result<Parsed, CliError> {
    if is_started_as(args, COMPLETER) {
        let words = args.get(1..).unwrap_or_default();
        return Ok(Parsed::Text(commands::completion::for_kubectl(tree(), words)));
    }
    match read(args) {
        Ok(command) => Ok(Parsed::Command(command)),
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

fn read(args: &[OsString]) -> Result<Command, clap::Error> {
    let named = args.get(1).and_then(|name| name.to_str());
    // A small build is over before all commands are defined.
    let mut tree = named.and_then(|name| commands::alone(root(), name)).unwrap_or_else(tree);
    if is_started_as(args, PLUGIN.0) {
        tree = tree.bin_name(PLUGIN.1);
    }
    let matches = tree.try_get_matches_from_mut(args)?;
    Command::from_arg_matches(&matches).map_err(|error| error.format(&mut tree))
}

/// Whether the program goes by this name.
fn is_started_as(args: &[OsString], name: &str) -> bool {
    args.first().is_some_and(|program| Path::new(program).file_stem().is_some_and(|stem| stem == name))
}

/// The command line without its commands. Of a flag that is given twice the last one is right, as in kustomize and
/// kubectl.
fn root() -> clap::Command {
    clap::Command::new("flyball")
        .about(ABOUT)
        .version(VERSION)
        .args_override_self(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
}

/// The whole command line, for what is made of its definition.
pub(crate) fn tree() -> clap::Command {
    Command::augment_subcommands(root()).about(ABOUT)
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
