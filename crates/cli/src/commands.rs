//! The commands, one file each. This one only lists and dispatches them.

pub(crate) mod build;
mod check;
pub(crate) mod completion;
mod diff;
mod events;
mod explain;
mod health;
mod ignored;
mod man;
mod reconcile;
mod status;
mod suspend;
mod tree;
mod version;
mod wait;

use std::ffi::OsStr;

use clap::{Args as _, Subcommand};

use crate::error::CliError;
use crate::outcome::Outcome;
use crate::output::Output;

/// A command with its arguments. What is said of each in the help stands at its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Build(Box<build::BuildArgs>),
    Check(Box<check::CheckArgs>),
    Completion(completion::CompletionArgs),
    Diff(Box<diff::DiffArgs>),
    Events(Box<events::EventsArgs>),
    Explain(Box<explain::ExplainArgs>),
    Health(Box<health::HealthArgs>),
    Ignored(Box<ignored::IgnoredArgs>),
    #[command(hide = true)]
    Man(man::ManArgs),
    Reconcile(Box<reconcile::ReconcileArgs>),
    Resume(Box<suspend::ResumeArgs>),
    Status(Box<status::StatusArgs>),
    Suspend(Box<suspend::SuspendArgs>),
    Tree(Box<tree::TreeArgs>),
    Version(Box<version::VersionArgs>),
    Wait(Box<wait::WaitArgs>),
}

/// Adds a command's arguments to its definition.
type Define = fn(clap::Command) -> clap::Command;

/// The commands by name, so that one can be defined without the others.
const EACH: [(&str, Define); 16] = [
    ("build", build::BuildArgs::augment_args),
    ("check", check::CheckArgs::augment_args),
    ("completion", completion::CompletionArgs::augment_args),
    ("diff", diff::DiffArgs::augment_args),
    ("events", events::EventsArgs::augment_args),
    ("explain", explain::ExplainArgs::augment_args),
    ("health", health::HealthArgs::augment_args),
    ("ignored", ignored::IgnoredArgs::augment_args),
    ("man", man::ManArgs::augment_args),
    ("reconcile", reconcile::ReconcileArgs::augment_args),
    ("resume", suspend::ResumeArgs::augment_args),
    ("status", status::StatusArgs::augment_args),
    ("suspend", suspend::SuspendArgs::augment_args),
    ("tree", tree::TreeArgs::augment_args),
    ("version", version::VersionArgs::augment_args),
    ("wait", wait::WaitArgs::augment_args),
];

/// The command line with one command alone, by its name.
pub(crate) fn alone(root: clap::Command, name: &str) -> Option<clap::Command> {
    let (name, define) = EACH.iter().find(|(known, _)| *known == name)?;
    Some(root.subcommand(define(clap::Command::new(*name))))
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
        Command::Diff(args) => return diff::run(&args, output),
        Command::Events(args) => return events::run(&args, output),
        Command::Explain(args) => return explain::run(&args, output),
        Command::Health(args) => return health::run(&args, output),
        Command::Ignored(args) => return ignored::run(&args, output),
        Command::Man(args) => man::run(&args, tree())?,
        Command::Reconcile(args) => return reconcile::run(&args, output),
        Command::Resume(args) => return suspend::resume(&args, output),
        Command::Status(args) => return status::run(&args, output),
        Command::Suspend(args) => return suspend::suspend(&args, output),
        Command::Tree(args) => return tree::run(&args, output),
        Command::Version(args) => version::run(&args, output)?,
        Command::Wait(args) => return wait::run(&args, output),
    }
    Ok(Outcome::Fine)
}

/// Whether a command's exit code 1 means that it found problems, so that its failures need another one.
pub(crate) fn finds_problems(name: &OsStr) -> bool {
    const NAMES: [&str; 12] = [
        "check",
        "diff",
        "events",
        "explain",
        "health",
        "ignored",
        "reconcile",
        "resume",
        "status",
        "suspend",
        "tree",
        "wait",
    ];
    NAMES.iter().any(|known| name == *known)
}
