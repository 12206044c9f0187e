//! `replicas`.

use manifest::yaml::{Scalar, Tag};

use super::transformer::Transformer;
use crate::edit;
use crate::error::{Error, Result};
use crate::fieldspec::{self, Create, FieldSpec};
use crate::kustomization::Replica;
use crate::resmap::ResMap;
use crate::schema::Schemas;

/// Sets the replica count of objects with a name.
#[derive(Debug)]
pub(crate) struct Replicas {
    pub(crate) replica: Replica,
    pub(crate) specs: Vec<FieldSpec>,
}

impl Transformer for Replicas {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        const OBJECTS_PER_STEP: usize = 8;
        let work = map.work().clone();
        let mut found = false;
        for spec in &self.specs {
            work.step(1 + map.len() / OBJECTS_PER_STEP)?;
            for resource in map.bodies_mut() {
                let fits = !resource.is_nil_or_empty()
                    && resource.ids().any(|id| *id.name == *self.replica.name && spec.gvk.selects_id(id));
                if !fits {
                    continue;
                }
                found = true;
                work.glance(resource.weight())?;
                let id = resource.id().clone();
                resource.edit_body(|node| {
                    fieldspec::apply(spec, &id, node, Create::Scalar(Tag::Int), &mut |field| {
                        edit::set_scalar(field, Scalar::typed(self.replica.count.to_string(), Tag::Int))
                    })
                })?;
            }
        }
        if found {
            return Ok(());
        }
        let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
        let kinds: Vec<String> = self
            .specs
            .iter()
            .map(|spec| {
                let gvk = &spec.gvk;
                format!(
                    "{}.{}.{}",
                    or(&gvk.kind, "[noKind]"),
                    or(&gvk.version, "[noVer]"),
                    or(&gvk.group, "[noGrp]")
                )
            })
            .collect();
        Err(Error::input(format!(
            "resource with name {} does not match a config with the following GVK [{}]",
            self.replica.name,
            kinds.join(" ")
        )))
    }
}
