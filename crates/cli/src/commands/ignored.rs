//! `flyball ignored`: which fields nobody corrects, and what stands in them. From the DriftReport of a Kustomization where
//! kustomize-controller writes one; from the live objects otherwise, as far as they tell.

mod args;
mod audit;
mod live;
mod rows;

use api::KUSTOMIZE_GROUP;
use api::kustomization::Kustomization;
use jiff::Timestamp;
use kube::api::ListParams;

use crate::cluster::{self, Connection, failed};
use crate::error::CliError;
use crate::look::{Key, Reports, Scope, Unreached, key_of, pages};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::{self, Shape, TableForm};
use crate::resource::{self, Kinds, Lookup, Meant, Target};
pub(crate) use args::IgnoredArgs;
use rows::{Audit, Row};

/// Audits and prints.
pub(crate) fn run(args: &IgnoredArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours.choice());
    let meant = args.meant()?;
    let audit = cluster::block_on(look(args, &meant))?;
    if matches!(args.output, TableForm::Table | TableForm::Wide | TableForm::Name) {
        audit.notes.iter().for_each(|note| output.note(&format!("note: {note}")));
    }
    let wide = args.output == TableForm::Wide;
    match args.output {
        TableForm::Table | TableForm::Wide if audit.fields.is_empty() => {
            output.line("no ignored field is known to differ")?;
        }
        TableForm::Table | TableForm::Wide => {
            let shape = Shape { width: output.terminal().width(), wide, indent: 0 };
            let several = !matches!(meant, Meant::One(_));
            output.show(&rows::table(&audit.fields, several, Timestamp::now()).lines(shape))?;
        }
        TableForm::Name => audit.names().iter().try_for_each(|name| output.line(name))?,
        TableForm::Json => output.print(present::json(&audit).as_bytes())?,
        TableForm::Yaml => output.print(present::yaml(&audit).as_bytes())?,
    }
    Ok(if audit.fields.is_empty() { Outcome::Fine } else { Outcome::Problems })
}

async fn look(args: &IgnoredArgs, meant: &Meant) -> Result<Audit, CliError> {
    let (connection, _) = Connection::open(&args.cluster).await?;
    let client = connection.client();
    let kinds = resource::discover(client).await?;
    let namespace = resource::namespace(&connection);
    let mut audit = Audit::default();
    let (objects, scope) = match meant {
        Meant::One(named) => {
            let target = resource::find(&kinds, named, namespace)?;
            let object = one(&connection, &target).await?;
            (vec![object], Scope::One((target.namespace, target.name)))
        }
        Meant::Namespace => {
            let scope = Scope::Namespace(namespace.to_owned());
            (all(&connection, &kinds, Some(namespace), &mut audit.notes).await?, scope)
        }
        Meant::All => (all(&connection, &kinds, None, &mut audit.notes).await?, Scope::All),
    };
    let reports = Reports::read(client, &kinds, &scope).await;
    audit.notes.extend(reports.notes.iter().cloned());
    for object in &objects {
        let key: Key = key_of(object);
        if let Some(report) = reports.drift.get(&key) {
            audit.fields.extend(report.ignored.iter().map(|field| Row::reported(&key, field)));
        } else if matches!(meant, Meant::One(_)) || !object.spec.ignore.is_empty() {
            // Annotations of objects are looked at for one Kustomization only: that is a read of each object.
            match (live::look(&connection, object, &mut audit).await, meant) {
                (Ok(()), _) => {}
                (Err(Unreached { why, next }), Meant::One(_)) => {
                    return Err(CliError::cluster(format!("its objects are in another cluster: {why}"))
                        .with_hints([next]));
                }
                (Err(why), _) => {
                    let (namespace, name) = &key;
                    audit
                        .notes
                        .push(format!("{namespace}/{name}: its objects are in another cluster: {why}"));
                }
            }
        }
    }
    if !matches!(meant, Meant::One(_)) {
        audit.notes.push(
            "annotations that exempt whole objects are looked at for one Kustomization at a time".to_owned(),
        );
    }
    Ok(audit)
}

async fn one(connection: &Connection, target: &Target) -> Result<Kustomization, CliError> {
    let subject = target.id();
    if !target.is(KUSTOMIZE_GROUP, "Kustomization") {
        let kind = &target.served.resource.kind;
        return Err(CliError::usage(format!("{kind} is not a Kustomization, which alone has rules")));
    }
    let found = target.api(connection.client()).get_opt(&target.name).await;
    let Some(found) = found.map_err(|error| failed(&subject.to_string(), &error.into()))? else {
        return Err(CliError::cluster(format!("{subject}: there is none")).with_hints([
            "`kubectl get kustomizations -A` lists them; choose another namespace with -n".to_owned(),
        ]));
    };
    found.try_parse().map_err(|error| CliError::cluster(format!("{subject}: {error}")))
}

/// Kustomizations of a namespace, or of all. One that cannot be read has no rules that could be.
async fn all(
    connection: &Connection,
    kinds: &Kinds,
    namespace: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<Vec<Kustomization>, CliError> {
    let client = connection.client();
    let Lookup::Served(served) = kinds.of_any_version(KUSTOMIZE_GROUP, "Kustomization") else {
        return Err(CliError::cluster("the API server serves no Kustomizations")
            .with_hints(["`flyball check` says which CRDs are installed".to_owned()]));
    };
    let objects = match namespace {
        Some(namespace) => served.api(client, namespace),
        None => served.api_in_all(client),
    };
    let found = pages::list(&objects, &ListParams::default()).await;
    let found = found.map_err(|error| failed("Kustomizations", &error))?.noting("Kustomizations", notes);
    Ok(found.into_iter().filter_map(|object| object.try_parse().ok()).collect())
}
