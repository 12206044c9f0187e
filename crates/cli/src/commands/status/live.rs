//! The table that goes on: drawn again on a terminal, what has changed elsewhere. Kustomizations and what health-controller
//! publishes of them are watched; what has to be judged here is judged again now and then.

use std::time::Duration;

use api::{FLUX_VERSION, FLYBALL_GROUP, FLYBALL_VERSION, KUSTOMIZE_GROUP};
use jiff::Timestamp;
use kube::Api;
use kube::core::DynamicObject;

use super::args::StatusArgs;
use super::judge::{rows, untold};
use super::row::Row;
use super::screen::{changed, fitting};
use super::table;
use crate::error::CliError;
use crate::look::pages::Listed;
use crate::look::{Bell, Fleet, Kept, Looker, Reports, Selection};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::{self, TableForm};
use crate::resource::{Lookup, Served};

/// What comes within this time is shown together.
const TOGETHER: Duration = Duration::from_millis(500);
/// How often rows that are judged here are judged, at most and at least.
const JUDGED: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(15));

/// What was shown last.
#[derive(Default)]
struct Before {
    rows: Vec<Row>,
    lines: usize,
}

/// Goes on until nobody reads any more.
pub(super) async fn follow(
    looker: &Looker,
    namespace: Option<&str>,
    args: &StatusArgs,
    output: &mut Output<'_>,
) -> Result<Outcome, CliError> {
    let mut bell = Bell::default();
    let all = Selection::default();
    let served = looker.kinds();
    let Lookup::Served(kustomizations) = served.of(KUSTOMIZE_GROUP, FLUX_VERSION, "Kustomization") else {
        return Err(CliError::cluster("the API server does not serve Kustomizations"));
    };
    let kustomizations = bell.keep(api(looker, kustomizations, namespace), &all);
    let convergences = match served.of(FLYBALL_GROUP, FLYBALL_VERSION, "Convergence") {
        Lookup::Served(served) => Some(bell.keep(api(looker, served, namespace), &all)),
        Lookup::Unserved | Lookup::Untold => None,
    };
    let (mut before, mut is_begun) = (Before::default(), false);
    while output.is_read() {
        let mut pause = TOGETHER;
        if let Some((fleet, reports)) = seen(&kustomizations, convergences.as_ref(), namespace) {
            if !untold(&fleet, &reports).is_empty() {
                pause = JUDGED.0;
            }
            let (rows, notes) = rows(looker, fleet, &reports).await;
            // Once, for among the lines of a table that is drawn again it would be lost.
            if !std::mem::replace(&mut is_begun, true) {
                notes.iter().for_each(|note| output.note(&format!("not looked at: {note}")));
            }
            show(rows, &mut before, namespace.is_none(), args.form(), output)?;
        } else if let Some(why) = kustomizations.refused() {
            return Err(CliError::cluster(format!("Kustomizations: {why}")));
        }
        tokio::select! {
            () = bell.rung() => {}
            () = tokio::time::sleep(JUDGED.1) => {}
        }
        tokio::time::sleep(pause).await;
    }
    Ok(Outcome::Fine)
}

fn api(looker: &Looker, served: &Served, namespace: Option<&str>) -> Api<DynamicObject> {
    match namespace {
        Some(namespace) => served.api(looker.client(), namespace),
        None => served.api_in_all(looker.client()),
    }
}

/// What the watches show; `None` before they do.
fn seen(
    kustomizations: &Kept,
    convergences: Option<&Kept>,
    namespace: Option<&str>,
) -> Option<(Fleet, Reports)> {
    let list =
        Listed { items: kustomizations.all()?, version: String::new(), is_cut: kustomizations.is_cut() };
    let fleet = Fleet::of_list(list, namespace);
    let published = match convergences {
        // Those who may not read them see what is judged here.
        Some(kept) if kept.refused().is_none() => kept.all()?,
        _ => Vec::new(),
    };
    Some((fleet, Reports::of_convergences(published)))
}

fn show(
    rows: Vec<Row>,
    before: &mut Before,
    everywhere: bool,
    form: TableForm,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let places = changed(&before.rows, &rows);
    let new: Vec<&Row> = places.iter().filter_map(|place| rows.get(*place)).collect();
    match form {
        TableForm::Table | TableForm::Wide => {
            let (terminal, is_wide) = (output.terminal(), form == TableForm::Wide);
            let lines = table::lines(&rows, everywhere, is_wide, terminal.width(), Timestamp::now());
            if terminal.is_terminal() && !is_wide {
                let lines = fitting(lines, terminal.height());
                output.show_again(before.lines, &lines)?;
                before.lines = lines.len();
            } else {
                let is_first = before.lines == 0;
                let is_shown = |place: &usize| match place.checked_sub(1) {
                    None => is_first,
                    Some(row) => places.contains(&row),
                };
                let lines: Vec<_> = lines
                    .into_iter()
                    .enumerate()
                    .filter(|(place, _)| is_shown(place))
                    .map(|(_, line)| line)
                    .collect();
                output.show(&lines)?;
                before.lines = before.lines.max(lines.len());
            }
        }
        TableForm::Name => new.iter().try_for_each(|row| output.line(&row.full_name()))?,
        TableForm::Json => new.iter().try_for_each(|row| output.print(present::json(row).as_bytes()))?,
        TableForm::Yaml => {
            new.iter().try_for_each(|row| output.print(format!("---\n{}", present::yaml(row)).as_bytes()))?;
        }
    }
    before.rows = rows;
    Ok(())
}
