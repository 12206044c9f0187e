//! `flyball health`: how objects in files are judged, and by which rules. Judging is the crate `health`'s; no cluster is
//! asked.

mod args;
mod around;
mod input;
mod report;
mod rule_files;
mod rule_list;

pub(crate) use args::HealthArgs;

use health::Rules;
use jiff::Timestamp;

use crate::error::CliError;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::{TableForm, TextForm, json, yaml};
use args::{HealthCommand, RulesArgs, TestArgs};
use around::Around;
use report::Report;

/// Carries out one of its commands.
pub(crate) fn run(args: &HealthArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    match args.command() {
        HealthCommand::Test(args) => test(args, output),
        HealthCommand::Rules(args) => rules(args, output),
    }
}

fn test(args: &TestArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colour());
    let rules = Rules::with_library();
    let rules = match args.rules() {
        [] => rules,
        files => rule_files::added(rules, &input::documents(files)?)?,
    };
    let now = args.time().unwrap_or_else(Timestamp::now);
    let objects = input::objects(input::documents(args.files())?)?;
    let report = Report::of(&objects, &Around::of(&objects, now), &rules, now);
    match args.form() {
        TextForm::Text => output.show(&report.lines(output.terminal().width()))?,
        TextForm::Json => output.print(json(&report).as_bytes())?,
        TextForm::Yaml => output.print(yaml(&report).as_bytes())?,
    }
    Ok(if report.is_fine() { Outcome::Fine } else { Outcome::Problems })
}

fn rules(args: &RulesArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colour());
    let entries = rule_list::entries(args.kind())?;
    let width = output.terminal().width();
    match args.form() {
        TableForm::Table => output.show(&rule_list::table(&entries, width, false))?,
        TableForm::Wide => output.show(&rule_list::table(&entries, width, true))?,
        TableForm::Name => rule_list::names(&entries).iter().try_for_each(|name| output.line(name))?,
        TableForm::Json => output.print(json(&rule_list::manifests(&entries)).as_bytes())?,
        TableForm::Yaml => output.print(rule_list::documents(&entries).as_bytes())?,
    }
    Ok(Outcome::Fine)
}
