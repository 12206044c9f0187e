//! `spec.healthCheckExprs` of a Kustomization as rules, kept with what they were made of. Pure.

use std::sync::Arc;

use api::kustomization::CustomHealthCheck;
use convergence::own_rules;
use health::CompiledRule;
use reconcile_core::ObjectKey;
use reconcile_core::watch_pool::WatchedKind;

#[cfg(test)]
mod tests;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Checks {
    exprs: Arc<[CustomHealthCheck]>,
    rules: Vec<Arc<CompiledRule>>,
}

impl Checks {
    /// Reads them.
    pub(super) fn compile(key: &ObjectKey, exprs: &[CustomHealthCheck]) -> Self {
        Self { exprs: exprs.into(), rules: own_rules(&key.to_string(), exprs) }
    }

    pub(super) fn exprs(&self) -> &[CustomHealthCheck] {
        &self.exprs
    }

    pub(super) fn rules(&self) -> &[Arc<CompiledRule>] {
        &self.rules
    }

    pub(super) fn is_empty(&self) -> bool {
        self.exprs.is_empty()
    }

    /// Whether one of them is for a kind.
    pub(super) fn cover(&self, kind: &WatchedKind) -> bool {
        self.rules.iter().any(|rule| rule.covers(&kind.group, &kind.kind).is_some())
    }
}
