//! `ValueAddTransformer`: a value at a path, or a part of a path in a value.

use manifest::yaml::{Node, Scalar};

use super::transformer::Transformer;
use super::{Namespace, SubjectMode};
use crate::decode::decode_struct;
use crate::edit;
use crate::error::{Error, Result};
use crate::fields;
use crate::kustomization::Selector;
use crate::resmap::ResMap;
use crate::schema::Schemas;
use crate::selector::select;
use crate::work::Growth;

/// One target.
#[derive(Debug, Default, Clone)]
pub(crate) struct ValueTarget {
    selector: Option<Selector>,
    field_path: String,
    file_path_position: i64,
}

decode_struct!(ValueTarget, "Target", {
    "selector" => selector,
    "fieldPath" => field_path,
    "filePathPosition" => file_path_position,
});

/// Adds a value.
#[derive(Debug)]
pub(crate) struct ValueAdd {
    pub(crate) value: String,
    pub(crate) targets: Vec<ValueTarget>,
}

impl ValueAdd {
    /// Checks what upstream checks.
    pub(crate) fn check(&self) -> Result<()> {
        if self.targets.is_empty() {
            return Err(Error::input("must specify at least one target"));
        }
        for target in &self.targets {
            if target.field_path.is_empty() {
                return Err(Error::input("fieldPath cannot be empty"));
            }
            if target.file_path_position < 0 {
                return Err(Error::input(format!(
                    "value of FilePathPosition ({}) cannot be negative",
                    target.file_path_position
                )));
            }
        }
        Ok(())
    }

    fn set(&self, node: &mut Node, target: &ValueTarget) -> Result<()> {
        let path = edit::split_path_keep_empty(&target.field_path, '/');
        edit::check_path(path.len())?;
        let field = fields::lookup_create_scalar(node, &path)?;
        let Some(field) = field else { return Ok(()) };
        let old = match field {
            Node::Scalar(scalar) => scalar.text.clone(),
            other => return Err(edit::wrong_kind("ScalarNode", other)),
        };
        let value = match usize::try_from(target.file_path_position) {
            Ok(position) if position > 0 => insert_part(&old, position - 1, &self.value),
            _ => self.value.clone(),
        };
        edit::set_scalar(field, Scalar::untyped(value))
    }
}

impl Transformer for ValueAdd {
    fn run(&self, map: &mut ResMap, _: &Schemas) -> Result<()> {
        let work = map.work().clone();
        for target in &self.targets {
            let positions = match &target.selector {
                None => (0..map.len()).collect(),
                Some(selector) => select(map, selector)?,
            };
            for position in positions {
                map.change(position, |resource| {
                    if target.field_path == "metadata/namespace" {
                        let growth = Growth::new(&work);
                        Namespace {
                            namespace: self.value.clone(),
                            specs: Vec::new(),
                            unset_only: false,
                            subjects: SubjectMode::DefaultOnly,
                        }
                        .change(resource, &growth)?;
                        // The object is weighed after this.
                        work.release(growth.into_bytes());
                        return Ok(());
                    }
                    work.walk(resource.weight() + target.field_path.len())?;
                    let _new = work.held(self.value.len())?;
                    resource.edit(|node| self.set(node, target))
                })?;
            }
        }
        Ok(())
    }
}

/// Puts a part into a file path.
fn insert_part(path: &str, position: usize, part: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}
