//! `flyball events`: what was told of a Kustomization, its source and what it applies. Whose events are shown is `whom`'s;
//! reading them `gather`'s and `watching`'s.

mod args;
mod gather;
mod told;
mod watching;
mod whom;

use std::pin::pin;

use futures::StreamExt as _;
use jiff::Timestamp;

use crate::cluster::{self, Connection};
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::{self, Shape, TableForm};
use crate::resource::{self, Meant};
pub(crate) use args::EventsArgs;
use gather::Gatherer;
use told::{Told, folded, line, table};

/// Reads and prints.
pub(crate) fn run(args: &EventsArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours.choice());
    let meant = args.meant()?;
    cluster::block_on(follow(args, &meant, output))?;
    Ok(Outcome::Fine)
}

async fn follow(args: &EventsArgs, meant: &Meant, output: &mut Output<'_>) -> Result<(), CliError> {
    let (connection, _) = Connection::open(&args.cluster).await?;
    let client = connection.client();
    let kinds = resource::discover(client).await?;
    let mut notes = Vec::new();
    let namespace = resource::namespace(&connection);
    let mut gatherer = Gatherer::new(client, &kinds, meant, namespace, &mut notes).await?;
    let (told, places) = gatherer.list(&mut notes).await?;
    notes.iter().for_each(|note| output.note(&format!("note: {note}")));
    let told = folded(told.into_iter().filter(|told| is_wanted(args, told)));
    show(args, &told, output)?;
    if !args.watch {
        return Ok(());
    }
    let mut coming = pin!(watching::watch(places));
    while let Some(told) = coming.next().await {
        if is_wanted(args, &told) && gatherer.is_meant(&told.id).await {
            show_one(args, &told, output)?;
        }
    }
    Ok(())
}

fn is_wanted(args: &EventsArgs, told: &Told) -> bool {
    args.types.is_empty() || args.types.iter().any(|kind| kind.eq_ignore_ascii_case(&told.kind))
}

fn show(args: &EventsArgs, told: &[Told], output: &mut Output<'_>) -> Result<(), CliError> {
    match args.output {
        TableForm::Table | TableForm::Wide if told.is_empty() => {
            output.note("no events");
            Ok(())
        }
        TableForm::Table | TableForm::Wide => {
            let wide = args.output == TableForm::Wide;
            let shape = Shape { width: output.terminal().width(), wide, indent: 0 };
            output.show(&table(told, Timestamp::now()).lines(shape))
        }
        TableForm::Name => {
            let mut names: Vec<&str> = Vec::new();
            for told in told {
                if !names.contains(&told.object.as_str()) {
                    names.push(&told.object);
                }
            }
            names.into_iter().try_for_each(|name| output.line(name))
        }
        // What comes later follows as values of their own.
        TableForm::Json | TableForm::Yaml if args.watch => {
            told.iter().try_for_each(|told| show_one(args, told, output))
        }
        TableForm::Json => output.print(present::json(&told).as_bytes()),
        TableForm::Yaml => output.print(present::yaml(&told).as_bytes()),
    }
}

fn show_one(args: &EventsArgs, told: &Told, output: &mut Output<'_>) -> Result<(), CliError> {
    match args.output {
        TableForm::Table | TableForm::Wide => output.show(&[line(told)]),
        TableForm::Name => output.line(&told.object),
        TableForm::Json => output.print(present::json(told).as_bytes()),
        TableForm::Yaml => output.print(format!("---\n{}", present::yaml(told)).as_bytes()),
    }
}
