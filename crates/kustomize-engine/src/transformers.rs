//! The built-in transformers. Each has its settings read before any runs, as upstream does.

mod affixes;
mod images;
mod labels;
mod namespace;
mod patches;
mod replicas;
mod sort;
mod value_add;

pub(crate) use affixes::{Affix, Affixes};
pub(crate) use images::Images;
pub(crate) use labels::MetaTexts;
pub(crate) use namespace::{Namespace, SubjectMode};
pub(crate) use patches::{Json6902, Patches, StrategicMerge};
pub(crate) use replicas::Replicas;
pub(crate) use sort::{Order, legacy_rank, sort};
pub(crate) use value_add::{ValueAdd, ValueTarget};

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
