//! Labels and annotations: the same text at several fields of an object.

use std::collections::BTreeMap;

use manifest::yaml::{Node, Scalar};

use super::transformer::Transformer;
use crate::edit;
use crate::error::Result;
use crate::fieldspec::{self, Create, FieldSpec, GvkFilter};
use crate::resmap::ResMap;
use crate::resource::Resource;
use crate::schema::Schemas;

/// Sets keys to strings.
#[derive(Debug)]
pub(crate) struct MetaTexts {
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) specs: Vec<FieldSpec>,
}

impl Transformer for MetaTexts {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        if self.texts.is_empty() {
            return Ok(());
        }
        map.iter_mut().try_for_each(|resource| self.change(resource))
    }
}

impl MetaTexts {
    /// Sets the keys on one object.
    pub(crate) fn change(&self, resource: &mut Resource) -> Result<()> {
        for (key, value) in &self.texts {
            // What is added under one key is one node in the original: a later change reaches every place.
            let share = resource.next_share();
            let id = resource.id().clone();
            resource.edit(|node| {
                for spec in &self.specs {
                    fieldspec::apply(spec, &id, node, Create::Map, &mut |field| {
                        set(field, key, value, share)
                    })?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Sets one annotation as `commonAnnotations` does.
pub(crate) fn annotate(resource: &mut Resource, key: &str, value: &str) -> Result<()> {
    let spec = FieldSpec::new(GvkFilter::default(), "metadata/annotations", true);
    MetaTexts { texts: BTreeMap::from([(key.to_owned(), value.to_owned())]), specs: vec![spec] }
        .change(resource)
}

fn set(field: &mut Node, key: &str, value: &str, share: u32) -> Result<()> {
    if key.is_empty() {
        return edit::set_scalar(field, Scalar::string(value));
    }
    match field {
        Node::Map(map) => {
            let added = edit::put_field(map, key, Node::string(value), manifest::yaml::Style::Plain);
            if added && let Some(Node::Scalar(scalar)) = map.get_mut(key) {
                scalar.share = share;
            }
            Ok(())
        }
        // The original appends to the null's content, which is never written.
        Node::Scalar(scalar) if scalar.is_null() => Ok(()),
        other => Err(edit::wrong_kind("MappingNode", other)),
    }
}
