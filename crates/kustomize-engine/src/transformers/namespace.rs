//! `namespace`: of objects, of subjects in role bindings, and where else a namespace is named.

use std::collections::HashMap;

use manifest::yaml::{Node, Scalar, Tag};

use super::transformer::Transformer;
use crate::edit;
use crate::error::{Error, Result, Within as _};
use crate::fieldspec::{self, Create, FieldSpec, GvkFilter};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::schema::Schemas;
use crate::work::Growth;

/// Which subjects of role bindings change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum SubjectMode {
    /// Those named `default`.
    #[default]
    DefaultOnly,
    /// Every service account.
    AllServiceAccounts,
    /// None.
    Nothing,
    /// A word that upstream does not know.
    Unknown,
}

impl SubjectMode {
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "" | "defaultOnly" => Self::DefaultOnly,
            "allServiceAccounts" => Self::AllServiceAccounts,
            "none" => Self::Nothing,
            _ => Self::Unknown,
        }
    }
}

/// Bytes of the annotations that remember former ids, at most, beside names and namespaces.
const BOOKKEEPING: usize = 1024;

/// Sets a namespace.
#[derive(Debug)]
pub(crate) struct Namespace {
    pub(crate) namespace: String,
    pub(crate) specs: Vec<FieldSpec>,
    pub(crate) unset_only: bool,
    pub(crate) subjects: SubjectMode,
}

impl Transformer for Namespace {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        let mut counts: HashMap<_, usize> = HashMap::new();
        for resource in map.iter() {
            *counts.entry(resource.id().key()).or_default() += 1;
        }
        let growth = Growth::new(map.work());
        for resource in map.iter_mut() {
            growth.work().glance(resource.weight())?;
            if resource.is_nil_or_empty() || resource.is_helm_generated() {
                continue;
            }
            if let Some(count) = counts.get_mut(&resource.id().key()) {
                *count -= 1;
            }
            let id = resource.id();
            // Into the bookkeeping and among the former ids.
            growth.add(BOOKKEEPING + 2 * (id.name.len() + id.namespace.len()))?;
            resource.store_previous_id()?;
            self.change(resource, &growth)?;
            let count = counts.entry(resource.id().key()).or_default();
            *count += 1;
            if *count != 1 {
                return Err(Error::input(format!(
                    "namespace transformation produces ID conflict: {}",
                    resource.id()
                )));
            }
        }
        map.grown(growth.into_bytes())
    }
}

impl Namespace {
    /// Changes one object.
    pub(crate) fn change(&self, resource: &mut Resource, growth: &Growth) -> Result<()> {
        fieldspec::charge(&self.specs, growth.work())?;
        let id = resource.id().clone();
        let core = resource.api_version() == "v1";
        resource.edit(|node| {
            if !id.cluster {
                let spec = FieldSpec::new(GvkFilter::default(), "metadata/namespace", true);
                fieldspec::apply(&spec, &id, node, Create::Scalar(Tag::None), &mut |field| {
                    self.set(field, growth)
                })?;
            }
            let binding = matches!(&*id.kind, "RoleBinding" | "ClusterRoleBinding");
            if binding {
                self.change_subjects(node, growth)?;
            }
            for spec in &self.specs {
                let path = &*spec.path;
                let subjects = matches!(&*spec.gvk.kind, "RoleBinding" | "ClusterRoleBinding")
                    && path == "subjects/namespace";
                if path == "metadata/namespace" || (!core && path == "metadata/name") || (binding && subjects)
                {
                    continue;
                }
                fieldspec::apply(spec, &id, node, Create::Scalar(Tag::Str), &mut |field| {
                    self.set(field, growth)
                })
                .within(|| "namespace transformation failed".to_owned())?;
            }
            Ok(())
        })
    }

    fn set(&self, field: &mut Node, growth: &Growth) -> Result<()> {
        if self.unset_only {
            let filled = match field {
                Node::Scalar(scalar) => !scalar.is_null() && !scalar.text.is_empty(),
                _ => false,
            };
            if filled {
                return Ok(());
            }
        }
        // Into the field, and into the id if that is where it is read.
        growth.add(2 * (Node::WEIGHT + self.namespace.len()))?;
        growth.work().text(self.namespace.len())?;
        edit::set_scalar(field, Scalar::string(self.namespace.as_str()))
    }

    fn change_subjects(&self, node: &mut Node, growth: &Growth) -> Result<()> {
        let (field, wanted) = match &self.subjects {
            SubjectMode::Nothing => return Ok(()),
            SubjectMode::DefaultOnly => ("name", "default"),
            SubjectMode::AllServiceAccounts => ("kind", "ServiceAccount"),
            SubjectMode::Unknown => {
                return Err(Error::input(
                    "invalid value for setRoleBindingSubjects: must be one of \"defaultOnly\", \"none\" or \
                     \"allServiceAccounts\"",
                ));
            }
        };
        let subjects = match node.get_mut("subjects") {
            None => return Ok(()),
            Some(Node::Scalar(scalar)) if scalar.is_null() => return Ok(()),
            Some(Node::Seq(seq)) => seq,
            Some(other) => return Err(edit::wrong_kind("SequenceNode", other)),
        };
        for subject in &mut subjects.items {
            let Some(map) = edit::expect_map(subject)? else { continue };
            match map.get(field) {
                Some(Node::Scalar(scalar)) if !scalar.is_null() && scalar.text == wanted => {}
                Some(Node::Scalar(_)) | None => continue,
                Some(other) => return Err(edit::wrong_kind("ScalarNode", other)),
            }
            let namespace = edit::child_or_insert(map, "namespace", Node::Scalar(Scalar::default()));
            self.set(namespace, growth)
                .within(|| "setting namespace on (cluster)role binding subjects".to_owned())?;
        }
        Ok(())
    }
}
