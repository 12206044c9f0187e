//! Warnings that others have recorded of an object. They are repeated and come in any order, so that what is taken from
//! them depends on neither.

use std::sync::Arc;

use serde_json::Value;

use super::scene::Scene;
use crate::beside::Kin;
use crate::kstatus::text;
use crate::wording;

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Warning {
    pub(super) reason: String,
    /// In the words of whoever recorded it: not fit to be shown.
    pub(super) message: String,
    /// The field of the object that it is about, as `spec.containers{app}`.
    pub(super) field: String,
}

impl Warning {
    /// `FailedMount: …`, fit to be shown.
    pub(super) fn shown(&self) -> String {
        format!("event {}: {}", wording::word(&self.reason), wording::quoted(&self.message))
    }

    /// The container that it is about.
    pub(super) fn is_of_container(&self, name: &str) -> bool {
        self.field.is_empty() || self.field.ends_with(&format!("{{{name}}}"))
    }
}

/// The warnings about an object, in the order of their texts; empty where none are known.
pub(super) fn about(object: &Value, kind: &str, scene: &Scene<'_>) -> Vec<Warning> {
    let Some(events) = scene.list(Kin::Event) else { return Vec::new() };
    let mut found: Vec<Warning> =
        events.iter().filter(|event| concerns(event, object, kind)).map(warning).collect();
    found.sort();
    found.dedup();
    found
}

fn concerns(event: &Arc<Value>, object: &Value, kind: &str) -> bool {
    let of = |field: &str| text(event, &["involvedObject", field]);
    let own = |field: &str| text(object, &["metadata", field]);
    let same = of("kind") == Some(kind) && of("name").is_some() && of("name") == own("name");
    let uids = (of("uid"), own("uid"));
    // What was recorded of a former object of that name says nothing of this one.
    same && !matches!(uids, (Some(a), Some(b)) if !a.is_empty() && a != b)
}

fn warning(event: &Arc<Value>) -> Warning {
    let own = |path: &[&str]| text(event, path).unwrap_or_default().to_owned();
    Warning {
        reason: own(&["reason"]),
        message: own(&["message"]),
        field: own(&["involvedObject", "fieldPath"]),
    }
}
