//! One object under construction: its node and the names it has had.
//!
//! As in the original, all bookkeeping lives in annotations of the object itself: whatever wipes the annotations makes it forget.
//! The ids read from there are cached.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use manifest::yaml::{Map, Node, Scalar, Style, Tag};

use crate::edit;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::objects::Weighed;
use crate::schema::{self, Custom};

pub(crate) const PREVIOUS_KINDS: &str = "internal.config.kubernetes.io/previousKinds";
pub(crate) const PREVIOUS_NAMES: &str = "internal.config.kubernetes.io/previousNames";
pub(crate) const PREVIOUS_NAMESPACES: &str = "internal.config.kubernetes.io/previousNamespaces";
const PREFIXES: &str = "internal.config.kubernetes.io/prefixes";
const SUFFIXES: &str = "internal.config.kubernetes.io/suffixes";
const BEHAVIOR: &str = "internal.config.kubernetes.io/generatorBehavior";
const NEEDS_HASH: &str = "internal.config.kubernetes.io/needsHashSuffix";
const ALLOW_NAME_CHANGE: &str = "internal.config.kubernetes.io/allowNameChange";
const ALLOW_KIND_CHANGE: &str = "internal.config.kubernetes.io/allowKindChange";
const ENABLED: &str = "enabled";
/// Annotation that tells where an object comes from.
pub(crate) const ORIGIN: &str = "config.kubernetes.io/origin";
/// Annotation that lists the transformers an object went through.
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// Annotations that never reach the output.
const BUILD_ANNOTATIONS: &[&str] = &[
    PREVIOUS_KINDS,
    PREVIOUS_NAMES,
    PREFIXES,
    SUFFIXES,
    PREVIOUS_NAMESPACES,
    ALLOW_NAME_CHANGE,
    ALLOW_KIND_CHANGE,
    "internal.config.kubernetes.io/refBy",
    BEHAVIOR,
    NEEDS_HASH,
    "internal.config.kubernetes.io/path",
    "internal.config.kubernetes.io/index",
    "internal.config.kubernetes.io/seqindent",
    "internal.config.kubernetes.io/id",
    "internal.config.kubernetes.io/annotations-migration-resource-id",
    "config.kubernetes.io/path",
    "config.kubernetes.io/index",
    "config.k8s.io/id",
    "internal.config.kubernetes.io/helm-generated",
];

/// An object under construction.
#[derive(Debug, Clone)]
pub(crate) struct Resource {
    node: Node,
    current: Id,
    previous: Vec<Id>,
    /// Names of the vars bound to it.
    pub(crate) vars: Vec<String>,
    shares: u32,
    /// Whether its API version begins with a slash: as a group without name, which no kind has.
    slashed: bool,
    /// Scopes of kinds from a custom schema.
    scopes: Option<Arc<Custom>>,
    /// What the node weighed when it was last weighed.
    weight: usize,
}

impl Resource {
    /// Takes over a node.
    pub(crate) fn new(node: Node) -> Result<Self> {
        Self::weighed(node.into())
    }

    /// Takes over a node that was weighed.
    pub(crate) fn weighed(object: Weighed) -> Result<Self> {
        Self::make(object, None)
    }

    /// Takes over a node where a schema tells scopes.
    pub(crate) fn with_scopes(object: Weighed, scopes: Arc<Custom>) -> Result<Self> {
        Self::make(object, Some(scopes))
    }

    fn make(object: Weighed, scopes: Option<Arc<Custom>>) -> Result<Self> {
        let Weighed { node, weight } = object;
        let current = Id::default();
        let mut resource = Self {
            node,
            current,
            previous: Vec::new(),
            vars: Vec::new(),
            shares: 0,
            slashed: false,
            scopes,
            weight: 0,
        };
        resource.refresh()?;
        resource.weight = weight + resource.ids_weight();
        Ok(resource)
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// What node and ids weighed when they were last [weighed](Self::weigh).
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// Weighs node and ids as they are now.
    pub(crate) fn weigh(&mut self) -> usize {
        self.weight = self.node.weight() + self.ids_weight();
        self.weight
    }

    fn ids_weight(&self) -> usize {
        self.ids().map(|id| id.name.len() + id.namespace.len()).sum()
    }

    /// Changes the node, then reads the ids again.
    pub(crate) fn edit<T>(&mut self, change: impl FnOnce(&mut Node) -> Result<T>) -> Result<T> {
        let result = change(&mut self.node)?;
        if self.shares > 0 {
            edit::settle_shares(&mut self.node);
        }
        self.refresh()?;
        Ok(result)
    }

    /// Changes parts of the node that hold neither ids nor annotations.
    pub(crate) fn edit_body<T>(&mut self, change: impl FnOnce(&mut Node) -> Result<T>) -> Result<T> {
        let result = change(&mut self.node)?;
        if self.shares > 0 {
            edit::settle_shares(&mut self.node);
        }
        Ok(result)
    }

    /// A number for scalars that are one node of the original.
    pub(crate) fn next_share(&mut self) -> u32 {
        self.shares += 1;
        self.shares
    }

    /// Forgets bonds between scalars; for nodes that were made anew.
    pub(crate) fn replace_node(&mut self, node: Node) -> Result<()> {
        self.node = node;
        self.shares = 0;
        self.refresh()
    }

    pub(crate) fn is_nil_or_empty(&self) -> bool {
        edit::is_nil_or_empty(Some(&self.node))
    }

    /// Reads the ids again. What did not change is kept: most edits touch no id, and many objects are edited often.
    fn refresh(&mut self) -> Result<()> {
        fn text<'a>(map: Option<&'a Map>, field: &str) -> &'a str {
            match map.and_then(|map| map.get(field)) {
                Some(Node::Scalar(scalar)) if !scalar.is_null() => &scalar.text,
                _ => "",
            }
        }
        fn keep(old: &mut Arc<str>, new: &str) -> bool {
            let changed = **old != *new;
            if changed {
                *old = Arc::from(new);
            }
            changed
        }
        let api_version = self.node.get("apiVersion").and_then(Node::text).unwrap_or_default();
        let kind = self.node.get("kind").and_then(Node::text).unwrap_or_default();
        let metadata = self.node.get("metadata").and_then(Node::as_map);
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let current = &mut self.current;
        keep(&mut current.name, text(metadata, "name"));
        keep(&mut current.namespace, text(metadata, "namespace"));
        let slashed = std::mem::replace(&mut self.slashed, api_version.starts_with('/')) != self.slashed;
        if slashed
            | keep(&mut current.group, group)
            | keep(&mut current.version, version)
            | keep(&mut current.kind, kind)
        {
            current.cluster = schema::is_cluster_scoped(api_version, kind)
                || self.scopes.as_ref().is_some_and(|scopes| scopes.is_cluster_scoped(api_version, kind));
        }
        let annotations = metadata.and_then(|metadata| metadata.get("annotations")?.as_map());
        read_previous(&mut self.previous, &self.current, annotations)
    }

    pub(crate) fn id(&self) -> &Id {
        &self.current
    }

    pub(crate) fn previous_ids(&self) -> &[Id] {
        &self.previous
    }

    /// The first id it had.
    pub(crate) fn original_id(&self) -> &Id {
        self.previous.first().unwrap_or(&self.current)
    }

    /// All ids, oldest first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &Id> {
        self.previous.iter().chain(std::iter::once(&self.current))
    }

    pub(crate) fn kind(&self) -> &str {
        &self.current.kind
    }

    pub(crate) fn api_version(&self) -> &str {
        self.node.get("apiVersion").and_then(Node::text).unwrap_or_default()
    }

    pub(crate) fn meta_map(&self, field: &str) -> Option<&Map> {
        self.node.get("metadata")?.get(field)?.as_map()
    }

    /// One annotation as text.
    pub(crate) fn annotation(&self, key: &str) -> Option<&str> {
        Some(self.meta_map("annotations")?.get(key)?.text().unwrap_or_default())
    }

    /// All entries of `annotations` or `labels`, values as text.
    pub(crate) fn meta_texts(&self, field: &str) -> BTreeMap<String, String> {
        self.meta_map(field).map_or_else(BTreeMap::new, |map| {
            map.entries
                .iter()
                .map(|(key, value)| (key.text.to_string(), value.text().unwrap_or_default().to_owned()))
                .collect()
        })
    }

    /// Writes `annotations` or `labels` anew; an empty map removes the field.
    pub(crate) fn set_meta_texts(&mut self, field: &str, texts: &BTreeMap<String, String>) -> Result<()> {
        self.edit(|node| write_meta_texts(node, field, texts))
    }

    /// Writes all annotations anew with one more, one changed or one gone.
    pub(crate) fn change_annotation(&mut self, key: &str, value: Option<&str>) -> Result<()> {
        let mut annotations = self.meta_texts("annotations");
        match value {
            Some(value) => annotations.insert(key.to_owned(), value.to_owned()),
            None => annotations.remove(key),
        };
        self.set_meta_texts("annotations", &annotations)
    }

    /// Remembers the current id as a former one.
    pub(crate) fn store_previous_id(&mut self) -> Result<()> {
        let id = self.current.clone();
        self.edit(|node| {
            append_to(node, PREVIOUS_NAMES, &id.name)?;
            append_to(node, PREVIOUS_NAMESPACES, id.effective_namespace())?;
            append_to(node, PREVIOUS_KINDS, &id.kind)
        })
    }

    pub(crate) fn add_prefix(&mut self, prefix: &str) -> Result<()> {
        self.edit_body(|node| append_to(node, PREFIXES, prefix))
    }

    pub(crate) fn add_suffix(&mut self, suffix: &str) -> Result<()> {
        self.edit_body(|node| append_to(node, SUFFIXES, suffix))
    }

    /// The prefixes and suffixes it was given.
    pub(crate) fn affixes(&self) -> Affixes {
        let list = |key: &str| self.annotation(key).map(str::to_owned);
        Affixes { lists: [list(PREFIXES), list(SUFFIXES)] }
    }

    fn is_enabled(&self, key: &str) -> bool {
        self.annotation(key) == Some(ENABLED)
    }

    pub(crate) fn allow_name_change(&mut self) -> Result<()> {
        self.change_annotation(ALLOW_NAME_CHANGE, Some(ENABLED))
    }

    pub(crate) fn allow_kind_change(&mut self) -> Result<()> {
        self.change_annotation(ALLOW_KIND_CHANGE, Some(ENABLED))
    }

    pub(crate) fn name_change_allowed(&self) -> bool {
        self.is_enabled(ALLOW_NAME_CHANGE)
    }

    pub(crate) fn kind_change_allowed(&self) -> bool {
        self.is_enabled(ALLOW_KIND_CHANGE)
    }

    pub(crate) fn needs_hash(&self) -> bool {
        self.is_enabled(NEEDS_HASH)
    }

    pub(crate) fn enable_hash(&mut self) -> Result<()> {
        self.change_annotation(NEEDS_HASH, Some(ENABLED))
    }

    /// `create`, `merge` or `replace`.
    pub(crate) fn behavior(&self) -> &str {
        match self.annotation(BEHAVIOR) {
            Some(behavior @ ("merge" | "replace")) => behavior,
            _ => "create",
        }
    }

    pub(crate) fn set_behavior(&mut self, behavior: &str) -> Result<()> {
        let behavior = match behavior {
            "merge" | "replace" | "create" => behavior,
            _ => "unspecified",
        };
        self.change_annotation(BEHAVIOR, Some(behavior))
    }

    pub(crate) fn is_helm_generated(&self) -> bool {
        self.annotation("internal.config.kubernetes.io/helm-generated") == Some("true")
    }

    /// Takes the bookkeeping away; the annotations are written anew as strings.
    pub(crate) fn strip(&mut self, keep_origin: bool, keep_transformations: bool) -> Result<()> {
        let mut annotations = self.meta_texts("annotations");
        if let Some(Node::Seq(seq)) =
            self.node.get("metadata").and_then(|metadata| metadata.get("annotations"))
        {
            // The original takes a list for keys and values in turn, and panics when the last value is missing.
            let (pairs, rest) = seq.items.as_chunks::<2>();
            if !rest.is_empty() {
                return Err(Error::input("metadata.annotations is a list"));
            }
            let text = |node: &Node| node.text().unwrap_or_default().to_owned();
            annotations.extend(pairs.iter().map(|[key, value]| (text(key), text(value))));
        }
        annotations.retain(|key, _| {
            !BUILD_ANNOTATIONS.contains(&key.as_str())
                && (keep_origin || key != ORIGIN)
                && (keep_transformations || key != TRANSFORMATIONS)
        });
        // Nobody asks for former ids any more.
        self.edit_body(|node| write_meta_texts(node, "annotations", &annotations))
    }

    /// Metadata of a generated object that takes the place of an older one.
    pub(crate) fn inherit_from(&mut self, old: &Self) -> Result<()> {
        let mut labels = old.meta_texts("labels");
        labels.extend(self.meta_texts("labels"));
        self.set_meta_texts("labels", &labels)?;
        let own = self.meta_texts("annotations");
        let former = old.meta_texts("annotations");
        let mut merged = former.clone();
        merged.extend(own.clone());
        for key in BUILD_ANNOTATIONS {
            match former.get(*key) {
                Some(value) => merged.insert((*key).to_owned(), value.clone()),
                None => merged.remove(*key),
            };
        }
        if !own.contains_key(NEEDS_HASH) {
            merged.remove(NEEDS_HASH);
        }
        self.set_meta_texts("annotations", &merged)?;
        self.set_name(&old.current.name)?;
        self.set_namespace(&old.current.namespace)?;
        self.vars = old.vars.clone();
        Ok(())
    }

    pub(crate) fn set_name(&mut self, name: &str) -> Result<()> {
        self.edit(|node| edit::set_at(node, &["metadata", "name"], Some(Scalar::untyped(name))))
    }

    pub(crate) fn set_kind(&mut self, kind: &str) -> Result<()> {
        self.edit(|node| edit::set_at(node, &["kind"], Some(Scalar::untyped(kind))))
    }

    pub(crate) fn set_api_version(&mut self, api_version: &str) -> Result<()> {
        self.edit(|node| edit::set_at(node, &["apiVersion"], Some(Scalar::untyped(api_version))))
    }

    /// Sets the namespace, or removes the field for an empty one.
    pub(crate) fn set_namespace(&mut self, namespace: &str) -> Result<()> {
        self.edit(|node| set_namespace(node, namespace))
    }

    /// Entries of `data` or `binaryData` as text.
    pub(crate) fn data(&self, field: &str) -> BTreeMap<String, String> {
        self.node.get(field).and_then(Node::as_map).map_or_else(BTreeMap::new, |map| {
            map.entries
                .iter()
                .map(|(key, value)| {
                    let text = match value {
                        Node::Scalar(scalar) if !scalar.is_null() => scalar.text.to_string(),
                        _ => String::new(),
                    };
                    (key.text.to_string(), text)
                })
                .collect()
        })
    }

    /// Writes `data` or `binaryData` anew.
    pub(crate) fn set_data(&mut self, field: &str, data: &BTreeMap<String, String>) -> Result<()> {
        self.edit_body(|node| {
            let Some(root) = edit::expect_map(node)? else { return Ok(()) };
            root.remove(field);
            if !data.is_empty() {
                root.entries.push((Scalar::untyped(field), data_node(data)));
            }
            Ok(())
        })
    }
}

/// Appends to one annotation in place. What stands where annotations do and is no filled map gives way.
fn append_to(node: &mut Node, key: &'static str, value: &str) -> Result<()> {
    if value.is_empty() {
        return Ok(());
    }
    let mut text = CompactString::default();
    if let Some(Node::Map(metadata)) = node.get_mut("metadata") {
        let filled = match metadata.get("annotations") {
            Some(Node::Map(map)) => {
                if let Some(old) = map.get(key) {
                    let old = old.text().unwrap_or_default();
                    text.reserve(old.len() + 1 + value.len());
                    text.push_str(old);
                    text.push(',');
                }
                !map.entries.is_empty()
            }
            Some(Node::Seq(seq)) => !seq.items.is_empty(),
            _ => false,
        };
        if !filled {
            metadata.remove("annotations");
        }
    }
    text.push_str(value);
    let value = Scalar { style: Style::Single, ..Scalar::string(text) };
    edit::set_at(node, &["metadata", "annotations", key], Some(value))
}

/// Reads the former ids of an object from its annotations.
fn read_previous(previous: &mut Vec<Id>, current: &Id, annotations: Option<&Map>) -> Result<()> {
    let text = |key: &str| Some(annotations?.get(key)?.text().unwrap_or_default());
    let Some(names) = text(PREVIOUS_NAMES) else {
        previous.clear();
        return Ok(());
    };
    let namespaces = text(PREVIOUS_NAMESPACES).unwrap_or_default();
    let kinds = text(PREVIOUS_KINDS).unwrap_or_default();
    let count = |texts: &str| texts.bytes().filter(|b| *b == b',').count() + 1;
    let known = count(names);
    if known != count(namespaces) || known != count(kinds) {
        return Err(Error::input(
            "number of previous names, number of previous namespaces, number of previous kinds not equal",
        ));
    }
    previous.truncate(known);
    for (i, ((name, namespace), kind)) in
        names.split(',').zip(namespaces.split(',')).zip(kinds.split(',')).enumerate()
    {
        let is_same = |id: &Id| {
            *id.name == *name
                && *id.namespace == *namespace
                && *id.kind == *kind
                && id.group == current.group
                && id.version == current.version
        };
        if previous.get(i).is_some_and(is_same) {
            continue;
        }
        let share = |known: &Arc<str>, text: &str| {
            if **known == *text { known.clone() } else { Arc::from(text) }
        };
        let id = Id {
            group: current.group.clone(),
            version: current.version.clone(),
            kind: share(&current.kind, kind),
            name: share(&current.name, name),
            namespace: share(&current.namespace, namespace),
            cluster: false,
        };
        match previous.get_mut(i) {
            Some(old) => *old = id,
            None => previous.push(id),
        }
    }
    Ok(())
}

/// A map of strings as generators write it: keys without type, texts of several lines literal.
pub(crate) fn data_node(data: &BTreeMap<String, String>) -> Node {
    let mut map = Map::default();
    for (key, value) in data {
        let mut scalar = Scalar::string(value.as_str());
        if value.contains('\n') {
            scalar.style = Style::Literal;
        }
        edit::push_field(&mut map, key, Node::Scalar(scalar));
    }
    Node::Map(map)
}

/// Sets an object's namespace, or removes the field for an empty one.
pub(crate) fn set_namespace(node: &mut Node, namespace: &str) -> Result<()> {
    if !namespace.is_empty() {
        return edit::set_at(node, &["metadata", "namespace"], Some(Scalar::untyped(namespace)));
    }
    if let Some(metadata) = node.get_mut("metadata")
        && let Some(map) = edit::expect_map(metadata)?
    {
        map.remove("namespace");
    }
    Ok(())
}

/// Writes `annotations` or `labels` anew; an empty map removes the field.
fn write_meta_texts(node: &mut Node, field: &str, texts: &BTreeMap<String, String>) -> Result<()> {
    let Some(root) = edit::expect_map(node)? else { return Ok(()) };
    let metadata = edit::child_or_insert(root, "metadata", Node::map());
    let Some(metadata) = edit::expect_map(metadata)? else { return Ok(()) };
    metadata.remove(field);
    if !texts.is_empty() {
        let mut map = Map::default();
        for (key, value) in texts {
            edit::push_field(&mut map, key, Node::Scalar(string_node(value)));
        }
        metadata.entries.push((Scalar::untyped(field), Node::Map(map)));
    }
    Ok(())
}

/// A string scalar; one with line breaks is literal.
pub(crate) fn string_node(text: &str) -> Scalar {
    let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
    Scalar { style, tag: Tag::Str, ..Scalar::string(text) }
}

/// The prefixes and suffixes of an object, comma-separated.
#[derive(Debug, Clone)]
pub(crate) struct Affixes {
    lists: [Option<String>; 2],
}

impl Affixes {
    /// Bytes of the texts.
    pub(crate) fn len(&self) -> usize {
        self.lists.iter().flatten().map(String::len).sum()
    }

    /// Whether both lists end alike; with `allow_empty` none matches any.
    pub(crate) fn matches(&self, other: &Self, allow_empty: bool) -> bool {
        self.lists.iter().zip(&other.lists).all(|lists| match lists {
            (None, None) => true,
            (None, _) | (_, None) => allow_empty,
            (Some(a), Some(b)) => same_ending(a, b),
        })
    }
}

fn same_ending(a: &str, b: &str) -> bool {
    a.rsplit(',').zip(b.rsplit(',')).all(|(x, y)| x == y)
}
