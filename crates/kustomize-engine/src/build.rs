//! A whole build: the top kustomization, then what is done once at the end.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use manifest::yaml::to_value_v3;
use serde_json::Value;

use crate::accumulate::{Accumulator, Build, Target};
use crate::error::{Error, Result, Within as _};
use crate::fieldspec::{FieldSpec, GvkFilter, defaults};
use crate::load::{Loader, Source};
use crate::origin::Origin;
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::schema::Schemas;
use crate::transformers::{MetaTexts, Order, sort};
use crate::tree::FileTree;
use crate::weight::weight;
use crate::work::{Growth, Work};
use crate::{Built, Mode, Options, names, objects, plugins};

const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";
const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "kustomize-v5.8.1");

/// Builds the kustomization in a directory of the tree.
///
/// # Errors
/// When the input is wrong, uses something unsupported, or exceeds a budget.
pub fn build(tree: &dyn FileTree, directory: &str, options: &Options) -> Result<Built> {
    let budget = options.budget();
    let options = Options { budget: Some(budget.clone()), ..options.clone() };
    let mut objects = Vec::new();
    let mut full = Ok(());
    let mut keep = |object| {
        // What the first one that does not fit takes is given up at once.
        if full.is_ok() {
            full = budget.hold(weight(&object) as u64);
            objects.push(object);
        }
    };
    build_each(tree, directory, &options, &mut Vec::new(), &mut keep)?;
    full?;
    Ok(Built { objects })
}

/// As [`build`], giving away one object after the other, so that never all of them are held at once, and with warnings, for
/// example about deprecated fields. Warnings are told of a build that fails, too; what it gave away before is no outcome.
///
/// # Errors
/// As [`build`].
pub fn build_each(
    tree: &dyn FileTree,
    directory: &str,
    options: &Options,
    warnings: &mut Vec<String>,
    each: &mut dyn FnMut(Value),
) -> Result<()> {
    let work = Work::new(options.budget());
    let source = Source::new(tree, options, &work);
    let mut build = Build {
        mode: options.mode,
        objects: options.limits.objects,
        defaults: Arc::new(defaults::builtin()),
        schemas: Schemas::default(),
        schema_chosen: false,
        warnings: Vec::new(),
        work,
    };
    let outcome = run(&mut build, &source, directory, options, each);
    warnings.append(&mut build.warnings);
    outcome
}

fn run(
    build: &mut Build,
    source: &Source<'_>,
    directory: &str,
    options: &Options,
    each: &mut dyn FnMut(Value),
) -> Result<()> {
    let loader = Rc::new(Loader::top(source, directory)?);
    let mut target = Target::read(build, loader)?;
    build.choose_schema(&target.loader, &target.kustomization)?;
    let metadata = target.kustomization.build_metadata.clone();
    if !metadata.is_empty() {
        target.origin = Some(Origin::default());
    }
    let start = Accumulator::new(build);
    let Accumulator { mut map, config, vars } = target.accumulate(build, start)?;
    plugins::add_hashes(&mut map)?;
    names::fix(&mut map, &config.name_reference)?;
    let unused = vars.resolve(&mut map, &config.var_reference)?;
    if !unused.is_empty() {
        build.warnings.push(format!("well-defined vars that were never replaced: {}", unused.join(",")));
    }
    drop_local(&mut map)?;
    if options.legacy_sort.is_some() && target.kustomization.sort_options.is_some() {
        build.warnings.push(
            "Warning: Sorting order is set both in 'kustomization.yaml' ('sortOptions') and in a CLI flag ('--reorder'). \
             Using the kustomization file over the CLI flag."
                .to_owned(),
        );
    }
    let order = match &target.kustomization.sort_options {
        Some(options) => Order::from_options(options)?,
        None if options.legacy_sort.unwrap_or(options.mode == Mode::Cli) => Order::legacy(),
        None => Order::Fifo,
    };
    sort(&mut map, &order)?;
    let asks = |word: &str| metadata.iter().any(|entry| entry == word);
    let managed_by = (options.managed_by_label || asks("managedByLabel")).then(|| MetaTexts {
        texts: BTreeMap::from([(MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned())]),
        specs: vec![FieldSpec::new(GvkFilter::default(), "metadata/labels", true)],
    });
    let work = &build.work;
    let growth = Growth::new(work);
    let mut held = work.nothing();
    let resources = map.into_vec();
    held.add(resources.iter().map(Resource::weight).sum())?;
    for mut resource in resources {
        // The text is checked, and the object is made twice: as a value, and by whoever takes it.
        work.walk(2 * resource.weight())?;
        if let Some(label) = &managed_by {
            label.change(&mut resource, &growth)?;
        }
        resource.strip(asks("originAnnotations"), asks("transformerAnnotations"))?;
        let mut value = output(&resource)?;
        check_text(&mut value).within(|| resource.id().to_string())?;
        each(value);
    }
    work.release(growth.into_bytes());
    Ok(())
}

/// The object as it is written. An error about a Secret does not tell its values.
fn output(resource: &Resource) -> Result<Value> {
    to_value_v3(resource.node())
        .map_err(|error| match error {
            manifest::Error::Yaml { line, .. } if resource.kind() == "Secret" => Error::input(format!(
                "yaml: line {line}: a value does not fit its type, or a key is doubled or no string"
            )),
            other => other.into(),
        })
        .within(|| resource.id().to_string())
}

/// Drops objects that are only there for the build, and checks the others once more.
fn drop_local(map: &mut ResMap) -> Result<()> {
    map.drop_empties();
    map.check_unique()?;
    for resource in map.iter() {
        objects::check(resource.node())?;
    }
    map.list_mut().retain(|resource| matches!(resource.annotation(LOCAL_CONFIG), None | Some("false")));
    Ok(())
}

/// The output is read once more as YAML, which refuses some characters and folds one.
fn check_text(value: &mut Value) -> Result<()> {
    match value {
        Value::String(text) => {
            if let Some(text) = checked(text)? {
                *value = Value::String(text);
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(check_text),
        Value::Object(map) => {
            for key in map.keys() {
                // A line break ends a key too early.
                if checked(key)?.is_some() {
                    return Err(Error::input("yaml: line 1: did not find expected ',' or '}'"));
                }
            }
            map.iter_mut().try_for_each(|(_, value)| check_text(value))
        }
        _ => Ok(()),
    }
}

fn checked(text: &str) -> Result<Option<String>> {
    if text.is_ascii() && !text.as_bytes().contains(&0x7f) {
        return Ok(None);
    }
    let refused = |c: char| matches!(c, '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(refused) {
        return Err(Error::input("yaml: control characters are not allowed"));
    }
    Ok(text.contains('\u{85}').then(|| text.replace('\u{85}', " ")))
}
