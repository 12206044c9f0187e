//! Field specs: which fields of which kinds a transformer changes, and walking to them.

pub(crate) mod config;
pub(crate) mod defaults;

use std::borrow::Cow;
use std::cmp::Ordering;

use manifest::yaml::{Map, Node, Scalar, Seq, Tag};

use crate::edit;
use crate::error::{Error, Result, Within as _};
use crate::id::Id;
use crate::kustomization::ConfigFieldSpec;
use crate::legacy_order::legacy_rank;
use crate::work::Work;

/// Group, version and kind to match; empty parts match anything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct GvkFilter {
    pub(crate) group: Cow<'static, str>,
    pub(crate) version: Cow<'static, str>,
    pub(crate) kind: Cow<'static, str>,
}

impl GvkFilter {
    pub(crate) fn selects(&self, group: &str, version: &str, kind: &str) -> bool {
        (self.kind.is_empty() || self.kind == kind)
            && (self.group.is_empty() || self.group == group)
            && (self.version.is_empty() || self.version == version)
    }

    pub(crate) fn selects_id(&self, id: &Id) -> bool {
        self.selects(&id.group, &id.version, &id.kind)
    }

    /// Order in merged configurations: by rank of the kind, then by the text `group_version_kind`.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        // Empty texts are not compared byte by byte: on some processors that costs more than everything else here.
        let same = |a: &str, b: &str| a.len() == b.len() && (a.is_empty() || a == b);
        if same(&self.kind, &other.kind)
            && same(&self.group, &other.group)
            && same(&self.version, &other.version)
        {
            return Ordering::Equal;
        }
        legacy_rank(&self.kind).cmp(&legacy_rank(&other.kind)).then_with(|| self.text().cmp(other.text()))
    }

    fn text(&self) -> impl Iterator<Item = u8> + '_ {
        fn or<'a>(text: &'a str, none: &'a str) -> std::str::Bytes<'a> {
            if text.is_empty() { none.bytes() } else { text.bytes() }
        }
        or(&self.group, "~G")
            .chain([b'_'])
            .chain(or(&self.version, "~V"))
            .chain([b'_'])
            .chain(or(&self.kind, "~K"))
    }
}

/// One field of one set of kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldSpec {
    pub(crate) gvk: GvkFilter,
    /// Parts separated by `/`, which `\/` stands for within a part; a leading one is left out.
    pub(crate) path: Cow<'static, str>,
    pub(crate) create: bool,
}

impl FieldSpec {
    pub(crate) fn new(gvk: GvkFilter, path: impl Into<Cow<'static, str>>, create: bool) -> Self {
        Self { gvk, path: path.into(), create }
    }

    /// Whether it makes another one superfluous. In the original a spec for some kind does that to one for any kind.
    fn same_field(&self, other: &Self) -> bool {
        other.gvk.selects(&self.gvk.group, &self.gvk.version, &self.gvk.kind) && self.path == other.path
    }
}

impl From<&ConfigFieldSpec> for FieldSpec {
    fn from(spec: &ConfigFieldSpec) -> Self {
        let gvk = GvkFilter {
            group: spec.group.clone().into(),
            version: spec.version.clone().into(),
            kind: spec.kind.clone().into(),
        };
        Self::new(gvk, spec.path.clone(), spec.create)
    }
}

/// Charges that an object is held against all of some specs.
pub(crate) fn charge(specs: &[FieldSpec], work: &Work) -> Result<()> {
    const SPECS_PER_STEP: usize = 16;
    work.step(specs.len() / SPECS_PER_STEP)
}

/// Adds specs that are not there yet.
pub(crate) fn merge_specs(into: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<()> {
    more.iter().try_for_each(|spec| merge_spec(into, spec))
}

/// Adds a spec unless it is there; one that differs in `create` conflicts.
pub(crate) fn merge_spec(into: &mut Vec<FieldSpec>, spec: &FieldSpec) -> Result<()> {
    match into.iter().find(|known| known.same_field(spec)) {
        Some(known) if known.create != spec.create => Err(Error::input("conflicting fieldspecs")),
        Some(_) => Ok(()),
        None => {
            into.push(spec.clone());
            Ok(())
        }
    }
}

/// What a spec with `create` makes of a missing field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Create {
    /// Nothing is made, whatever the spec says.
    Nothing,
    /// A map.
    Map,
    /// A scalar; a null that is turned into one gets the tag.
    Scalar(Tag),
}

/// Calls `set` for the node at the spec's path, if the object is of its kind.
pub(crate) fn apply(
    spec: &FieldSpec,
    id: &Id,
    node: &mut Node,
    create: Create,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    if !spec.gvk.selects_id(id) {
        return Ok(());
    }
    apply_to_any(spec, id, node, create, set)
}

/// Calls `set` for the node at the spec's path, whatever the object's kind.
pub(crate) fn apply_to_any(
    spec: &FieldSpec,
    id: &Id,
    node: &mut Node,
    create: Create,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    if spec.path.len() > edit::MAX_DEPTH {
        edit::check_path(spec.path.bytes().filter(|b| *b == b'/').count() + 1)?;
    }
    let path = spec.path.strip_prefix('/').unwrap_or(&spec.path);
    walk(spec, Some(path), node, create, set)
        .within(|| format!("considering field '{}' of object {id}", spec.path))
}

/// The first part of a path, and what follows it.
fn split_first(path: &str) -> (Cow<'_, str>, Option<&str>) {
    // By hand, for parts are too short for the search machinery to pay.
    let Some(end) = path.bytes().position(|b| b == b'/') else { return (Cow::Borrowed(path), None) };
    if let (Some(part), Some(rest)) = (path.get(..end), path.get(end + 1..))
        && !part.ends_with('\\')
    {
        return (Cow::Borrowed(part), Some(rest));
    }
    let (mut text, mut rest) = (String::new(), path);
    while let Some((part, more)) = rest.split_once('/') {
        text.push_str(part);
        if !text.ends_with('\\') {
            return (Cow::Owned(text), Some(more));
        }
        text.pop();
        text.push('/');
        rest = more;
    }
    text.push_str(rest);
    (Cow::Owned(text), None)
}

fn parts(path: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut left = Some(path);
    std::iter::from_fn(move || {
        let (part, rest) = split_first(left?);
        left = rest;
        Some(part)
    })
}

fn walk(
    spec: &FieldSpec,
    path: Option<&str>,
    node: &mut Node,
    create: Create,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    let Some(path) = path else { return set(node) };
    match node {
        Node::Seq(seq) => {
            seq.items.iter_mut().try_for_each(|item| walk(spec, Some(path), item, create, set)).within(|| {
                format!("visit traversal on path: [{}]", parts(path).collect::<Vec<_>>().join(" "))
            })
        }
        Node::Map(map) => {
            let (part, rest) = split_first(path);
            step(spec, &part, rest, map, create, set)
        }
        Node::Scalar(scalar) if scalar.is_null() => Ok(()),
        Node::Scalar(_) => Err(Error::input("expected sequence or mapping node")),
    }
}

/// Whether the original takes a part of a path for a place in a list: numbers, `-`, `*` and what stands in brackets.
fn is_list_place(name: &str) -> bool {
    match name.as_bytes() {
        [b'-' | b'*'] => true,
        [b'[', .., b']'] => true,
        [b'0'..=b'9' | b'-' | b'+', ..] => name.parse::<i64>().is_ok(),
        _ => false,
    }
}

fn step(
    spec: &FieldSpec,
    part: &str,
    rest: Option<&str>,
    map: &mut Map,
    create: Create,
    set: &mut dyn FnMut(&mut Node) -> Result<()>,
) -> Result<()> {
    let (name, sequence) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
    if name.is_empty() {
        return Err(Error::input("cannot set or create an empty field name"));
    }
    let name = name.trim();
    if is_list_place(name) {
        return Err(Error::input(format!(
            "fieldName: {name}: wrong node kind: expected SequenceNode but got MappingNode"
        )));
    }
    let making = match create {
        _ if !spec.create || sequence => None,
        Create::Nothing => None,
        _ if rest.is_some() => Some(Create::Map),
        create => Some(create),
    };
    let position = match (map.position(name), making) {
        (Some(position), _) => position,
        (None, None) => return Ok(()),
        (None, Some(create)) => {
            let made = if matches!(create, Create::Scalar(_)) {
                Node::Scalar(Scalar::default())
            } else {
                Node::map()
            };
            map.entries.push((Scalar::untyped(name), made));
            map.entries.len() - 1
        }
    };
    let Some((_, field)) = map.entries.get_mut(position) else { return Ok(()) };
    if field.is_null() {
        match making {
            _ if sequence => *field = Node::Seq(Seq::default()),
            Some(Create::Scalar(tag)) => {
                if let Node::Scalar(scalar) = field {
                    scalar.tag = tag;
                }
            }
            Some(_) => *field = Node::map(),
            None => {}
        }
    }
    walk(spec, rest, field, create, set)
}
