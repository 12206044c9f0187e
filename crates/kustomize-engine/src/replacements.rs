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
use crate::selector::{IdSelector, MetaSelector};
use crate::transformers::Transformer;
use crate::work::{Held, Work};
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
            let value = kustomization::first_document(&text, loader.work())?;
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
        let work = map.work().clone();
        for replacement in &self.list {
            // Every object is looked at for the source, and every target.
            work.step(1 + map.len() / OBJECTS_PER_STEP)?;
            let targets = match &replacement.targets {
                Some(targets) if replacement.source.is_some() || replacement.source_value.is_some() => {
                    targets
                }
                _ => return Err(Error::input("replacements must specify a source and at least one target")),
            };
            let mut source = Source::find(map, replacement)?;
            let _source = work.held(source.value().weight())?;
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
    let work = map.work().clone();
    let context = || "error creating target selector".to_owned();
    let selector = IdSelector::new(select, &work).within(context)?;
    let meta = MetaSelector::new(select, &work)?;
    let mut rejects = Vec::new();
    for reject in &target.reject {
        let ids = IdSelector::new(reject, &work).within(context)?;
        rejects.push((reject, ids, MetaSelector::new(reject, &work)?));
    }
    work.step(1 + map.len().saturating_mul(1 + rejects.len()) / OBJECTS_PER_STEP)?;
    let default = [source::DEFAULT_PATH.to_owned()];
    let paths = if target.field_paths.is_empty() { &default[..] } else { &target.field_paths };
    for position in 0..map.len() {
        let Some(resource) = map.get(position) else { continue };
        if !matches_texts(resource, &meta, &rejects, &work)? {
            continue;
        }
        let all: Vec<Id> = ids(resource).collect();
        let any = |ids: &IdSelector| {
            all.iter()
                .try_fold(false, |found, id| Ok::<bool, Error>(found || ids.matches_plainly(id, &work)?))
        };
        let rejected = rejects
            .iter()
            .filter(|(reject, ..)| has_id_fields(reject))
            .try_fold(false, |found, (_, ids, _)| Ok::<bool, Error>(found || any(ids)?))?;
        if rejected || !any(&selector)? {
            continue;
        }
        map.change(position, |resource| {
            work.glance(resource.weight())?;
            let mut writing = Writing { target, work: &work, held: work.nothing() };
            resource.edit(|node| {
                paths.iter().try_for_each(|path| writing.write_path(node, position, source, path))?;
                edit::check_growth(node)
            })
        })?;
    }
    Ok(())
}

/// Objects that are held against a selector for one step.
const OBJECTS_PER_STEP: usize = 4;

/// A target that is written to in one object.
struct Writing<'a> {
    target: &'a TargetSelector,
    work: &'a Work,
    /// What was written, until the object is weighed.
    held: Held,
}

fn has_id_fields(selector: &Selector) -> bool {
    ![&selector.group, &selector.version, &selector.kind, &selector.name, &selector.namespace]
        .iter()
        .all(|field| field.is_empty())
}

fn matches_texts(
    resource: &Resource,
    meta: &MetaSelector,
    rejects: &[(&Selector, IdSelector, MetaSelector)],
    work: &Work,
) -> Result<bool> {
    if !meta.matches(resource, work)? {
        return Ok(false);
    }
    for (reject, _, meta) in rejects {
        if reject.annotation_selector.is_empty() && reject.label_selector.is_empty() {
            continue;
        }
        if meta.matches(resource, work)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Writing<'_> {
    fn write_path(
        &mut self,
        node: &mut Node,
        position: usize,
        source: &mut Source,
        path: &str,
    ) -> Result<()> {
        let Self { target, work, .. } = *self;
        let wishes = target.options.as_ref().is_some_and(|options| options.create);
        let create = wishes.then(|| New::of(source.value()));
        work.text(path.len().saturating_mul(8))?;
        let parts = fields::split(path);
        edit::check_path(parts.len())?;
        if self.write_into_text(node, source.value(), &parts, create)? {
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
        let count = fields::visit(node, &parts, create, work, &mut |field| {
            let written = self.hold(field, source.value());
            written
                .and_then(|()| set(field, source.value(), target))
                .inspect_err(|error| writing = Some(error.clone()))?;
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

    /// Charges a value before it is written over a field, a part of whose text may stay.
    fn hold(&mut self, field: &Node, value: &Node) -> Result<()> {
        let kept = if self.target.options.is_some() { field.text().map_or(0, str::len) } else { 0 };
        // The pieces of the text are listed.
        self.work.walk(kept.saturating_mul(4) + value.weight())?;
        self.held.add(kept.saturating_mul(2) + value.weight())
    }

    /// Writes inside a scalar that holds JSON or YAML, if the path runs into one. Tells whether it did.
    fn write_into_text(
        &mut self,
        node: &mut Node,
        value: &Node,
        parts: &[String],
        create: Option<New>,
    ) -> Result<bool> {
        if parts.len() < 2 {
            return Ok(false);
        }
        for end in 1..parts.len() {
            self.work.step(1)?;
            let (outer, inner) = parts.split_at(end);
            let Ok(Some(Node::Scalar(scalar))) = fields::lookup(node, outer) else { continue };
            let original = scalar.text.clone();
            let inside = fields::parse_text(&original, self.work);
            let mut inside = match inside {
                Ok(inside) => inside,
                Err(error) if error.exceeded().is_some() => return Err(error),
                Err(_) if original.is_empty() => return Ok(false),
                Err(_) => continue,
            };
            // What the text holds is there twice, and written twice if it has comments.
            let weight = inside.weight();
            self.work.walk(weight.saturating_mul(4))?;
            let _copies = self.work.held(weight.saturating_mul(4))?;
            let before = inside.clone();
            let text = value.text().unwrap_or_default();
            let work = self.work;
            let count = fields::visit(&mut inside, inner, create, work, &mut |field| {
                self.hold(field, value)?;
                put(field, value, text);
                Ok(())
            });
            match count {
                Ok(1..) => {}
                Err(error) if error.exceeded().is_some() => return Err(error),
                _ => return Ok(false),
            }
            self.work.walk(inside.weight())?;
            let _text = self.work.held(inside.weight())?;
            let Some(written) = embedded::serialize(&before, &inside, &original) else { return Ok(false) };
            self.held.add(written.len())?;
            if let Some(Node::Scalar(scalar)) = fields::lookup_mut(node, outer)? {
                scalar.text = written.into();
                scalar.stamp += 1;
            }
            return Ok(true);
        }
        Ok(false)
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
