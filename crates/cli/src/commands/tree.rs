//! `flyball tree`: Kustomizations, what they have applied, and what that has made where it is not well. What is known of
//! each is `look`'s to say.

mod args;
mod below;
mod draw;
mod grow;
mod node;

use std::collections::BTreeMap;

use api::KUSTOMIZE_GROUP;

use crate::cluster::{self, Connection};
use crate::error::CliError;
use crate::look::{Depth, Fleet, Key, Looked, Looker, Reports, Scope, none_in};
use crate::outcome::Outcome;
use crate::output::Output;
use crate::present::{self, Line, TextForm};
use crate::resource::{self, Named};
pub(crate) use args::TreeArgs;
use node::Node;

/// The trees, what could not be looked at, and whether all is converged.
struct Grown {
    roots: Vec<Node>,
    notes: Vec<String>,
    /// That there is none to begin with.
    nobody: Option<String>,
    converged: bool,
}

/// Looks and prints.
pub(crate) fn run(args: &TreeArgs, output: &mut Output<'_>) -> Result<Outcome, CliError> {
    output.choose_colours(args.colours());
    let named = if args.object().is_empty() { None } else { Some(Named::read(args.object())?) };
    let grown = cluster::block_on(look(args, named.as_ref()))?;
    match args.form() {
        TextForm::Text => {
            let lines: Vec<Line> = grown.roots.iter().flat_map(draw::lines).collect();
            output.show(&lines)?;
        }
        TextForm::Json => output.print(present::json(&grown.roots).as_bytes())?,
        TextForm::Yaml => output.print(present::yaml(&grown.roots).as_bytes())?,
    }
    if let Some(nobody) = &grown.nobody {
        output.note(nobody);
    }
    grown.notes.iter().for_each(|note| output.note(&format!("not looked at: {note}")));
    Ok(if grown.converged { Outcome::Fine } else { Outcome::Problems })
}

async fn look(args: &TreeArgs, named: Option<&Named>) -> Result<Grown, CliError> {
    let (connection, _) = Connection::open(args.cluster()).await?;
    let looker = Looker::new(&connection).await?;
    let namespace = resource::namespace(&connection);
    let (fleet, roots) = match named {
        Some(named) => {
            let target = resource::find(looker.kinds(), named, namespace)?;
            if !target.is(KUSTOMIZE_GROUP, "Kustomization") {
                let what = target.id();
                return Err(CliError::usage(format!("{what}: only Kustomizations have a tree"))
                    .with_hints([format!("`flyball explain {what}` says which one applies it")]));
            }
            let key: Key = (target.namespace.clone(), target.name.clone());
            let mut fleet = Fleet::around(looker.client(), looker.kinds(), &key.0).await?;
            if fleet.get(&key).is_none() {
                let found = looker.member(&key).await?;
                let found =
                    found.ok_or_else(|| CliError::cluster(format!("{} does not exist", target.id())))?;
                fleet.insert(found);
            }
            (fleet, vec![key])
        }
        None if args.all_namespaces() => {
            let fleet = Fleet::list(looker.client(), looker.kinds(), None).await?;
            let roots = grow::roots(&fleet, None);
            (fleet, roots)
        }
        None => {
            let fleet = Fleet::around(looker.client(), looker.kinds(), namespace).await?;
            if !fleet.has_listed(namespace) {
                // Why not is said by whoever asks for just that.
                Fleet::list(looker.client(), looker.kinds(), Some(namespace)).await?;
            }
            let roots = grow::roots(&fleet, Some(namespace));
            (fleet, roots)
        }
    };
    let nobody = (named.is_none() && roots.is_empty())
        .then(|| none_in(Some(namespace).filter(|_| !args.all_namespaces())));
    let mut grown = grown(&looker, fleet, roots, args.depth()).await?;
    grown.nobody = nobody;
    Ok(grown)
}

async fn grown(looker: &Looker, mut fleet: Fleet, roots: Vec<Key>, depth: usize) -> Result<Grown, CliError> {
    let keys = grow::closure(&fleet, &roots);
    fleet.follow(looker.client(), looker.kinds(), &keys).await;
    let reports = Reports::read(looker.client(), looker.kinds(), &Scope::All).await;
    let looked: BTreeMap<Key, Looked> =
        keys.iter().cloned().zip(looker.explain(&fleet, &keys, &reports, Depth::Quick).await).collect();
    let below = below::find(looker, looked.values()).await;
    let mut notes: Vec<String> = looked.values().flat_map(|looked| looked.notes.clone()).collect();
    notes.sort();
    notes.dedup();
    Ok(Grown {
        converged: roots
            .iter()
            .filter_map(|key| looked.get(key))
            .all(|looked| looked.explanation.is_converged()),
        roots: roots.iter().map(|key| grow::tree(key, &looked, &below, depth)).collect(),
        notes,
        nobody: None,
    })
}
