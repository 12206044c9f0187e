//! `namePrefix` and `nameSuffix`.

use manifest::yaml::{Node, Scalar, Tag};

use super::transformer::Transformer;
use crate::edit;
use crate::error::Result;
use crate::fieldspec::{self, Create, FieldSpec};
use crate::id::Id;
use crate::resmap::ResMap;
use crate::schema::Schemas;
use crate::work::Growth;

/// Which end of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affix {
    /// In front.
    Prefix,
    /// Behind.
    Suffix,
}

/// Bytes of the annotations that remember former ids, at most, beside names and namespaces.
const BOOKKEEPING: usize = 1024;

/// Adds a text to names.
#[derive(Debug)]
pub(crate) struct Affixes {
    pub(crate) affix: Affix,
    pub(crate) text: String,
    pub(crate) specs: Vec<FieldSpec>,
}

impl Transformer for Affixes {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        let growth = Growth::new(map.work());
        for resource in map.iter_mut() {
            growth.work().step(1)?;
            fieldspec::charge(&self.specs, growth.work())?;
            let id = resource.original_id().clone();
            if skips(&id) {
                continue;
            }
            for spec in self.specs.iter().filter(|spec| spec.gvk.selects_id(&id)) {
                growth.work().walk(resource.weight())?;
                if spec.path == "metadata/name" {
                    // The text goes into the bookkeeping and into the new id; the id so far into the bookkeeping and
                    // among the former ones.
                    let id = resource.id();
                    growth.add(BOOKKEEPING + 2 * (self.text.len() + id.name.len() + id.namespace.len()))?;
                    match self.affix {
                        Affix::Prefix => resource.add_prefix(&self.text)?,
                        Affix::Suffix => resource.add_suffix(&self.text)?,
                    }
                    if !self.text.is_empty() {
                        resource.store_previous_id()?;
                    }
                }
                let current = resource.id().clone();
                resource.edit(|node| {
                    fieldspec::apply(spec, &current, node, Create::Scalar(Tag::Str), &mut |field| {
                        let old = match field {
                            Node::Scalar(scalar) => scalar.text.to_string(),
                            _ => String::new(),
                        };
                        growth.add(self.text.len())?;
                        growth.work().text(self.text.len() + old.len())?;
                        let new = match self.affix {
                            Affix::Prefix => [&*self.text, &*old].concat(),
                            Affix::Suffix => [&*old, &*self.text].concat(),
                        };
                        edit::set_scalar(field, Scalar::untyped(new))
                    })
                })?;
            }
        }
        map.grown(growth.into_bytes())
    }
}

/// Kinds whose names have a meaning of their own.
fn skips(id: &Id) -> bool {
    matches!(&*id.kind, "CustomResourceDefinition" | "Namespace")
        || (&*id.kind == "APIService" && &*id.group == "apiregistration.k8s.io")
}
