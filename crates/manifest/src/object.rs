//! A Kubernetes object as JSON, with the fields that make it an object guaranteed at construction.

use std::fmt;

use serde_json::{Map, Value};

use crate::{Error, Gvk, ObjectId, redact};

/// A JSON object that has `apiVersion`, `kind` and `metadata.name`.
#[derive(Clone, PartialEq)]
pub struct Manifest(Value);

impl Manifest {
    /// Checks the fields that every object has.
    ///
    /// # Errors
    /// When the value is not a map, or `apiVersion`, `kind` or `metadata.name` is missing, empty or not a string.
    pub fn new(value: Value) -> Result<Self, Error> {
        if !value.is_object() {
            return Err(Error::NotAnObject);
        }
        for (field, path) in [
            ("apiVersion", &["apiVersion"][..]),
            ("kind", &["kind"]),
            ("metadata.name", &["metadata", "name"]),
        ] {
            if text_at(&value, path).is_empty() {
                return Err(Error::MissingField { field });
            }
        }
        Ok(Self(value))
    }

    /// The JSON object.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// Group, version and kind.
    #[must_use]
    pub fn gvk(&self) -> Gvk {
        Gvk::parse(text_at(&self.0, &["apiVersion"]), self.kind())
    }

    /// The `apiVersion` field.
    #[must_use]
    pub fn api_version(&self) -> &str {
        text_at(&self.0, &["apiVersion"])
    }

    /// Identity, without version.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        let Gvk { group, kind, .. } = self.gvk();
        ObjectId {
            namespace: self.namespace().unwrap_or_default().to_owned(),
            name: self.name().to_owned(),
            group,
            kind,
        }
    }

    /// The `kind` field.
    #[must_use]
    pub fn kind(&self) -> &str {
        text_at(&self.0, &["kind"])
    }

    /// The `metadata.name` field.
    #[must_use]
    pub fn name(&self) -> &str {
        text_at(&self.0, &["metadata", "name"])
    }

    /// The `metadata.namespace` field, unless absent or empty.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        Some(text_at(&self.0, &["metadata", "namespace"])).filter(|namespace| !namespace.is_empty())
    }

    /// Sets or removes `metadata.namespace`.
    pub fn set_namespace(&mut self, namespace: Option<&str>) {
        if let Some(metadata) = self.metadata() {
            match namespace {
                Some(namespace) => metadata.insert("namespace".to_owned(), Value::from(namespace)),
                None => metadata.remove("namespace"),
            };
        }
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.get(&["metadata", "labels", key]).and_then(Value::as_str)
    }

    /// The value of an annotation.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.get(&["metadata", "annotations", key]).and_then(Value::as_str)
    }

    /// The value at a path of map keys.
    #[must_use]
    pub fn get(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.0, |value, key| value.get(key))
    }

    fn metadata(&mut self) -> Option<&mut Map<String, Value>> {
        self.0.get_mut("metadata").and_then(Value::as_object_mut)
    }
}

impl fmt::Debug for Manifest {
    /// Prints the object with secrets masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Manifest").field(&redact::masked(&self.0)).finish()
    }
}

fn text_at<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    path.iter().try_fold(value, |value, key| value.get(key)).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests;
