//! What is beside the objects in files: the other objects in them.

use std::sync::Arc;

use health::beside::{Beside, Kin};
use health::learned::{Learned, Profile};
use jiff::Timestamp;
use serde_json::Value;

use super::input::Object;

/// All objects, for each other.
#[derive(Debug)]
pub(super) struct Around {
    objects: Vec<Arc<Value>>,
    learned: Learned,
}

impl Around {
    /// What these objects are to each other.
    pub(super) fn of(objects: &[Object], now: Timestamp) -> Self {
        let mut learned = Learned::default();
        for object in objects {
            learned.saw(object.object.value(), now);
        }
        Self {
            objects: objects.iter().map(|object| Arc::new(object.object.value().clone())).collect(),
            learned,
        }
    }

    fn are(&self, kin: Kin) -> impl Iterator<Item = &Arc<Value>> {
        let (group, _, kind) = kin.kind();
        self.objects.iter().filter(move |object| {
            let version = object.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
            let of = version.split_once('/').map_or("", |(group, _)| group);
            of == group && object.get("kind").and_then(Value::as_str) == Some(kind)
        })
    }
}

impl Beside for Around {
    /// Where there is none of a kind in the files, it was not asked for, so that nothing is known of it.
    fn list(&self, kin: Kin, namespace: &str) -> Option<Vec<Arc<Value>>> {
        self.are(kin).next()?;
        let is_there = |object: &&Arc<Value>| {
            let of = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
            of == namespace || of.is_empty()
        };
        Some(self.are(kin).filter(is_there).cloned().collect())
    }

    fn profile(&self, object: &Value) -> Profile {
        self.learned.profile(object)
    }
}
