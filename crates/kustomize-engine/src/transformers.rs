//! The built-in transformers. Each has its settings read before any runs, as upstream does.

mod affixes;
mod images;
mod labels;
mod namespace;
mod patches;
mod replicas;
mod sort;
mod transformer;
mod value_add;

pub(crate) use affixes::{Affix, Affixes};
pub(crate) use images::Images;
pub(crate) use labels::{MetaTexts, annotate};
pub(crate) use namespace::{Namespace, SubjectMode};
pub(crate) use patches::{Json6902, Patches, StrategicMerge};
pub(crate) use replicas::Replicas;
pub(crate) use sort::{Order, sort};
pub(crate) use transformer::Transformer;
pub(crate) use value_add::{ValueAdd, ValueTarget};
