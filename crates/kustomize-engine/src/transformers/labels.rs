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
use crate::work::{Growth, Work};

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
        let growth = Growth::new(map.work());
        map.iter_mut().try_for_each(|resource| self.change(resource, &growth))?;
        map.grown(growth.into_bytes())
    }
}

impl MetaTexts {
    /// Sets the keys on one object.
    pub(crate) fn change(&self, resource: &mut Resource, growth: &Growth) -> Result<()> {
        for (key, value) in &self.texts {
            // Every key is looked for among all others, and what changes together is made equal in the whole object.
            growth.work().glance(resource.weight())?;
            fieldspec::charge(&self.specs, growth.work())?;
            // What is added under one key is one node in the original: a later change reaches every place.
            let share = resource.next_share();
            let id = resource.id().clone();
            resource.edit(|node| {
                for spec in &self.specs {
                    fieldspec::apply(spec, &id, node, Create::Map, &mut |field| {
                        set(field, key, value, share, growth)
                    })?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// Sets one annotation as `commonAnnotations` does.
pub(crate) fn annotate(resource: &mut Resource, key: &str, value: &str, work: &Work) -> Result<()> {
    let growth = Growth::new(work);
    let spec = FieldSpec::new(GvkFilter::default(), "metadata/annotations", true);
    MetaTexts { texts: BTreeMap::from([(key.to_owned(), value.to_owned())]), specs: vec![spec] }
        .change(resource, &growth)?;
    // Whoever takes the object over weighs it.
    work.release(growth.into_bytes());
    Ok(())
}

fn set(field: &mut Node, key: &str, value: &str, share: u32, growth: &Growth) -> Result<()> {
    growth.add(2 * Node::WEIGHT + key.len() + value.len())?;
    growth.work().text(key.len() + value.len())?;
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
