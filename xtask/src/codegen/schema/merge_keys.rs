//! What upstream's OpenAPI documents say of merge keys and scopes, equal types once: what a merge key means and which
//! document wins.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// What the documents say that matters to a merge.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Schema {
    /// `apiVersion` and kind to the index of a type, for kinds that hold a merge list.
    pub(super) kinds: BTreeMap<(String, String), usize>,
    /// `apiVersion` and kind of everything that can only be reached outside of namespaces.
    pub(super) cluster: BTreeSet<(String, String)>,
    /// Names of definitions to the index of their type.
    pub(super) names: BTreeMap<String, usize>,
    /// Types that are or lead to merge lists, equal ones once.
    pub(super) types: Vec<Type>,
}

/// A type under the name of the first definition that has this shape.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Type {
    pub(super) name: String,
    pub(super) fields: BTreeMap<String, Shape<usize>>,
}

/// A field that is or leads to a merge list. `T` says what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape<T> {
    Object(T),
    /// `keys` are none for lists that are replaced as a whole.
    List {
        keys: Option<Vec<String>>,
        elements: Option<T>,
    },
}

impl<T> Shape<T> {
    fn target(&self) -> Option<&T> {
        match self {
            Self::Object(target) => Some(target),
            Self::List { elements, .. } => elements.as_ref(),
        }
    }

    fn to<U>(&self, name: impl Fn(&T) -> Option<U>) -> Option<Shape<U>> {
        match self {
            Self::Object(target) => name(target).map(Shape::Object),
            Self::List { keys, elements } => {
                let elements = elements.as_ref().and_then(name);
                (keys.is_some() || elements.is_some()).then(|| Shape::List { keys: keys.clone(), elements })
            }
        }
    }
}

impl Schema {
    /// Reads swagger documents; of definitions with the same name the last wins, as upstream.
    pub(super) fn new(documents: &[Value]) -> Result<Self> {
        let members = |field: &'static str| {
            documents.iter().filter_map(move |document| document.get(field)?.as_object()).flatten()
        };
        let definitions: BTreeMap<&str, &Value> =
            members("definitions").map(|(name, value)| (name.as_str(), value)).collect();
        // Lists are taken apart as they are read, so that no list is ever merged.
        let roots: Vec<(&str, (String, String))> = definitions
            .iter()
            .flat_map(|(name, definition)| types_of(definition).map(|kind| (*name, kind)))
            .filter(|(_, (_, kind))| !kind.ends_with("List"))
            .collect();
        let graph = Graph::new(&definitions, roots.iter().map(|(name, _)| *name))?;
        let classes = graph.classes();

        let mut kinds = BTreeMap::new();
        for (name, kind) in roots {
            let Some(class) = classes.get(name) else { continue };
            if kinds.insert(kind.clone(), *class).is_some_and(|other| other != *class) {
                bail!("{kind:?} has two definitions");
            }
        }
        let types = graph.types(&classes);
        let names = classes
            .iter()
            .filter(|(name, _)| definitions.contains_key(**name))
            .map(|(name, class)| ((*name).to_owned(), *class))
            .collect();
        Ok(Self { kinds, cluster: cluster_scoped(members("paths")), names, types })
    }
}

/// The kinds that an extension of a definition or operation names.
pub(super) fn types_of(value: &Value) -> impl Iterator<Item = (String, String)> + '_ {
    let extension = value.get("x-kubernetes-group-version-kind");
    let several = extension.and_then(Value::as_array).into_iter().flatten();
    several.chain(extension.filter(|extension| extension.is_object())).map(|entry| {
        let text = |field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default();
        let (group, version) = (text("group"), text("version"));
        let slash = if group.is_empty() { "" } else { "/" };
        (format!("{group}{slash}{version}"), text("kind").to_owned())
    })
}

/// Kinds that can be read somewhere, but nowhere below a namespace.
pub(super) fn cluster_scoped<'a>(
    paths: impl Iterator<Item = (&'a String, &'a Value)>,
) -> BTreeSet<(String, String)> {
    let mut namespaced: BTreeMap<_, bool> = BTreeMap::new();
    for (path, item) in paths {
        for kind in item.get("get").into_iter().flat_map(types_of) {
            *namespaced.entry(kind).or_default() |= path.contains("namespaces/{namespace}");
        }
    }
    namespaced.into_iter().filter(|(_, namespaced)| !namespaced).map(|(kind, _)| kind).collect()
}

/// Every definition, and every object that stands within one without a name of its own.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: BTreeMap<String, BTreeMap<String, Shape<String>>>,
}

impl Graph {
    /// What can be reached from the definitions that `roots` names.
    fn new<'a>(
        definitions: &BTreeMap<&'a str, &'a Value>,
        roots: impl Iterator<Item = &'a str>,
    ) -> Result<Self> {
        let mut graph = Self::default();
        for (name, definition) in definitions {
            graph.add(name, definition)?;
        }
        let mut reached = BTreeSet::new();
        let mut queue: Vec<String> = roots.map(str::to_owned).collect();
        while let Some(name) = queue.pop() {
            let fields = graph.nodes.get(&name).into_iter().flat_map(BTreeMap::values);
            queue.extend(
                fields.filter_map(Shape::target).filter(|target| !reached.contains(*target)).cloned(),
            );
            reached.insert(name);
        }
        graph.nodes.retain(|name, _| reached.contains(name));
        let leads = graph.leading();
        for (name, fields) in &graph.nodes {
            for field in ["", "[]"] {
                let target = fields.get(field).and_then(Shape::target);
                if target.is_some_and(|target| leads.contains(target.as_str())) {
                    bail!("{name}: the table has no form for merge lists in maps and in lists of lists");
                }
            }
        }
        Ok(graph)
    }

    /// Adds a schema. Values of maps stand under the field "", lists directly in lists under "[]".
    fn add(&mut self, name: &str, schema: &Value) -> Result<()> {
        let mut fields = BTreeMap::new();
        for (field, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            fields.insert(field.clone(), self.shape(&format!("{name}.{field}"), schema)?);
        }
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            fields.insert(String::new(), self.shape(&format!("{name}.*"), values)?);
        }
        if schema.get("type").and_then(Value::as_str) == Some("array") {
            fields.insert("[]".to_owned(), self.shape(name, schema)?);
        }
        self.nodes.insert(name.to_owned(), fields);
        Ok(())
    }

    fn shape(&mut self, name: &str, schema: &Value) -> Result<Shape<String>> {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let definition = reference.strip_prefix("#/definitions/");
            return Ok(Shape::Object(definition.with_context(|| reference.to_owned())?.to_owned()));
        }
        if schema.get("type").and_then(Value::as_str) != Some("array") {
            self.add(name, schema)?;
            return Ok(Shape::Object(name.to_owned()));
        }
        let items = schema.get("items").with_context(|| format!("{name}: a list of what?"))?;
        let elements = match items.get("$ref").and_then(Value::as_str) {
            Some(_) => self.shape(name, items)?.target().cloned(),
            None => {
                let name = format!("{name}[]");
                self.add(&name, items)?;
                Some(name)
            }
        };
        Ok(Shape::List { keys: merge_keys(schema), elements })
    }

    /// The names of all that holds or leads to merge lists.
    fn leading(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        loop {
            let before = found.len();
            for (name, fields) in &self.nodes {
                let leads = fields.values().any(|shape| {
                    matches!(shape, Shape::List { keys: Some(_), .. })
                        || shape.target().is_some_and(|target| found.contains(target.as_str()))
                });
                if leads {
                    found.insert(name.as_str());
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// Numbers of types, equal for equal types: at first all that lead to merge lists are taken to be equal, then told
    /// apart by their fields until nothing changes.
    fn classes(&self) -> BTreeMap<&str, usize> {
        let mut classes: BTreeMap<&str, usize> = self.leading().into_iter().map(|name| (name, 0)).collect();
        let mut count = usize::from(!classes.is_empty());
        loop {
            let mut seen = BTreeMap::new();
            let next: BTreeMap<&str, usize> = classes
                .keys()
                .map(|name| {
                    let number = seen.len();
                    (*name, *seen.entry(self.fields(name, &classes)).or_insert(number))
                })
                .collect();
            let found = seen.len();
            classes = next;
            if found == count {
                return classes;
            }
            count = found;
        }
    }

    fn fields(&self, name: &str, classes: &BTreeMap<&str, usize>) -> BTreeMap<String, Shape<usize>> {
        let class = |target: &String| classes.get(target.as_str()).copied();
        let fields = self.nodes.get(name).into_iter().flatten();
        fields.filter_map(|(field, shape)| Some((field.clone(), shape.to(class)?))).collect()
    }

    fn types(&self, classes: &BTreeMap<&str, usize>) -> Vec<Type> {
        let mut first: BTreeMap<usize, &str> = BTreeMap::new();
        for (name, class) in classes {
            first.entry(*class).or_insert(name);
        }
        let named = |name: &str| Type { name: name.to_owned(), fields: self.fields(name, classes) };
        first.into_values().map(named).collect()
    }
}

/// The keys by which upstream merges a list: several ones if stated, else the one, else none for lists of plain values.
pub(super) fn merge_keys(schema: &Value) -> Option<Vec<String>> {
    let strategy = schema.get("x-kubernetes-patch-strategy")?.as_str()?;
    if !strategy.split(',').any(|part| part == "merge") {
        return None;
    }
    let several = schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array);
    let one = schema.get("x-kubernetes-patch-merge-key");
    let keys = several.map_or_else(|| one.into_iter().collect(), |keys| keys.iter().collect::<Vec<_>>());
    Some(keys.into_iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
