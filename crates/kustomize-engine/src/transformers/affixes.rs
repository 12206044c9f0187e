//! `namePrefix` and `nameSuffix`.

use manifest::yaml::{Node, Scalar, Tag};

use super::transformer::Transformer;
use crate::edit;
use crate::error::Result;
use crate::fieldspec::{self, Create, FieldSpec};
use crate::id::Id;
use crate::resmap::ResMap;
use crate::schema::Schemas;

/// Which end of the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affix {
    /// In front.
    Prefix,
    /// Behind.
    Suffix,
}

/// Adds a text to names.
#[derive(Debug)]
pub(crate) struct Affixes {
    pub(crate) affix: Affix,
    pub(crate) text: String,
    pub(crate) specs: Vec<FieldSpec>,
}

impl Transformer for Affixes {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        for resource in map.iter_mut() {
            let id = resource.original_id().clone();
            if skips(&id) {
                continue;
            }
            for spec in self.specs.iter().filter(|spec| spec.gvk.selects_id(&id)) {
                if spec.path == "metadata/name" {
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
                        let new = match self.affix {
                            Affix::Prefix => format!("{}{old}", self.text),
                            Affix::Suffix => format!("{old}{}", self.text),
                        };
                        edit::set_scalar(field, Scalar::untyped(new))
                    })
                })?;
            }
        }
        Ok(())
    }
}

/// Kinds whose names have a meaning of their own.
fn skips(id: &Id) -> bool {
    matches!(&*id.kind, "CustomResourceDefinition" | "Namespace")
        || (&*id.kind == "APIService" && &*id.group == "apiregistration.k8s.io")
}
