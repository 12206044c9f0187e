//! Strategic merge: maps, scalars, replaced lists and directives. Lists that merge by key are in [`lists`].

mod lists;

use manifest::yaml::{Map, Node, Scalar, Seq, Style};
use smallvec::SmallVec;

use crate::edit;
use crate::error::{Error, Result};
use crate::schema::{Schema, Schemas};
use crate::work::Work;

const DIRECTIVE: &str = "$patch";

/// What a directive asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

/// The outcome of walking a pair of nodes; which of the two it is decides about quoting.
enum Walked {
    /// Nothing is left.
    Nothing,
    /// The target's node.
    Target(Node),
    /// The patch's node, or a new one.
    Patch(Node),
}

/// Merges a patch into a target. `None` when the patch deletes it.
pub(crate) fn strategic(
    target: Node,
    mut patch: Node,
    schemas: &Schemas,
    work: &Work,
) -> Result<Option<Node>> {
    if let Node::Map(map) = &patch
        && map.get(DIRECTIVE).and_then(Node::text) == Some("replace")
    {
        // The original forgets to look at the result here.
        return Ok(Some(target));
    }
    if patch.is_null() {
        patch = Node::map();
    }
    match (Merger { schemas, work }).walk(Some(target), Some(patch), None)? {
        Walked::Nothing => Ok(None),
        Walked::Target(node) | Walked::Patch(node) => Ok(Some(node)),
    }
}

struct Merger<'a> {
    schemas: &'a Schemas,
    work: &'a Work,
}

fn is_missing_or_null(node: Option<&Node>) -> bool {
    node.is_none_or(Node::is_null)
}

/// Where a field stands in a target and in a patch.
type Slot = (Option<usize>, Option<usize>);

/// The fields of two maps in the order of their names; of doubled ones the first.
fn slots(target: &[(Scalar, Node)], patch: &[(Scalar, Node)]) -> SmallVec<[Slot; 12]> {
    let name = |slot: &Slot| match *slot {
        (Some(i), _) => target.get(i).map(|(key, _)| key.text.as_str()),
        (None, Some(i)) => patch.get(i).map(|(key, _)| key.text.as_str()),
        (None, None) => None,
    };
    let mut slots = SmallVec::new();
    slots.extend((0..target.len()).map(|i| (Some(i), None)));
    slots.extend((0..patch.len()).map(|i| (None, Some(i))));
    // Stable: of one name the target's first stands before its second, and before the patch's.
    slots.sort_by(|a, b| name(a).cmp(&name(b)));
    slots.dedup_by(|slot, kept| {
        let same = name(slot) == name(kept);
        if same {
            *kept = (kept.0.or(slot.0), kept.1.or(slot.1));
        }
        same
    });
    slots
}

/// The original takes a field without name for the map itself, which is no scalar.
fn refuse_empty_key(map: &Map) -> Result<()> {
    if map.entries.iter().any(|(key, _)| key.text.is_empty()) {
        return Err(edit::wrong_kind("ScalarNode", &Node::map()));
    }
    Ok(())
}

impl Merger<'_> {
    fn schema(&self, schema: Option<Schema>, nodes: [Option<&Node>; 2]) -> Option<Schema> {
        schema.or_else(|| nodes.into_iter().flatten().find_map(|node| self.schemas.of(node)))
    }

    fn walk(&self, target: Option<Node>, patch: Option<Node>, schema: Option<Schema>) -> Result<Walked> {
        let first = [target.as_ref(), patch.as_ref()].into_iter().flatten().find(|node| !node.is_null());
        let Some(first) = first else {
            return Ok(match (target, patch) {
                (_, Some(patch)) => Walked::Patch(patch),
                (Some(Node::Scalar(null)), None) if !null.text.is_empty() => {
                    Walked::Target(Node::Scalar(null))
                }
                _ => Walked::Nothing,
            });
        };
        let wanted = kind_name(first);
        for node in [target.as_ref(), patch.as_ref()].into_iter().flatten() {
            if !node.is_null() && kind_name(node) != wanted {
                return Err(edit::wrong_kind(wanted, node));
            }
        }
        if matches!(first, Node::Scalar(_)) {
            return Ok(match (target, patch) {
                (_, Some(patch)) => Walked::Patch(patch),
                (Some(target), None) => Walked::Target(target),
                (None, None) => Walked::Nothing,
            });
        }
        let schema = self.schema(schema, [target.as_ref(), patch.as_ref()]);
        if matches!(first, Node::Map(_)) {
            self.walk_map(target, patch, schema.as_ref())
        } else {
            self.walk_list(target, patch, schema.as_ref())
        }
    }

    fn walk_map(&self, target: Option<Node>, patch: Option<Node>, schema: Option<&Schema>) -> Result<Walked> {
        let target = match target {
            Some(Node::Map(map)) => Some(map),
            _ => None,
        };
        match (target, patch) {
            (None, Some(Node::Map(mut patch))) => {
                if matches!(map_directive(&mut patch), Ok(Directive::Delete)) {
                    return Ok(Walked::Nothing);
                }
                self.same_fields(&mut patch, schema)?;
                Ok(Walked::Patch(Node::Map(patch)))
            }
            (Some(mut target), None) => {
                self.fields(&mut target, Map::default(), schema)?;
                Ok(Walked::Target(Node::Map(target)))
            }
            (Some(mut target), Some(Node::Map(mut patch))) => {
                if target.entries.is_empty() {
                    target.flow = patch.flow;
                }
                match map_directive(&mut patch)? {
                    Directive::Delete => Ok(Walked::Nothing),
                    Directive::Replace => {
                        self.same_fields(&mut patch, schema)?;
                        Ok(Walked::Patch(Node::Map(patch)))
                    }
                    Directive::Merge => {
                        self.fields(&mut target, patch, schema)?;
                        Ok(Walked::Target(Node::Map(target)))
                    }
                }
            }
            _ => Ok(Walked::Nothing),
        }
    }

    /// Merges the fields of two maps into the first.
    fn fields(&self, target: &mut Map, patch: Map, schema: Option<&Schema>) -> Result<()> {
        refuse_empty_key(target)?;
        refuse_empty_key(&patch)?;
        let slots = slots(&target.entries, &patch.entries);
        let mut old: Vec<(Scalar, Option<Node>)> =
            std::mem::take(&mut target.entries).into_iter().map(|(key, value)| (key, Some(value))).collect();
        let mut new: Vec<(Scalar, Option<Node>)> =
            patch.entries.into_iter().map(|(key, value)| (key, Some(value))).collect();
        let mut added = Vec::new();
        for (in_target, in_patch) in slots {
            let mut before = in_target.and_then(|i| old.get_mut(i));
            let given = in_patch.and_then(|i| new.get_mut(i));
            let Some(name) = before.as_deref().or(given.as_deref()).map(|(key, _)| key.text.clone()) else {
                continue;
            };
            let taken = before.as_mut().and_then(|(_, value)| value.take());
            let (style, given) = match given {
                Some((key, value)) => (key.style, value.take()),
                None => (Style::Plain, None),
            };
            let shell =
                taken.as_ref().filter(|_| given.is_some() || matches!(taken, Some(Node::Seq(_)))).map(shell);
            let walked = self.walk(taken, given, schema.and_then(|schema| schema.field(&name)))?;
            let value = match (walked, shell) {
                (Walked::Nothing, _) => None,
                (Walked::Target(mut value), _) => {
                    edit::quote_if_needed(&mut value);
                    Some(value)
                }
                (Walked::Patch(value), _) if value.is_null() => None,
                (Walked::Patch(mut value), Some(mut shell)) => {
                    edit::quote_if_needed(&mut value);
                    edit::replace(&mut shell, value);
                    Some(shell)
                }
                (Walked::Patch(mut value), None) => {
                    edit::quote_if_needed(&mut value);
                    Some(value)
                }
            };
            match before {
                Some((_, slot)) => *slot = value,
                None => added.extend(value.map(|value| (Scalar { style, ..Scalar::untyped(name) }, value))),
            }
        }
        target.entries = old.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        target.entries.append(&mut added);
        Ok(())
    }

    /// Walks a node that is target and patch at once: what the patch adds as a whole.
    fn same(&self, node: Node, schema: Option<Schema>) -> Result<Option<Node>> {
        match node {
            Node::Scalar(_) => Ok(Some(node)),
            Node::Map(mut map) => {
                let schema = match schema {
                    Some(schema) => Some(schema),
                    None if map.get("apiVersion").is_some() => {
                        let node = Node::Map(map);
                        let schema = self.schemas.of(&node);
                        let Node::Map(back) = node else { return Ok(None) };
                        map = back;
                        schema
                    }
                    None => None,
                };
                if map_directive(&mut map)? == Directive::Delete {
                    return Ok(None);
                }
                self.same_fields(&mut map, schema.as_ref())?;
                Ok(Some(Node::Map(map)))
            }
            Node::Seq(mut seq) => {
                match schema.as_ref().and_then(|schema| Some((schema, schema.merge_keys()?))) {
                    Some((schema, keys)) => match list_directive(&mut seq.items)? {
                        Directive::Delete => Ok(None),
                        _ => self.merge_same(seq, &keys, schema).map(Some),
                    },
                    None => Ok(Some(Node::Seq(seq))),
                }
            }
        }
    }

    fn same_fields(&self, map: &mut Map, schema: Option<&Schema>) -> Result<()> {
        refuse_empty_key(map)?;
        let mut seen = std::collections::HashSet::new();
        let mut entries = Vec::with_capacity(map.entries.len());
        for (key, value) in std::mem::take(&mut map.entries) {
            if !seen.insert(key.text.clone()) {
                entries.push((key, value));
                continue;
            }
            let schema = schema.and_then(|schema| schema.field(&key.text));
            if let Some(mut value) = self.same(value, schema)?
                && !value.is_null()
            {
                edit::quote_if_needed(&mut value);
                entries.push((key, value));
            }
        }
        map.entries = entries;
        Ok(())
    }

    fn walk_list(
        &self,
        target: Option<Node>,
        patch: Option<Node>,
        schema: Option<&Schema>,
    ) -> Result<Walked> {
        let Some((schema, keys)) = schema.and_then(|schema| Some((schema, schema.merge_keys()?))) else {
            return Ok(match (target, patch) {
                (_, Some(patch)) => Walked::Patch(patch),
                (Some(target), None) => Walked::Target(target),
                (None, None) => Walked::Nothing,
            });
        };
        let target = match target {
            Some(Node::Seq(seq)) => Some(seq),
            _ => None,
        };
        match (target, patch) {
            (None, Some(Node::Seq(patch))) => self.merge_same(patch, &keys, schema).map(Walked::Patch),
            (Some(target), None) => self.merge_lists(target, None, &keys, schema).map(Walked::Patch),
            (Some(target), Some(Node::Seq(mut patch))) => match list_directive(&mut patch.items)? {
                Directive::Delete => Ok(Walked::Nothing),
                Directive::Replace => self.merge_same(patch, &keys, schema).map(Walked::Patch),
                Directive::Merge => self.merge_lists(target, Some(patch), &keys, schema).map(Walked::Patch),
            },
            _ => Ok(Walked::Nothing),
        }
    }
}

fn kind_name(node: &Node) -> &'static str {
    match node {
        Node::Scalar(_) => "ScalarNode",
        Node::Map(_) => "MappingNode",
        Node::Seq(_) => "SequenceNode",
    }
}

/// What a replaced node leaves behind: its style.
fn shell(node: &Node) -> Node {
    match node {
        Node::Scalar(scalar) => Node::Scalar(scalar.clone()),
        Node::Map(map) => Node::Map(Map { entries: Vec::new(), flow: map.flow }),
        Node::Seq(seq) => Node::Seq(Seq { items: Vec::new(), flow: seq.flow }),
    }
}

fn parse_directive(text: &str) -> Result<Directive> {
    match text {
        "delete" => Ok(Directive::Delete),
        "replace" => Ok(Directive::Replace),
        "merge" => Ok(Directive::Merge),
        // What stands there may be meant for another field.
        _ => Err(Error::input("unknown patch strategy: expected delete, replace or merge")),
    }
}

/// Takes the directive out of a map.
fn map_directive(map: &mut Map) -> Result<Directive> {
    let Some(value) = map.get(DIRECTIVE) else { return Ok(Directive::Merge) };
    let directive = parse_directive(value.text().unwrap_or_default())?;
    map.remove(DIRECTIVE);
    Ok(directive)
}

/// Takes the directive out of a list: an element that holds nothing else.
fn list_directive(items: &mut Vec<Node>) -> Result<Directive> {
    let first = items.iter().filter_map(Node::as_map).find(|map| map.get(DIRECTIVE).is_some());
    let Some(map) = first.filter(|map| map.entries.len() == 1) else { return Ok(Directive::Merge) };
    let text = map.get(DIRECTIVE).and_then(Node::text).unwrap_or_default().to_owned();
    let directive = parse_directive(&text)?;
    items.retain(|item| match item {
        Node::Map(map) => {
            !map.entries.is_empty() && map.get(DIRECTIVE).and_then(Node::text) != Some(text.as_str())
        }
        node => !node.is_null(),
    });
    Ok(directive)
}
