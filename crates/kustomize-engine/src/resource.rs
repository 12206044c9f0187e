//! One object under construction: its node and the names it has had.
//!
//! As in the original, all bookkeeping lives in annotations of the object itself: whatever wipes the annotations makes it forget.
//! The ids read from there are cached.

use std::collections::BTreeMap;
use std::sync::Arc;

use manifest::yaml::{Map, Node, Scalar, Style, Tag};

use crate::edit;
use crate::error::{Error, Result};
use crate::id::Id;
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
    /// Scopes of kinds from a custom schema.
    scopes: Option<Arc<Custom>>,
    /// What the node weighed when it was last weighed.
    weight: usize,
}

impl Resource {
    /// Takes over a node.
    pub(crate) fn new(node: Node) -> Result<Self> {
        Self::make(node, None)
    }

    /// Takes over a node where a schema tells scopes.
    pub(crate) fn with_scopes(node: Node, scopes: Arc<Custom>) -> Result<Self> {
        Self::make(node, Some(scopes))
    }

    fn make(node: Node, scopes: Option<Arc<Custom>>) -> Result<Self> {
        let current = Id::default();
        let mut resource =
            Self { node, current, previous: Vec::new(), vars: Vec::new(), shares: 0, scopes, weight: 0 };
        resource.refresh()?;
        resource.weigh();
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
        let ids: usize = self.ids().map(|id| id.name.len() + id.namespace.len()).sum();
        self.weight = self.node.weight() + ids;
        self.weight
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

    fn refresh(&mut self) -> Result<()> {
        let api_version = self.node.get("apiVersion").and_then(Node::text).unwrap_or_default();
        let kind = self.node.get("kind").and_then(Node::text).unwrap_or_default();
        let name = self.meta("name");
        let namespace = self.meta("namespace");
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let current = &self.current;
        let keep = |old: &Arc<str>, new: &str| if **old == *new { old.clone() } else { Arc::from(new) };
        let current = Id {
            group: keep(&current.group, group),
            version: keep(&current.version, version),
            kind: keep(&current.kind, kind),
            name: keep(&current.name, name),
            namespace: keep(&current.namespace, namespace),
            cluster: schema::is_cluster_scoped(api_version, kind)
                || self.scopes.as_ref().is_some_and(|scopes| scopes.is_cluster_scoped(api_version, kind)),
        };
        self.current = current;
        self.previous = self.read_previous()?;
        Ok(())
    }

    fn read_previous(&self) -> Result<Vec<Id>> {
        let Some(names) = self.annotation(PREVIOUS_NAMES) else { return Ok(Vec::new()) };
        let namespaces = self.annotation(PREVIOUS_NAMESPACES).unwrap_or_default();
        let kinds = self.annotation(PREVIOUS_KINDS).unwrap_or_default();
        let count = names.split(',').count();
        if count != namespaces.split(',').count() || count != kinds.split(',').count() {
            return Err(Error::input(
                "number of previous names, number of previous namespaces, number of previous kinds not equal",
            ));
        }
        Ok(names
            .split(',')
            .zip(namespaces.split(','))
            .zip(kinds.split(','))
            .map(|((name, namespace), kind)| Id {
                group: self.current.group.clone(),
                version: self.current.version.clone(),
                kind: if *kind == *self.current.kind { self.current.kind.clone() } else { Arc::from(kind) },
                name: Arc::from(name),
                namespace: Arc::from(namespace),
                cluster: false,
            })
            .collect())
    }

    fn meta(&self, field: &str) -> &str {
        match self.node.get("metadata").and_then(|metadata| metadata.get(field)) {
            Some(Node::Scalar(scalar)) if !scalar.is_null() => &scalar.text,
            _ => "",
        }
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
        self.edit(|node| {
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
        })
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

    /// Sets one annotation in place. What stands there and is no filled map gives way.
    fn set_annotation(&mut self, key: &str, value: &str) -> Result<()> {
        let value = Scalar { style: Style::Single, ..Scalar::string(value) };
        self.edit_body(|node| {
            if let Some(Node::Map(metadata)) = node.get_mut("metadata") {
                let filled = match metadata.get("annotations") {
                    Some(Node::Map(map)) => !map.entries.is_empty(),
                    Some(Node::Seq(seq)) => !seq.items.is_empty(),
                    _ => false,
                };
                if !filled {
                    metadata.remove("annotations");
                }
            }
            edit::set_at(node, &["metadata", "annotations", key], Some(value))
        })
    }

    fn append_to(&mut self, key: &str, value: &str) -> Result<()> {
        if value.is_empty() {
            return Ok(());
        }
        let value = match self.annotation(key) {
            Some(old) => [old, value].join(","),
            None => value.to_owned(),
        };
        self.set_annotation(key, &value)
    }

    /// Remembers the current id as a former one.
    pub(crate) fn store_previous_id(&mut self) -> Result<()> {
        let id = self.current.clone();
        self.append_to(PREVIOUS_NAMES, &id.name)?;
        self.append_to(PREVIOUS_NAMESPACES, id.effective_namespace())?;
        self.append_to(PREVIOUS_KINDS, &id.kind)?;
        self.refresh()
    }

    pub(crate) fn add_prefix(&mut self, prefix: &str) -> Result<()> {
        self.append_to(PREFIXES, prefix)
    }

    pub(crate) fn add_suffix(&mut self, suffix: &str) -> Result<()> {
        self.append_to(SUFFIXES, suffix)
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
        self.set_meta_texts("annotations", &annotations)
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
        let value = (!namespace.is_empty()).then(|| Scalar::untyped(namespace));
        self.edit(|node| match node.get_mut("metadata") {
            None if value.is_none() => Ok(()),
            Some(metadata) if value.is_none() => {
                if let Some(map) = edit::expect_map(metadata)? {
                    map.remove("namespace");
                }
                Ok(())
            }
            _ => edit::set_at(node, &["metadata", "namespace"], value),
        })
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
