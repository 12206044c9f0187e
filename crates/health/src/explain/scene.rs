//! Where an object stands: its namespace, what is known beside it, and the time. And the names of objects as `kubectl`
//! takes them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::beside::{Beside, Kin, Nothing};
use crate::kstatus::text;
use crate::wording;

/// What surrounds an object that is explained.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Its namespace; empty for what has none.
    pub namespace: &'a str,
    /// What is known beside it.
    pub beside: &'a dyn Beside,
    /// The time; without it nothing is said that depends on how long something lasts.
    pub now: Option<Timestamp>,
}

impl std::fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene")
            .field("namespace", &self.namespace)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Scene<'_> {
    /// Nothing is known around the object.
    pub const BARE: Scene<'static> = Scene { namespace: "", beside: &Nothing, now: None };

    /// What is known of a kind in the namespace of the object.
    pub(crate) fn list(&self, kin: Kin) -> Option<Vec<Arc<Value>>> {
        self.beside.list(kin, self.namespace)
    }

    /// How many seconds ago a time was; none for what is to come.
    pub(crate) fn seconds_since(&self, time: &str) -> Option<i64> {
        let then: Timestamp = time.parse().ok()?;
        let seconds = self.now?.duration_since(then).as_secs();
        (seconds >= 0).then_some(seconds)
    }

    /// `kubectl`, with the namespace where there is one.
    pub(crate) fn kubectl(&self) -> String {
        if self.namespace.is_empty() {
            "kubectl".to_owned()
        } else {
            format!("kubectl -n {}", self.namespace)
        }
    }

    /// `kubectl -n apps describe deployment.apps web`.
    pub(crate) fn describe(&self, object: &Value) -> String {
        let name = text(object, &["metadata", "name"]).unwrap_or("NAME");
        format!("{} describe {} {}", self.kubectl(), resource(object), wording::word(name))
    }
}

/// The kind of an object as `kubectl` takes it: `deployment.apps`, `pod`.
pub(crate) fn resource(object: &Value) -> String {
    let (group, kind) = crate::kstatus::group_kind(object);
    named(group, kind)
}

/// A kind as `kubectl` takes it.
pub(crate) fn named(group: &str, kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    let full = if group.is_empty() { kind } else { format!("{kind}.{group}") };
    wording::word(&full)
}
