//! `replacements`: a value from one object or a literal, written to fields of others.

use manifest::yaml::Node;
use serde_json::Value;

use crate::edit;
use crate::error::{Error, Result, Within as _};
use crate::fields::{self, New};
use crate::id::Id;
use crate::kustomization::{Replacement, Selector, TargetSelector};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::schema::Schemas;
use crate::selector::{IdSelector, matches_meta};
use crate::transformers::Transformer;
use crate::{decode, embedded, kustomization, load};

mod source;

use source::{Source, ids};

/// All replacements of one kustomization, in order.
#[derive(Debug)]
pub(crate) struct Replacements {
    list: Vec<Replacement>,
}

impl Replacements {
    /// Reads the entries that name files.
    pub(crate) fn new(loader: &load::Loader<'_>, entries: &[Replacement]) -> Result<Self> {
        let mut list = Vec::new();
        for entry in entries {
            let inline =
                entry.source.is_some() || entry.targets.as_ref().is_some_and(|targets| !targets.is_empty());
            if entry.path.is_empty() {
                list.push(entry.clone());
                continue;
            }
            if inline {
                return Err(Error::input("cannot specify both path and inline replacement"));
            }
            let text = loader.load_text(&entry.path)?;
            let value = kustomization::first_document(&text)?;
            let mut decoder = decode::Decoder::lenient();
            match value {
                Value::Array(_) => {
                    let mut read: Vec<Replacement> = Vec::new();
                    decode::Decode::decode(&mut read, &value, &mut decoder)?;
                    list.append(&mut read);
                }
                Value::Object(_) => {
                    let mut read = Replacement::default();
                    decode::Decode::decode(&mut read, &value, &mut decoder)?;
                    list.push(read);
                }
                _ => {
                    return Err(Error::input(
                        "unsupported replacement type encountered within replacement path: string",
                    ));
                }
            }
        }
        Ok(Self { list })
    }
}

impl Transformer for Replacements {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        for replacement in &self.list {
            let targets = match &replacement.targets {
                Some(targets) if replacement.source.is_some() || replacement.source_value.is_some() => {
                    targets
                }
                _ => return Err(Error::input("replacements must specify a source and at least one target")),
            };
            let mut source = Source::find(map, replacement)?;
            for target in targets {
                write_to(map, &mut source, target)?;
            }
        }
        map.drop_empties();
        Ok(())
    }
}

fn write_to(map: &mut ResMap, source: &mut Source, target: &TargetSelector) -> Result<()> {
    let Some(select) = &target.select else {
        return Err(Error::input("target must specify resources to select"));
    };
    let selector = IdSelector::new(select).within(|| "error creating target selector".to_owned())?;
    let mut rejects = Vec::new();
    for reject in &target.reject {
        rejects
            .push((reject, IdSelector::new(reject).within(|| "error creating target selector".to_owned())?));
    }
    let default = [source::DEFAULT_PATH.to_owned()];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    for position in 0..map.len() {
        let Some(resource) = map.get(position) else { continue };
        if !matches_texts(resource, select, &target.reject)? {
            continue;
        }
        let all: Vec<Id> = ids(resource).collect();
        let rejected = rejects
            .iter()
            .filter(|(reject, _)| has_id_fields(reject))
            .any(|(_, regex)| all.iter().any(|id| regex.matches_plainly(id)));
        if rejected || !all.iter().any(|id| selector.matches_plainly(id)) {
            continue;
        }
        map.change(position, |resource| {
            resource.edit(|node| {
                paths.iter().try_for_each(|path| write_path(node, position, source, path, target))?;
                edit::check_growth(node)
            })
        })?;
    }
    Ok(())
}

fn has_id_fields(selector: &Selector) -> bool {
    ![&selector.group, &selector.version, &selector.kind, &selector.name, &selector.namespace]
        .iter()
        .all(|field| field.is_empty())
}

fn matches_texts(resource: &Resource, select: &Selector, rejects: &[Selector]) -> Result<bool> {
    if !matches_meta(select, resource)? {
        return Ok(false);
    }
    for reject in rejects {
        if reject.annotation_selector.is_empty() && reject.label_selector.is_empty() {
            continue;
        }
        if matches_meta(reject, resource)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn write_path(
    node: &mut Node,
    position: usize,
    source: &mut Source,
    path: &str,
    target: &TargetSelector,
) -> Result<()> {
    let wishes = target.options.as_ref().is_some_and(|options| options.create);
    let create = wishes.then(|| New::of(source.value()));
    let parts = fields::split(path);
    edit::check_path(parts.len())?;
    if write_into_text(node, source.value(), &parts, create)? {
        source.follow(node, position);
        return Ok(());
    }
    let place = source.place(node, position);
    let problem = || {
        if create.is_some() {
            format!("unable to find or create field {path:?} in replacement target")
        } else {
            format!("unable to find field {path:?} in replacement target")
        }
    };
    // Errors of writing are told as they are, those of finding with the path.
    let mut writing = None;
    let count = fields::visit(node, &parts, create, &mut |field| {
        set(field, source.value(), target).inspect_err(|error| writing = Some(error.clone()))?;
        source.written(&place, field);
        Ok(())
    });
    source.follow(node, position);
    match (count, writing) {
        (_, Some(error)) => Err(error),
        (Err(error), None) => Err(error.within(problem())),
        (Ok(0), None) => Err(Error::input(problem())),
        (Ok(_), None) => Ok(()),
    }
}

fn set(field: &mut Node, value: &Node, target: &TargetSelector) -> Result<()> {
    let text = match value {
        Node::Scalar(scalar) => scalar.text.as_str(),
        _ => "",
    };
    let mut joined = None;
    if let Some(options) = target.options.as_ref().filter(|options| !options.delimiter.is_empty()) {
        let Node::Scalar(scalar) = &*field else {
            return Err(Error::input("delimiter option can only be used with scalar nodes"));
        };
        let text = if value.is_null() { "" } else { text };
        let mut pieces: Vec<&str> = scalar.text.split(options.delimiter.as_str()).collect();
        match usize::try_from(options.index) {
            Err(_) => pieces.insert(0, text),
            Ok(index) => match pieces.get_mut(index) {
                Some(piece) => *piece = text,
                None => pieces.push(text),
            },
        }
        joined = Some(pieces.join(&options.delimiter));
    }
    put(field, value, joined.as_deref().unwrap_or(text));
    Ok(())
}

/// Onto a scalar only the text is written; anything else is replaced.
fn put(field: &mut Node, value: &Node, text: &str) {
    match field {
        Node::Scalar(scalar) => {
            scalar.text = text.into();
            scalar.stamp += 1;
        }
        other => *other = value.clone(),
    }
}

/// Writes inside a scalar that holds JSON or YAML, if the path runs into one. Tells whether it did.
fn write_into_text(node: &mut Node, value: &Node, parts: &[String], create: Option<New>) -> Result<bool> {
    if parts.len() < 2 {
        return Ok(false);
    }
    for end in 1..parts.len() {
        let (outer, inner) = parts.split_at(end);
        let Ok(Some(Node::Scalar(scalar))) = fields::lookup(node, outer) else { continue };
        let original = scalar.text.clone();
        if !original.is_empty() && fields::parse_text(&original).is_err() {
            continue;
        }
        let Ok(mut inside) = fields::parse_text(&original) else { return Ok(false) };
        let before = inside.clone();
        let text = value.text().unwrap_or_default();
        let count = fields::visit(&mut inside, inner, create, &mut |field| {
            put(field, value, text);
            Ok(())
        });
        if !matches!(count, Ok(1..)) {
            return Ok(false);
        }
        let Some(written) = embedded::serialize(&before, &inside, &original) else { return Ok(false) };
        if let Some(Node::Scalar(scalar)) = fields::lookup_mut(node, outer)? {
            scalar.text = written.into();
            scalar.stamp += 1;
        }
        return Ok(true);
    }
    Ok(false)
}
