//! The installation as it is rendered: the objects of `install.yaml`, or of what Helm has just rendered. It is taken
//! apart here; what is applied of it is `cluster::chart`'s business, what is started of it `stack`'s.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail};
use manifest::yaml::{Dialect, read_all};
use serde_json::Value;

use crate::binaries;

mod container;

pub use container::Manager;

/// Kinds that say who may do what.
const RIGHTS: [&str; 5] = ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"];

/// The objects of an installation, in the order of the text.
#[derive(Clone, Debug)]
pub struct Rendered {
    objects: Vec<Value>,
    namespace: String,
}

impl Rendered {
    /// The repository's `install.yaml`, read once.
    pub fn installation() -> Result<&'static Self> {
        static READ: OnceLock<std::result::Result<Rendered, String>> = OnceLock::new();
        let read = || {
            let file = binaries::root().join("install.yaml");
            let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            Self::parse(&text).with_context(|| file.display().to_string())
        };
        match READ.get_or_init(|| read().map_err(|error| format!("{error:#}"))) {
            Ok(rendered) => Ok(rendered),
            Err(error) => bail!("{error}"),
        }
    }

    /// What a text of many documents holds. The release's namespace is that of its service accounts.
    pub fn parse(text: &str) -> Result<Self> {
        let objects = read_all(text, Dialect::V2)?;
        let accounts = objects.iter().filter(|object| object["kind"] == "ServiceAccount");
        let mut namespaces: Vec<&str> =
            accounts.filter_map(|account| account["metadata"]["namespace"].as_str()).collect();
        namespaces.dedup();
        let [namespace] = namespaces.as_slice() else {
            bail!("its service accounts are in the namespaces {namespaces:?} instead of one");
        };
        let namespace = (*namespace).to_owned();
        Ok(Self { objects, namespace })
    }

    /// All objects.
    #[must_use]
    pub fn objects(&self) -> &[Value] {
        &self.objects
    }

    /// The release's namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The objects of a kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    /// Service accounts, roles and bindings as if released in `namespace`: accounts, roles and the subjects of
    /// bindings that are in the release's namespace are in that one.
    #[must_use]
    pub fn rights_in(&self, namespace: &str) -> Vec<Value> {
        let rights = self.objects.iter().filter(|object| RIGHTS.iter().any(|kind| object["kind"] == *kind));
        let mut rights: Vec<Value> = rights.cloned().collect();
        for object in &mut rights {
            self.moved(&mut object["metadata"], namespace);
            // An index would make the field where there is none.
            let subjects = object.get_mut("subjects").and_then(Value::as_array_mut);
            for subject in subjects.into_iter().flatten() {
                self.moved(subject, namespace);
            }
        }
        rights
    }

    fn moved(&self, named: &mut Value, namespace: &str) {
        if named["namespace"] == self.namespace.as_str() {
            named["namespace"] = Value::from(namespace);
        }
    }

    /// The Deployment that runs as this service account.
    pub fn deployment(&self, account: &str) -> Result<&Value> {
        self.of_kind("Deployment")
            .find(|object| object["spec"]["template"]["spec"]["serviceAccountName"] == account)
            .with_context(|| format!("no Deployment runs as {account}"))
    }

    /// The roles that a service account is bound to and that are among the objects; those of others, such as
    /// cluster-admin, are not. What is aggregated into a role is not followed.
    pub fn roles_of(&self, account: &str) -> impl Iterator<Item = &Value> {
        let is_it = |subject: &Value| {
            subject["kind"] == "ServiceAccount"
                && subject["name"] == account
                && subject["namespace"] == self.namespace.as_str()
        };
        let bound: Vec<&Value> = self
            .objects
            .iter()
            .filter(|object| object["subjects"].as_array().is_some_and(|subjects| subjects.iter().any(is_it)))
            .map(|binding| &binding["roleRef"])
            .collect();
        self.objects.iter().filter(move |object| {
            bound
                .iter()
                .any(|role| object["kind"] == role["kind"] && object["metadata"]["name"] == role["name"])
        })
    }
}

/// The chart's folder.
#[must_use]
pub fn chart() -> PathBuf {
    binaries::root().join("charts/flyball")
}

#[cfg(test)]
mod tests;
