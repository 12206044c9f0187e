//! Which rule holds for an object. For Flux's verdict and for what explains it: one row per kind, looked up by group and
//! kind. For our richer states: HealthRules and the library, which are data. Nothing is judged here.

mod built_in;
mod compiled;
mod decided_by;
mod kind_rules;
pub mod library;
mod rule_error;

use std::sync::Arc;

use api::health_rule::HealthRuleSpec;
use serde_json::Value;

pub use compiled::CompiledRule;
pub(crate) use compiled::{Matched, Outcome};
pub use decided_by::DecidedBy;
pub use kind_rules::{ExplainFn, KindRules, Pods, StatusFn, StatusRule, Subject};
pub use rule_error::{RuleError, RuleProblem};

use crate::kstatus::group_kind;
use library::Library;

/// The rules that objects are judged and explained by: those that are built in, and before them those that were added.
///
/// What is known of an object can be judged again by other rules as long as the object is kept. By a built-in rule an
/// object is judged once and for all; [`Self::is_built_in`] says where that holds. Clones share what is large.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    added: Vec<KindRules>,
    health_rules: Vec<Arc<CompiledRule>>,
    library: Option<&'static Library>,
}

impl Rules {
    /// Flux's rules, and nothing else.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: Rules = Rules { added: Vec::new(), health_rules: Vec::new(), library: None };
        &BUILT_IN
    }

    /// Flux's rules for Ready, and the library that is built in for our richer states.
    #[must_use]
    pub fn with_library() -> Self {
        Self { library: Some(Library::built_in()), ..Self::default() }
    }

    /// With these HealthRules, by name, in place of those that were there; for each of them why it cannot be used, if it
    /// cannot. One that cannot be used judges nothing.
    #[must_use]
    pub fn with_health_rules(
        self,
        rules: Vec<(String, HealthRuleSpec)>,
    ) -> (Self, Vec<Result<(), RuleError>>) {
        let mut usable = Vec::new();
        let results = rules
            .into_iter()
            .map(|(name, spec)| {
                let rule = CompiledRule::compile(DecidedBy::HealthRule(name.into()), &spec)?;
                usable.push(Arc::new(rule));
                Ok(())
            })
            .collect();
        (self.with_compiled(usable), results)
    }

    /// With these rules as HealthRules, in place of those that were there. A Kustomization's own go before all others; of
    /// two that are for a kind with the same certainty, the one whose name comes first decides.
    #[must_use]
    pub fn with_compiled(mut self, mut rules: Vec<Arc<CompiledRule>>) -> Self {
        rules.sort_by_key(|rule| rule.name().to_string());
        self.health_rules = rules;
        self
    }

    /// The library with the rules for all objects, and with those of one Kustomization for its own.
    #[must_use]
    pub fn assembled(for_all: &[Arc<CompiledRule>], own: &[Arc<CompiledRule>]) -> Self {
        Self::with_library().with_compiled(for_all.iter().chain(own).map(Arc::clone).collect())
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

    /// The HealthRule that is for a kind, the most certain.
    pub(crate) fn health_rule(&self, group: &str, kind: &str) -> Option<&CompiledRule> {
        self.health_rules
            .iter()
            .filter_map(|rule| Some((rule.covers(group, kind)?, rule.as_ref())))
            .min_by_key(|(certainty, rule)| (rule.name().rank(), *certainty))
            .map(|(_, rule)| rule)
    }

    /// The library's rule that is exactly for a kind.
    pub(crate) fn of_library(&self, group: &str, kind: &str) -> Option<&CompiledRule> {
        self.library.and_then(|library| library.of_kind(group, kind))
    }

    /// The library's rule for a group, or for many.
    pub(crate) fn of_group(&self, group: &str, kind: &str) -> Option<&CompiledRule> {
        self.library.and_then(|library| library.of_group(group, kind))
    }

    /// The fields that the rules that are data read of objects of a kind.
    pub(crate) fn reads<'a>(
        &'a self,
        group: &str,
        kind: &str,
    ) -> impl Iterator<Item = &'a [Box<str>]> + use<'a> {
        let rule = self
            .health_rule(group, kind)
            .or_else(|| self.of_library(group, kind))
            .or_else(|| self.of_group(group, kind));
        let paths: Vec<&[Box<str>]> = rule.map(|rule| rule.reads(group, kind).collect()).unwrap_or_default();
        paths.into_iter()
    }

    /// Whether a row was added for a kind.
    pub(crate) fn has_added(&self, group: &str, kind: &str) -> bool {
        self.added(group, kind).is_some()
    }

    fn added(&self, group: &str, kind: &str) -> Option<&KindRules> {
        self.added.iter().find(|row| row.covers(group, kind))
    }
}
