//! Where objects come from, as the annotations of `buildMetadata` tell it.

use std::fmt::Write as _;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::kustomization::first_document;
use crate::path::join_lexically;
use crate::remote::Repository;
use crate::resource::{ORIGIN, Resource, TRANSFORMATIONS};
use crate::work::Growth;

/// The place a kustomization's entries are relative to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    path: String,
    /// URL and ref of the repository it was fetched from.
    repository: Option<(String, Option<String>)>,
}

impl Origin {
    /// The place of an entry.
    pub(crate) fn join(&self, entry: &str) -> Self {
        match Repository::parse(entry) {
            // A top folder goes by the name that upstream gives a repository that is not there yet.
            Some(repository) => Self {
                path: join_lexically(
                    "",
                    if repository.directory.is_empty() { "notCloned" } else { &repository.directory },
                ),
                repository: Some((repository.url, repository.reference)),
            },
            None => Self { path: join_lexically(&self.path, entry), repository: self.repository.clone() },
        }
    }

    /// The fields that tell the repository.
    fn repository(&self) -> String {
        let Some((url, reference)) = &self.repository else { return String::new() };
        let reference = reference.as_ref().map(|reference| format!("ref: {}\n", scalar(reference)));
        format!("repo: {}\n{}", scalar(url), reference.unwrap_or_default())
    }

    /// The annotation of an object read from a file.
    pub(crate) fn annotation(&self) -> String {
        format!("path: {}\n{}", scalar(&self.path), self.repository())
    }
}

/// What made or changed an object: a built-in of a kustomization, or a plugin's configuration.
#[derive(Debug, Clone, Default)]
pub(crate) struct Configured {
    /// Lines that tell the repository, if there is one.
    pub(crate) repository: String,
    pub(crate) configured_in: String,
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
}

impl Configured {
    /// A field of a kustomization file.
    pub(crate) fn builtin(origin: &Origin, file: &str, kind: &str) -> Self {
        Self {
            repository: origin.repository(),
            configured_in: join_lexically(&origin.path, file),
            api_version: "builtin".to_owned(),
            kind: kind.to_owned(),
            ..Self::default()
        }
    }

    fn annotation(&self) -> String {
        let mut text =
            format!("{}configuredIn: {}\nconfiguredBy:\n", self.repository, scalar(&self.configured_in));
        for (field, value) in [
            ("apiVersion", &self.api_version),
            ("kind", &self.kind),
            ("name", &self.name),
            ("namespace", &self.namespace),
        ] {
            if !value.is_empty() {
                // Writing to a String does not fail.
                let _ = writeln!(text, "  {field}: {}", scalar(value));
            }
        }
        text
    }

    fn list_item(&self) -> String {
        self.annotation().lines().enumerate().fold(String::new(), |mut text, (i, line)| {
            text.push_str(if i == 0 { "- " } else { "  " });
            text.push_str(line);
            text.push('\n');
            text
        })
    }

    /// Marks an object as made by this, unless it has an origin.
    pub(crate) fn mark_generated(&self, resource: &mut Resource) -> Result<()> {
        if resource.annotation(ORIGIN).is_some() {
            return Ok(());
        }
        resource.change_annotation(ORIGIN, Some(&self.annotation()))
    }

    /// Notes on an object that this went over it.
    pub(crate) fn mark_transformed(&self, resource: &mut Resource, growth: &Growth) -> Result<()> {
        growth.work().step(1)?;
        if resource.annotation(ORIGIN).is_none() {
            let origin = self.annotation();
            growth.add(2 * manifest::yaml::Node::WEIGHT + ORIGIN.len() + origin.len())?;
            return resource.change_annotation(ORIGIN, Some(&origin));
        }
        let former = resource.annotation(TRANSFORMATIONS).unwrap_or_default();
        if !former.is_empty()
            && !former.starts_with("- ")
            && !matches!(first_document(former, growth.work())?, Value::Array(_))
        {
            return Err(Error::input(format!(
                "error unmarshaling JSON: while decoding JSON: the annotation {TRANSFORMATIONS} is no list"
            )));
        }
        let item = self.list_item();
        growth.work().text(4 * former.len() + item.len())?;
        growth.add(2 * manifest::yaml::Node::WEIGHT + TRANSFORMATIONS.len() + item.len())?;
        let list = format!("{former}{item}");
        resource.change_annotation(TRANSFORMATIONS, Some(&list))
    }
}

fn scalar(text: &str) -> String {
    manifest::yaml::write(&Value::from(text)).trim_end().to_owned()
}
