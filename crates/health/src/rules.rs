//! Which rule holds for an object: one row per kind, looked up by group and kind. Nothing is judged here, and nothing
//! is known of a kind that does not stand in its row.

mod built_in;
mod kind_rules;

use serde_json::Value;

pub use kind_rules::{ExplainFn, KindRules, Pods, StatusFn, StatusRule, Subject};

use crate::kstatus::group_kind;

/// The rules that objects are judged and explained by: those that are built in, and before them those that were added.
///
/// What is known of an object can be judged again by other rules as long as the object is kept. By a built-in rule an
/// object is judged once and for all; [`Self::is_built_in`] says where that holds.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    added: Vec<KindRules>,
}

impl Rules {
    /// Flux's rules, and nothing else.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: Rules = Rules { added: Vec::new() };
        &BUILT_IN
    }

    /// With a row that goes before all others for its kinds.
    #[must_use]
    pub fn with(mut self, row: KindRules) -> Self {
        self.added.insert(0, row);
        self
    }

    /// The row of a kind; that of all other kinds if it has none of its own. The version does not matter.
    #[must_use]
    pub fn of(&self, group: &str, kind: &str) -> &KindRules {
        self.added(group, kind).unwrap_or_else(|| built_in::row(group, kind))
    }

    /// The row of an object that carries apiVersion and kind.
    #[must_use]
    pub fn of_object(&self, object: &Value) -> &KindRules {
        let (group, kind) = group_kind(object);
        self.of(group, kind)
    }

    /// Whether an object is judged by a built-in rule, which says the same of it for ever.
    #[must_use]
    pub fn is_built_in(&self, object: &Value) -> bool {
        let (group, kind) = group_kind(object);
        self.added(group, kind).is_none()
    }

    /// Whether an object is removed some time after it has finished, so that its absence is no failure.
    #[must_use]
    pub fn has_ttl(&self, object: &Value) -> bool {
        self.of_object(object).has_ttl(object)
    }

    fn added(&self, group: &str, kind: &str) -> Option<&KindRules> {
        self.added.iter().find(|row| row.covers(group, kind))
    }
}
