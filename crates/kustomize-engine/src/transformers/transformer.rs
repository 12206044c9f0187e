//! What all transformers have in common.

use crate::error::Result;
use crate::resmap::ResMap;
use crate::schema::Schemas;

/// One configured transformer.
pub(crate) trait Transformer {
    /// Changes the objects.
    fn run(&self, map: &mut ResMap, schemas: &Schemas) -> Result<()>;

    /// Whether it merges, for which schemas are read.
    fn merges(&self) -> bool {
        false
    }
}
