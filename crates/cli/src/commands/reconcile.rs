//! `flyball reconcile`: asks an object, and its source first where that is wanted, for a run now, and waits for what
//! comes of it. Which objects can be asked and when a run is over is `reconciliation`'s.

mod args;

use api::labels::{FULL_PASS_AT, REQUESTED_AT};
use api::{KUSTOMIZE_GROUP, SOURCE_GROUP};
use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};

use crate::cluster::{self, Connection};
use crate::error::CliError;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::{self, Line, TextForm};
use crate::reconciliation::{Asking, End, Standing, Told, after_request, source_of, standing};
use crate::resource::{self, Kinds, Lookup, Named, Target};
pub(crate) use args::ReconcileArgs;

/// Asks, waits and prints.
pub(crate) fn run(args: &ReconcileArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours.choice());
    let named = Named::read(&args.object)?;
    let told = cluster::block_on(ask(args, &named, output))?;
    match args.output {
        TextForm::Text => {
            let lines: Vec<Line> = told.iter().map(Told::line).collect();
            output.show(&lines)?;
        }
        TextForm::Json => output.print(present::json(&told).as_bytes())?,
        TextForm::Yaml => output.print(present::yaml(&told).as_bytes())?,
    }
    Ok(outcome_of(&told))
}

/// How the command ends: as the last object that was asked.
fn outcome_of(told: &[Told]) -> Outcome {
    match told.last().map(Told::end) {
        Some(End::Failed) => Outcome::Problems,
        Some(End::TimedOut) => Outcome::TimedOut,
        _ => Outcome::Fine,
    }
}

async fn ask(args: &ReconcileArgs, named: &Named, output: &mut Output<'_>) -> Result<Vec<Told>, CliError> {
    let (connection, _) = Connection::open(&args.cluster).await?;
    let client = connection.client();
    let kinds = resource::discover(client).await?;
    let target = resource::find(&kinds, named, resource::namespace(&connection))?;
    if args.full && !target.is(KUSTOMIZE_GROUP, "Kustomization") {
        return Err(CliError::usage("--full is for Kustomizations: only they have objects to look at"));
    }
    let object = Asking::of(client, &target).read().await?;
    may_be_asked(&target, &object)?;
    let mut told = Vec::new();
    if args.with_source {
        let source = source(&kinds, &object)?;
        may_be_asked(&source, &Asking::of(client, &source).read().await?)?;
        told.push(one(args, client, &source, false, output).await?);
        if outcome_of(&told) != Outcome::Fine {
            return Ok(told);
        }
    }
    told.push(one(args, client, &target, args.full, output).await?);
    Ok(told)
}

/// Asks one object.
async fn one(
    args: &ReconcileArgs,
    client: &Client,
    target: &Target,
    full: bool,
    output: &mut Output<'_>,
) -> Result<Told, CliError> {
    let asking = Asking::of(client, target);
    let token = Timestamp::now().to_string();
    let mut annotations = json!({ REQUESTED_AT: token });
    if full {
        annotations[FULL_PASS_AT] = token.clone().into();
    }
    asking.merge(&json!({"metadata": {"annotations": annotations}})).await?;
    if args.no_wait {
        return Ok(asking.told("was asked"));
    }
    let subject = asking.subject();
    let says = |what: &str| output.note(&format!("{subject}: waits for: {what}"));
    asking.follow(args.limit(), |object| after_request(object, &token), says).await
}

/// The source that an object names.
fn source(kinds: &Kinds, object: &Value) -> Result<Target, CliError> {
    let (kind, namespace, name) = source_of(object).map_err(CliError::usage)?;
    match kinds.of_any_version(SOURCE_GROUP, &kind) {
        Lookup::Served(served) => Ok(Target { served: served.clone(), namespace, name }),
        Lookup::Unserved | Lookup::Untold => Err(CliError::cluster(format!(
            "{kind}/{namespace}/{name}: the API server does not serve sources of this kind"
        ))
        .with_hints(["`flyball check` says which CRDs are installed".to_owned()])),
    }
}

fn may_be_asked(target: &Target, object: &Value) -> Result<(), CliError> {
    let subject = target.id();
    match standing(object) {
        Standing::Runs => Ok(()),
        Standing::Static(why) => Err(CliError::usage(format!("{subject}: {why}"))),
        Standing::Leaving => Err(CliError::cluster(format!("{subject}: it is being deleted"))
            .with_hints([format!("`flyball explain {}` says what holds it", typed(target))])),
        Standing::Suspended(by) => Err(CliError::cluster(format!("{subject} is suspended{by}"))
            .with_hints([format!("`flyball resume {}` switches it on again", typed(target))])),
    }
}

/// How an object is typed on a command line.
fn typed(target: &Target) -> String {
    let kind = target.served.resource.kind.to_lowercase();
    format!("{kind}/{} -n {}", target.name, target.namespace)
}
