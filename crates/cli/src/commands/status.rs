//! `flyball status`: every Kustomization with what is known of it, in one table. What health-controller has published is
//! taken where it is about the Kustomization as it is; the rest is judged here.

mod args;
mod judge;
mod live;
mod row;
mod screen;
mod table;

use jiff::Timestamp;

use crate::cluster::{self, Connection};
use crate::error::CliError;
use crate::look::{Fleet, Looker, Reports, Scope, none_in};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::{self, TableForm};
use crate::resource;
pub(crate) use args::StatusArgs;
use judge::{outcome, rows};
use row::Row;

/// Looks and prints.
pub(crate) fn run(args: &StatusArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours());
    cluster::block_on(look(args, output))
}

async fn look(args: &StatusArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    let (connection, _) = Connection::open(args.cluster()).await?;
    let looker = Looker::new(&connection).await?;
    let namespace = if args.all_namespaces() { None } else { Some(resource::namespace(&connection)) };
    if args.watch() {
        return live::follow(&looker, namespace, args, output).await;
    }
    let fleet = Fleet::list(looker.client(), looker.kinds(), namespace).await?;
    let scope = namespace.map_or(Scope::All, |namespace| Scope::Namespace(namespace.to_owned()));
    let reports = Reports::read(looker.client(), looker.kinds(), &scope).await;
    let (rows, notes) = rows(&looker, fleet, &reports).await;
    if rows.is_empty() {
        output.note(&none_in(namespace));
    }
    print(&rows, namespace.is_none(), args.form(), output)?;
    notes.iter().for_each(|note| output.note(&format!("not looked at: {note}")));
    Ok(outcome(&rows))
}

fn print(rows: &[Row], everywhere: bool, form: TableForm, output: &mut Output<'_>) -> Result<(), CliError> {
    match form {
        TableForm::Table | TableForm::Wide => {
            if rows.is_empty() {
                return Ok(());
            }
            let is_wide = form == TableForm::Wide;
            let width = output.terminal().width();
            output.show(&table::lines(rows, everywhere, is_wide, width, Timestamp::now()))
        }
        TableForm::Name => rows.iter().try_for_each(|row| output.line(&row.full_name())),
        TableForm::Json => output.print(present::json(&rows).as_bytes()),
        TableForm::Yaml => output.print(present::yaml(&rows).as_bytes()),
    }
}
