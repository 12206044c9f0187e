//! Lists that merge by key, in the very order of steps of the original: outputs depend on it.
//!
//! Elements of both lists live in one arena and lists are positions in it, because the original changes elements in place and a
//! list can hold one twice.

use std::borrow::Cow;

use manifest::yaml::{Map, Node, Scalar, Seq, Tag};

use super::{Merger, Walked, is_missing_or_null};
use crate::edit;
use crate::error::Result;
use crate::schema::Schema;

/// Elements that are compared by one key for one step.
const COMPARED_PER_STEP: usize = 8;

/// Elements up to which a list is looked through instead of hashed.
const LOOKED_THROUGH: usize = 8;

type Keys = [Cow<'static, str>];
/// Values of the keys of one element, empty for those it lacks.
type Tuple = Vec<String>;

struct Lists {
    arena: Vec<Node>,
    target: Vec<usize>,
    patch: Option<Vec<usize>>,
    /// Both lists are one: what is removed from one is gone from the other.
    same: bool,
}

impl Merger<'_> {
    /// Rebuilds a list that is target and patch at once.
    pub(super) fn merge_same(&self, seq: Seq, keys: &Keys, schema: &Schema) -> Result<Node> {
        let target: Vec<usize> = (0..seq.items.len()).collect();
        let patch = Some(target.clone());
        self.merge(Lists { arena: seq.items, target, patch, same: true }, keys, schema)
    }

    /// Merges the patch's list, or nothing, into the target's.
    pub(super) fn merge_lists(
        &self,
        target: Seq,
        patch: Option<Seq>,
        keys: &Keys,
        schema: &Schema,
    ) -> Result<Node> {
        let mut arena = target.items;
        let count = arena.len();
        let patch = patch.map(|patch| {
            arena.extend(patch.items);
            (count..arena.len()).collect()
        });
        self.merge(Lists { arena, target: (0..count).collect(), patch, same: false }, keys, schema)
    }

    fn merge(&self, mut lists: Lists, keys: &Keys, schema: &Schema) -> Result<Node> {
        let primitive = [Cow::Borrowed("")];
        let keys = if keys.is_empty() { &primitive[..] } else { keys };
        let mut tuples = lists.tuples(keys);
        if keys.len() > 1 {
            self.work.step(tuples.len().saturating_mul(tuples.len()) / COMPARED_PER_STEP)?;
            complete(&mut tuples);
        }
        let valid: Vec<bool> = {
            let filled: Vec<bool> = (0..keys.len())
                .map(|i| tuples.iter().any(|t| t.get(i).is_some_and(|v| !v.is_empty())))
                .collect();
            if filled.contains(&true) { filled } else { vec![true; keys.len()] }
        };
        let valid_keys: Vec<&str> =
            keys.iter().zip(&valid).filter(|(_, valid)| **valid).map(|(key, _)| key.as_ref()).collect();
        let elements = schema.elements();
        let mut added: Vec<usize> = Vec::new();
        for tuple in &tuples {
            let count = lists.target.len() + lists.patch.as_ref().map_or(0, Vec::len) + added.len();
            self.work.step(count * keys.len() / COMPARED_PER_STEP)?;
            let values: Vec<&str> = tuple
                .iter()
                .zip(&valid)
                .filter(|(_, valid)| **valid)
                .map(|(value, _)| value.as_str())
                .collect();
            match self.element(&mut lists, &valid_keys, &values, elements.as_ref())? {
                None => {
                    lists.target = set_element(&lists.arena, &lists.target, None, &valid_keys, &values)?;
                    if lists.same {
                        lists.patch = Some(lists.target.clone());
                    }
                }
                Some(position) => {
                    lists.fill(position, &valid_keys, &values);
                    added = set_element(&lists.arena, &added, Some(position), &valid_keys, &values)?;
                }
            }
        }
        let rest = lists.target.len() * (lists.target.len() + added.len()) * keys.len();
        self.work.step(rest / COMPARED_PER_STEP)?;
        let result =
            if tuples.is_empty() { lists.target.clone() } else { append_rest(&lists, added, &valid_keys)? };
        Ok(Node::Seq(Seq { items: lists.take(&result), flow: false }))
    }

    /// Merges the elements of both lists that have these values; gives the position of the result.
    fn element(
        &self,
        lists: &mut Lists,
        keys: &[&str],
        values: &[&str],
        schema: Option<&Schema>,
    ) -> Result<Option<usize>> {
        let in_target = find(&lists.arena, &lists.target, keys, values);
        let in_patch = lists.patch.as_ref().and_then(|patch| find(&lists.arena, patch, keys, values));
        let schema = schema.cloned();
        let position = match (in_target, in_patch) {
            (None, None) => return Ok(None),
            (Some(position), other) if other == Some(position) => {
                let Some(node) = lists.arena.get(position).cloned() else { return Ok(None) };
                lists.forget_directive(position);
                match self.same(node, schema)? {
                    None => return Ok(None),
                    Some(node) => lists.put(position, node),
                }
            }
            (in_target, in_patch) => {
                let patch = in_patch.and_then(|position| lists.arena.get(position)).cloned();
                let directive = patch.as_ref().is_some_and(|patch| patch.get(super::DIRECTIVE).is_some());
                if let Some(position) = in_patch {
                    lists.forget_directive(position);
                }
                let target = in_target.and_then(|position| lists.arena.get_mut(position)).map(|node| {
                    // With a directive the target may have to stay as it is.
                    if directive { node.clone() } else { std::mem::replace(node, Node::map()) }
                });
                match (self.walk(target, patch, schema)?, in_target, in_patch) {
                    (Walked::Nothing, ..) => return Ok(None),
                    (Walked::Target(node), Some(position), _) => lists.put(position, node),
                    (Walked::Patch(node), Some(position), _) if !directive => lists.put(position, node),
                    (Walked::Patch(node), _, Some(position)) => lists.put(position, node),
                    (Walked::Target(node) | Walked::Patch(node), ..) => {
                        lists.arena.push(node);
                        lists.arena.len() - 1
                    }
                }
            }
        };
        let empty = match lists.arena.get(position) {
            Some(Node::Map(map)) => map.entries.is_empty(),
            node => is_missing_or_null(node),
        };
        Ok((!empty).then_some(position))
    }
}

impl Lists {
    fn put(&mut self, position: usize, node: Node) -> usize {
        if let Some(slot) = self.arena.get_mut(position) {
            *slot = node;
        }
        position
    }

    /// A directive counts once; an element that is met again is an ordinary one.
    fn forget_directive(&mut self, position: usize) {
        if let Some(Node::Map(map)) = self.arena.get_mut(position) {
            map.remove(super::DIRECTIVE);
        }
    }

    /// Key values of the patch's, then the target's elements, without repeats.
    fn tuples(&self, keys: &Keys) -> Vec<Tuple> {
        let count = self.patch.as_ref().map_or(0, Vec::len) + self.target.len();
        let mut seen = (count > LOOKED_THROUGH).then(std::collections::HashSet::new);
        let mut tuples: Vec<Tuple> = Vec::new();
        let empty = Vec::new();
        for position in self.patch.as_ref().unwrap_or(&empty).iter().chain(&self.target) {
            let Some(node) = self.arena.get(*position) else { continue };
            let tuple: Tuple = keys
                .iter()
                .map(|key| {
                    let node = if key.is_empty() { Some(node) } else { node.get(key) };
                    match node {
                        Some(Node::Scalar(scalar)) if !scalar.is_null() || key.is_empty() => {
                            scalar.text.to_string()
                        }
                        _ => String::new(),
                    }
                })
                .collect();
            let new = match &mut seen {
                Some(seen) => seen.insert(tuple.clone()),
                None => !tuples.contains(&tuple),
            };
            if new {
                tuples.push(tuple);
            }
        }
        tuples
    }

    /// Gives a merged element the key values that another one lent it.
    fn fill(&mut self, position: usize, keys: &[&str], values: &[&str]) {
        for (key, value) in keys.iter().zip(values) {
            match self.arena.get_mut(position) {
                Some(Node::Map(map)) if !value.is_empty() && map.get(key).is_none() => {
                    edit::set_field(map, key, Some(Node::Scalar(Scalar::untyped(*value))));
                }
                Some(Node::Scalar(scalar)) if key.is_empty() && !value.is_empty() => scalar.tag = Tag::None,
                _ => {}
            }
        }
    }

    fn take(mut self, positions: &[usize]) -> Vec<Node> {
        let mut uses = vec![0usize; self.arena.len()];
        for position in positions {
            if let Some(count) = uses.get_mut(*position) {
                *count += 1;
            }
        }
        positions
            .iter()
            .filter_map(|position| {
                let node = self.arena.get_mut(*position)?;
                let count = uses.get_mut(*position)?;
                *count -= 1;
                Some(if *count == 0 { std::mem::replace(node, Node::map()) } else { node.clone() })
            })
            .collect()
    }
}

/// Makes tuples that agree in a part and differ only where one is empty both the fuller one.
fn complete(tuples: &mut [Tuple]) {
    for i in 0..tuples.len() {
        // The original compares with the tuple as it was when the round began.
        let Some(first) = tuples.get(i).cloned() else { return };
        for j in 0..tuples.len() {
            let Some(fuller) = tuples.get(j).and_then(|second| fuller(&first, second)) else { continue };
            for position in [i, j] {
                if let Some(slot) = tuples.get_mut(position) {
                    slot.clone_from(&fuller);
                }
            }
        }
    }
}

fn fuller(a: &Tuple, b: &Tuple) -> Option<Tuple> {
    let mut common = false;
    let mut result = Vec::with_capacity(a.len());
    for (x, y) in a.iter().zip(b) {
        if x == y {
            common = true;
        } else if !x.is_empty() && !y.is_empty() {
            return None;
        }
        result.push(if x.is_empty() { y.clone() } else { x.clone() });
    }
    common.then_some(result)
}

/// The first element that has exactly the non-empty values.
fn find(arena: &[Node], list: &[usize], keys: &[&str], values: &[&str]) -> Option<usize> {
    let all = values.iter().all(|value| value.is_empty());
    list.iter().copied().find(|position| {
        let Some(node) = arena.get(*position) else { return false };
        if keys.first().is_some_and(|key| key.is_empty()) {
            return node.text().unwrap_or_default() == values.first().copied().unwrap_or_default();
        }
        let Node::Map(map) = node else { return false };
        keys.iter()
            .zip(values)
            .filter(|(_, value)| all || !value.is_empty())
            .all(|(key, value)| map.get(key).is_some_and(|field| field.text().unwrap_or_default() == *value))
    })
}

/// Puts an element in the place of those it matches, or at the end; without element removes what matches.
fn set_element(
    arena: &[Node],
    list: &[usize],
    element: Option<usize>,
    keys: &[&str],
    values: &[&str],
) -> Result<Vec<usize>> {
    let mapping =
        keys.first().is_some_and(|key| !key.is_empty()) && values.first().is_some_and(|v| !v.is_empty());
    let mut result = Vec::with_capacity(list.len() + 1);
    let mut matched = false;
    for position in list {
        let Some(node) = arena.get(*position) else { continue };
        let empty = matches!(node, Node::Map(map) if map.entries.is_empty());
        if empty || node.is_null() {
            continue;
        }
        if mapping && !matches!(node, Node::Map(_)) {
            result.push(*position);
            continue;
        }
        if !has_values(node, keys, values)? {
            if !values.is_empty() {
                result.push(*position);
            }
            continue;
        }
        matched = true;
        result.extend(element);
    }
    if !matched {
        let present = element.and_then(|position| arena.get(position)).is_some_and(|node| !node.is_null());
        result.extend(element.filter(|_| present));
    }
    Ok(result)
}

/// Whether an element has every key, with the value where one is asked for.
fn has_values(node: &Node, keys: &[&str], values: &[&str]) -> Result<bool> {
    let mut found = false;
    for (i, key) in keys.iter().enumerate() {
        let Some(value) = values.get(i) else {
            if !found {
                return Ok(false);
            }
            continue;
        };
        found = if key.is_empty() {
            match node {
                Node::Scalar(scalar) => scalar.text == *value,
                other => return Err(edit::wrong_kind("ScalarNode", other)),
            }
        } else {
            match node {
                Node::Map(map) => field_matches(map, key, value),
                other => return Err(edit::wrong_kind("MappingNode", other)),
            }
        };
        if !found {
            return Ok(false);
        }
    }
    Ok(found)
}

fn field_matches(map: &Map, key: &str, value: &str) -> bool {
    map.get(key).is_some_and(|field| value.is_empty() || field.text().unwrap_or_default() == value)
}

/// The merged elements, then what else the target holds.
fn append_rest(lists: &Lists, added: Vec<usize>, keys: &[&str]) -> Result<Vec<usize>> {
    let mut result = added;
    for position in &lists.target {
        let Some(node) = lists.arena.get(*position) else { continue };
        if keys.first().is_some_and(|key| key.is_empty()) {
            let text = node.text().unwrap_or_default();
            result = set_element(&lists.arena, &result, Some(*position), keys, &[text])?;
            continue;
        }
        let mut values = Vec::new();
        for key in keys {
            let field = match node {
                Node::Map(map) => map.get(key),
                Node::Scalar(scalar) if scalar.is_null() => None,
                other => return Err(edit::wrong_kind("MappingNode", other)),
            };
            match field {
                // As in the original the element is added once for each key it lacks.
                None => result.push(*position),
                Some(field) => values.push(field.text().unwrap_or_default()),
            }
        }
        if keys.len() > 1 {
            result = set_element(&lists.arena, &result, None, keys, &values)?;
        }
        result = set_element(&lists.arena, &result, Some(*position), keys, &values)?;
    }
    Ok(result)
}
