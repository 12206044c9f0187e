//! `flyball diff`: what the next run of a Kustomization would change. This is the order of the steps; each is a module's.
//!
//! ```text
//! Kustomization ─▶ source (artifact or checkout) ─┐
//!        └──────▶ inputs (variables, keys) ───────┴─▶ build ─▶ asked (dry-runs, live objects) ─▶ compare ─▶ report
//! ```

mod address;
mod args;
mod asked;
mod build;
mod checkout;
mod compare;
mod compared;
mod controller;
mod fetched;
mod git;
mod inputs;
mod lines;
mod markdown;
mod report;
mod root;
mod rows;
mod source;
mod takeover;
mod text;

use ::cluster::Mapper;
use api::KUSTOMIZE_GROUP;
use api::kustomization::Kustomization;
use api::labels::APPLY_MANAGER;
use apply::Applier;
use apply::spec::ignore_rules;
use jiff::Timestamp;
use kube::Client;
use render::Owner;
use sops::Verify;

use crate::cluster::{self, Connection, failed};
use crate::error::CliError;
use crate::look::{Unreached, elsewhere};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present;
use crate::resource::{self, Kinds, Named};
pub(crate) use args::DiffArgs;
use args::Form;
use asked::Asking;
use build::Built;
use compare::Comparing;
use report::Report;
use source::Files;

/// Objects that one command asks about at a time, beside what the API server allows.
const CONCURRENCY: usize = 16;

/// Compares and prints.
pub(crate) fn run(args: &DiffArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours.choice());
    let named = Named::read(&args.object)?;
    let report = cluster::block_on(compare(args, &named))?;
    show(&report, args.output, output)?;
    let unasked = report.counts.unasked;
    if unasked > 0 {
        let objects = if unasked == 1 { "1 object".to_owned() } else { format!("{unasked} objects") };
        return Err(CliError::cluster(format!("{objects} could not be asked about"))
            .with_hints(["a dry-run needs the rights to get, create and patch an object".to_owned()]));
    }
    Ok(if report.differs() { Outcome::Problems } else { Outcome::Fine })
}

fn show(report: &Report, form: Form, output: &mut Output<'_>) -> Result<(), CliError> {
    if matches!(form, Form::Text | Form::Name) {
        report.notes.iter().for_each(|note| output.note(&format!("note: {note}")));
    }
    match form {
        Form::Text => output.show(&text::lines(report, Timestamp::now())),
        Form::Md => markdown::text(report).lines().try_for_each(|line| output.line(line)),
        Form::Name => {
            let differing = report.objects.iter().filter(|object| object.act.writes());
            differing.map(|object| object.id.named()).try_for_each(|name| output.line(&name))
        }
        Form::Json => output.print(present::json(report).as_bytes()),
        Form::Yaml => output.print(present::yaml(report).as_bytes()),
    }
}

async fn compare(args: &DiffArgs, named: &Named) -> Result<Report, CliError> {
    let (connection, _) = Connection::open(&args.cluster).await?;
    let client = connection.client();
    let kinds = resource::discover(client).await?;
    let object = kustomization(client, &kinds, named, resource::namespace(&connection)).await?;
    let namespace = object.metadata.namespace.clone().unwrap_or_default();
    let name = object.metadata.name.clone().unwrap_or_default();
    let rules = ignore_rules(&object.spec);
    rules.check().map_err(|error| CliError::render(format!("spec.ignore: {error}")))?;
    let applying = controller::applying(client, &namespace).await;
    let Files { tree, shown, mut notes } = source::files(client, &kinds, &object, &args.compared()).await?;
    let verify = if applying.verify_mac { Verify::Required } else { Verify::Ignored };
    let inputs = inputs::read(client, &namespace, &object.spec, verify).await?;
    let owner = Owner { name: name.clone(), namespace: namespace.clone() };
    let strict = args.strict_substitute.unwrap_or(applying.strict_substitution);
    let built = build::build(tree, owner, &object.spec, inputs, strict).await?;
    let Built { objects, sealed, values, maskings, notes: of_build } = built;
    notes.extend(of_build);
    if object.spec.suspend {
        notes.push("the Kustomization is suspended: nothing happens before it is resumed".to_owned());
    }
    notes.extend(asked_as(&object, &applying.account));
    let there = match elsewhere::reach(client, &connection.options(), &object).await {
        None => client.clone(),
        Some(Ok(elsewhere)) => elsewhere.client().clone(),
        Some(Err(Unreached { why, next })) => {
            return Err(
                CliError::cluster(format!("its objects are in another cluster: {why}")).with_hints([next])
            );
        }
    };
    let mapper = Mapper::new(there.clone());
    let applier = Applier::new(there.clone(), mapper, APPLY_MANAGER, applying.overrides.clone(), CONCURRENCY)
        .ignoring(rules.clone())
        .with_values(&values);
    let comparing = Comparing { maskings, values, rules, overrides: applying.overrides };
    let asking = Asking {
        client: &there,
        applier: &applier,
        comparing: &comparing,
        sealed: &sealed,
        stage_kinds: &applying.stage_kinds,
        object: &object,
    };
    let objects = asking.all(objects).await;
    Ok(Report::new((&namespace, &name), shown, objects, notes))
}

/// That rights are compared with whoever asks, where a run has others.
fn asked_as(object: &Kustomization, default: &str) -> Option<String> {
    let named = object.spec.service_account_name.as_deref().filter(|name| !name.is_empty());
    let account = named.or_else(|| Some(default).filter(|name| !name.is_empty()))?;
    let namespace = object.metadata.namespace.as_deref().unwrap_or_default();
    Some(format!(
        "a run applies as ServiceAccount {namespace}/{account}, and may lack rights that you have: \
         --as system:serviceaccount:{namespace}:{account} asks as it"
    ))
}

/// The Kustomization that is named.
async fn kustomization(
    client: &Client,
    kinds: &Kinds,
    named: &Named,
    namespace: &str,
) -> Result<Kustomization, CliError> {
    let target = resource::find(kinds, named, namespace)?;
    let subject = target.id();
    if !target.is(KUSTOMIZE_GROUP, "Kustomization") {
        let kind = &target.served.resource.kind;
        return Err(CliError::usage(format!("{kind} is not a Kustomization, which alone can be compared")));
    }
    let found = target.api(client).get_opt(&target.name).await;
    let found = found.map_err(|error| failed(&subject.to_string(), &error.into()))?;
    let Some(found) = found else {
        return Err(CliError::cluster(format!("{subject}: there is none")).with_hints([
            "`kubectl get kustomizations -A` lists them; choose another namespace with -n".to_owned(),
        ]));
    };
    found.try_parse().map_err(|error| CliError::cluster(format!("{subject}: {error}")))
}
