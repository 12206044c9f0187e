//! `flyball check`: what is installed in a cluster, whether it answers, what stands in the way, and what to do. This is
//! the order of the steps; what is read is `gather`'s, and the modules beside judge it without asking anybody.

mod args;
mod before;
mod conflicts;
mod controllers;
mod definitions;
mod gather;
mod kubernetes;
mod leases;
mod network;
mod owner;
mod pods;
mod report;
mod rights;
mod schema;
mod seen;

pub(crate) use args::CheckArgs;

use jiff::Timestamp;

use crate::cluster::{self, Connection};
use crate::error::CliError;
use crate::finding::Level;
use crate::installed::Controller;
use crate::output::Output;
use args::Form;
use report::Report;

/// Where the documents, `install.yaml` and `config/` install Flyball.
const NAMESPACE: &str = "flyball-system";

/// Looks, and prints what it found. False if anything is wrong.
pub(crate) fn run(args: &CheckArgs, output: &mut Output<'_>) -> Result<bool, CliError> {
    let report = cluster::block_on(look(args))?;
    match args.form() {
        Form::Text => {
            for line in report.lines() {
                output.line(&line)?;
            }
        }
        Form::Json => output.print(report.json().as_bytes())?,
    }
    Ok(!report.fails())
}

async fn look(args: &CheckArgs) -> Result<Report, CliError> {
    let (connection, version) = Connection::open(args.cluster()).await?;
    let namespace = if args.before() { args.cluster().namespace() } else { connection.namespace() };
    let namespace = namespace.unwrap_or(NAMESPACE);
    let mut findings = vec![kubernetes::finding(connection.server(), &version.git_version)];
    let seen = gather::everything(&connection, namespace).await?;
    let mut found: Vec<Controller> = seen.deployments.found.iter().map(Controller::of).collect();
    found.sort_by(|a, b| (&a.namespace, &a.deployment).cmp(&(&b.namespace, &b.deployment)));
    if args.before() {
        let place = gather::place(&connection, namespace).await?;
        findings.push(before::namespace(namespace, &place));
        findings.extend(network::findings(namespace, &place));
        findings.extend(before::controllers(&found, &args.controllers(), &seen.deployments));
        findings.extend(definitions::findings(&seen.definitions, definitions::When::Before));
        let rights = gather::rights(&connection, namespace, place.is_absent()).await?;
        findings.extend(rights::findings(&rights, namespace));
    } else {
        let now = Timestamp::now();
        findings.extend(controllers::findings(&found, &seen, now));
        findings.extend(leases::findings(&found, &seen.leases, now));
        findings.extend(conflicts::findings(&found));
        findings.extend(definitions::findings(&seen.definitions, definitions::When::Installed(&found)));
    }
    findings.extend(seen.refused());
    findings.sort_by_key(|finding| finding.level == Level::Unseen);
    Ok(Report::new(connection.server(), &version.git_version, found, findings))
}
