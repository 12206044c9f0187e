//! Schemas from an `openapi.path` file: the definitions of a swagger document, followed on demand.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::builtin;
use crate::error::{Error, Result};

/// A swagger document with its kinds indexed.
#[derive(Debug, Default)]
pub(crate) struct Custom {
    definitions: Value,
    /// `apiVersion` and kind to the name of a definition.
    kinds: HashMap<(String, String), String>,
    /// Kinds that only have paths without a namespace.
    cluster: HashSet<(String, String)>,
}

impl Custom {
    /// Reads a document.
    pub(crate) fn new(document: &Value) -> Result<Self> {
        check(document)?;
        let definitions = document.get("definitions").cloned().unwrap_or(Value::Null);
        let mut kinds = HashMap::new();
        for (name, definition) in definitions.as_object().into_iter().flatten() {
            for gvk in definition
                .get("x-kubernetes-group-version-kind")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                kinds.insert(type_of(gvk), name.clone());
            }
        }
        let mut scopes: HashMap<(String, String), bool> = HashMap::new();
        for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let Some(gvk) = item.get("get").and_then(|get| get.get("x-kubernetes-group-version-kind")) else {
                continue;
            };
            *scopes.entry(type_of(gvk)).or_default() |= path.contains("namespaces/{namespace}");
        }
        let cluster =
            scopes.into_iter().filter(|(_, namespaced)| !namespaced).map(|(kind, _)| kind).collect();
        Ok(Self { definitions, kinds, cluster })
    }

    /// Whether the document says that a kind has no namespace.
    pub(crate) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        !self.cluster.is_empty() && self.cluster.contains(&(api_version.to_owned(), kind.to_owned()))
    }

    /// Whether it tells the scope of any kind.
    pub(crate) fn has_scopes(&self) -> bool {
        !self.cluster.is_empty()
    }
}

/// What the original cannot read or crashes at.
fn check(document: &Value) -> Result<()> {
    let bad = |reason: &str| Err(Error::input(format!("invalid schema file: {reason}")));
    if !document.is_object() {
        return bad("no swagger document");
    }
    let Some(definitions) = document.get("definitions").filter(|definitions| !definitions.is_null()) else {
        return Ok(());
    };
    let Some(definitions) = definitions.as_object() else { return bad("definitions are not a map") };
    for (name, definition) in definitions {
        if !definition.is_object() && !definition.is_null() {
            return bad(&format!("definition {name} is no map"));
        }
        let gvks = definition.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
        let whole = |gvk: &Value| {
            ["version", "kind"].iter().all(|field| gvk.get(field).is_some_and(Value::is_string))
        };
        if !gvks.into_iter().flatten().filter(|gvk| gvk.is_object()).all(whole) {
            return bad(&format!("a kind of definition {name} lacks its version or name"));
        }
    }
    Ok(())
}

fn type_of(gvk: &Value) -> (String, String) {
    let text = |field: &str| gvk.get(field).and_then(Value::as_str).unwrap_or_default();
    let (group, version) = (text("group"), text("version"));
    let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    (api_version, text("kind").to_owned())
}

/// A place in the definitions.
#[derive(Debug, Clone)]
pub(crate) struct Cursor {
    document: Arc<Custom>,
    schema: Value,
    /// Whether references to built-in definitions lead there.
    with_builtin: bool,
}

/// Where a reference leads.
pub(super) enum Place {
    Custom(Cursor),
    /// The index of a built-in type.
    Builtin(u16),
}

impl Cursor {
    pub(super) fn of(
        document: &Arc<Custom>,
        api_version: &str,
        kind: &str,
        with_builtin: bool,
    ) -> Option<Self> {
        let name = document.kinds.get(&(api_version.to_owned(), kind.to_owned()))?;
        let schema = document.definitions.get(name)?.clone();
        Some(Self { document: document.clone(), schema, with_builtin })
    }

    fn follow(&self, schema: &Value) -> Option<Place> {
        let mut schema = schema;
        for _ in 0..64 {
            match schema.get("$ref").and_then(Value::as_str) {
                Some(reference) => {
                    let name = reference.strip_prefix("#/definitions/")?;
                    schema = match self.document.definitions.get(name) {
                        Some(schema) => schema,
                        None if self.with_builtin => {
                            let found =
                                builtin::NAMES.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
                            return builtin::NAMES.get(found).map(|(_, index)| Place::Builtin(*index));
                        }
                        None => return None,
                    };
                }
                None => return Some(Place::Custom(Self { schema: schema.clone(), ..self.clone() })),
            }
        }
        None
    }

    pub(super) fn field(&self, name: &str) -> Option<Place> {
        let schema = self
            .schema
            .get("properties")
            .and_then(|properties| properties.get(name))
            .or_else(|| self.schema.get("additionalProperties").filter(|value| value.is_object()))?;
        self.follow(schema)
    }

    pub(super) fn elements(&self) -> Option<Place> {
        if self.schema.get("type").and_then(Value::as_str) != Some("array") {
            return None;
        }
        self.follow(self.schema.get("items")?)
    }

    pub(super) fn merge_keys(&self) -> Option<Vec<String>> {
        let strategy = self.schema.get("x-kubernetes-patch-strategy")?.as_str()?;
        if !strategy.split(',').any(|part| part == "merge") {
            return None;
        }
        if let Some(keys) = self.schema.get("x-kubernetes-list-map-keys").and_then(Value::as_array) {
            return Some(keys.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        }
        let key = self.schema.get("x-kubernetes-patch-merge-key").and_then(Value::as_str);
        Some(key.map(str::to_owned).into_iter().collect())
    }
}
