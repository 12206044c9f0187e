//! A random tree: its files, and what the generator knows of the objects in it. What one kustomization holds is in
//! `level.rs` and the files behind it.

use std::collections::{BTreeMap, BTreeSet};

use crate::grammar::expand;
use crate::node::Node;
use crate::random::Random;
use crate::rules::{KINDS, Kind};

/// An object as the generator knows it.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) kind: Kind,
    pub(crate) node: Node,
    /// All names and namespaces so far, the current one last.
    pub(crate) ids: Vec<(String, Option<String>)>,
    /// Whether a patch changed it, so that its paths are not certain any more.
    pub(crate) touched: bool,
}

impl Object {
    pub(crate) fn name(&self) -> &str {
        &self.ids[self.ids.len() - 1].0
    }

    pub(crate) fn namespace(&self) -> Option<&str> {
        self.ids[self.ids.len() - 1].1.as_deref()
    }

    pub(crate) fn cluster(&self) -> bool {
        kustomize_engine::is_cluster_scoped(self.kind.api, self.kind.kind)
    }

    /// Whether prefixes and suffixes leave it alone.
    pub(crate) fn keeps_name(&self) -> bool {
        ["CustomResourceDefinition", "APIService", "Namespace"].contains(&self.kind.kind)
    }

    pub(crate) fn group_version(&self) -> (&'static str, &'static str) {
        self.kind.api.split_once('/').unwrap_or(("", self.kind.api))
    }
}

/// The tree of a seed.
pub(crate) struct Tree {
    pub(crate) random: Random,
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// What occurs in it.
    pub(crate) features: BTreeSet<&'static str>,
    pub(crate) objects: Vec<Object>,
    counts: BTreeMap<&'static str, usize>,
    /// Whether things that mostly fail may occur.
    pub(crate) risky: bool,
    /// How many vars are declared.
    pub(crate) vars: usize,
    /// How many `v1` namespaces there are: a second one would be given the name of the first.
    pub(crate) namespaces: usize,
    /// Whether the level is taken twice, so that there may be no vars and no names that stay.
    pub(crate) twice: bool,
}

impl Tree {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let risky = random.chance(12);
        let mut tree = Self {
            random,
            files: BTreeMap::new(),
            features: BTreeSet::new(),
            objects: Vec::new(),
            counts: BTreeMap::new(),
            risky,
            vars: 0,
            namespaces: 0,
            twice: false,
        };
        let depth = tree.random.pick(&[0, 0, 1, 1, 1, 2, 2, 3]);
        tree.level("top", depth, true);
        tree
    }

    pub(crate) fn feature(&mut self, name: &'static str) {
        self.features.insert(name);
    }

    /// True in so many of a hundred cases, and then the feature is noted.
    pub(crate) fn wants(&mut self, percent: usize, name: &'static str) -> bool {
        let wanted = self.random.chance(percent);
        if wanted {
            self.feature(name);
        }
        wanted
    }

    /// True in so many of a hundred cases of the trees that may fail.
    pub(crate) fn risk(&mut self, percent: usize) -> bool {
        self.random.chance(percent) && self.risky
    }

    /// The next number of its sort.
    pub(crate) fn fresh(&mut self, sort: &'static str) -> usize {
        let count = self.counts.entry(sort).or_insert(0);
        *count += 1;
        *count
    }

    /// A document from a template, references resolved to names of this tree.
    pub(crate) fn expand(&mut self, template: &str) -> Node {
        let counts = &self.counts;
        let mut lookup = |name: &str, random: &mut Random| {
            let short = name.strip_prefix("ref:")?;
            let known = counts.get(short).copied().unwrap_or(0);
            let beyond = usize::from(random.chance(30));
            let number = 1 + random.below(known.max(1) + beyond);
            let prefix = if random.chance(6) { "p-" } else { "" };
            Some(Node::raw(&format!("{prefix}{short}{number}")))
        };
        expand(template, &mut self.random, &mut lookup)
    }

    pub(crate) fn write(&mut self, path: &str, node: &Node, wild: bool) {
        let text = node.write(&mut self.random, wild);
        self.file(path, text);
    }

    pub(crate) fn file(&mut self, path: &str, text: impl Into<Vec<u8>>) {
        self.files.insert(path.to_owned(), text.into());
    }

    pub(crate) fn any_kind(&mut self) -> Kind {
        let total = KINDS.iter().map(|kind| kind.weight).sum();
        let mut at = self.random.below(total);
        for kind in KINDS {
            if at < kind.weight {
                return *kind;
            }
            at -= kind.weight;
        }
        KINDS[0]
    }

    /// A new object with a name of its own.
    pub(crate) fn object(&mut self, kind: Kind) -> Object {
        let number = self.fresh(kind.short);
        let mut name = format!("{}{number}", kind.short);
        if kind.kind == "CustomResourceDefinition" {
            name.push_str(".x.io");
        }
        let mut metadata = vec![("name".to_owned(), Node::raw(&name))];
        let mut object = Object { kind, node: Node::raw(""), ids: vec![(name, None)], touched: false };
        if !object.cluster() && self.random.chance(25) {
            let namespace = self.random.pick(&["n1", "n2", "n1", "default"]);
            metadata.push(("namespace".to_owned(), Node::raw(namespace)));
            object.ids[0].1 = Some(namespace.to_owned());
        }
        self.metadata(&mut metadata, 35);
        let body = self.expand(kind.body);
        object.node = document(kind, metadata, body);
        if self.random.chance(15)
            && let Node::Map(fields) = &mut object.node
        {
            fields.reverse();
        }
        object
    }

    /// A name with its namespace that no other object of the kind has or had.
    pub(crate) fn unique_id(&mut self, object: &Object) -> (String, Option<String>) {
        let shared = |name: &str| {
            let others = self.objects.iter().filter(|other| other.kind.kind == object.kind.kind);
            others.filter(|other| other.ids.iter().any(|(known, _)| known == name)).count() > 1
        };
        let able: Vec<_> = object.ids.iter().filter(|(name, _)| !shared(name)).cloned().collect();
        if able.is_empty() {
            return object.ids[object.ids.len() - 1].clone();
        }
        able[self.random.below(able.len())].clone()
    }

    /// Labels, annotations and the like.
    pub(crate) fn metadata(&mut self, metadata: &mut Vec<(String, Node)>, percent: usize) {
        for (percent, key, template) in [
            (percent, "labels", "<labels>"),
            (percent, "annotations", "<annotations>"),
            (4, "finalizers", "[(a/x|b/y|\"c\")*3]"),
            (3, "ownerReferences", "[{uid: (u1|u2), name: (a|b), kind: Pod, apiVersion: v1}*2]"),
            (2, "creationTimestamp", "(null|2024-01-31T10:00:00Z)"),
        ] {
            if self.random.chance(percent) {
                metadata.push((key.to_owned(), self.expand(template)));
            }
        }
    }
}

/// An object's document.
pub(crate) fn document(kind: Kind, metadata: Vec<(String, Node)>, body: Node) -> Node {
    let mut fields = vec![
        ("apiVersion".to_owned(), Node::raw(kind.api)),
        ("kind".to_owned(), Node::raw(kind.kind)),
        ("metadata".to_owned(), Node::Map(metadata)),
    ];
    if let Node::Map(body) = body {
        fields.extend(body);
    }
    Node::Map(fields)
}
