//! `spec.healthCheckExprs` of a Kustomization as rules for its own objects. Pure. Those that cannot be used are
//! kustomize-controller's to report; here they say nothing.

use std::sync::Arc;

use api::health_rule::{HealthRuleSpec, RuleState, StateRule};
use api::kustomization::CustomHealthCheck;
use health::{CompiledRule, DecidedBy};

/// Expressions of one Kustomization that are read.
const MOST: usize = 100;

/// Reads them; `name` is the Kustomization's, as `namespace/name`.
#[must_use]
pub fn own_rules(name: &str, exprs: &[CustomHealthCheck]) -> Vec<Arc<CompiledRule>> {
    let name: Arc<str> = name.into();
    let compiled = |check: &CustomHealthCheck| {
        CompiledRule::compile(DecidedBy::Kustomization(Arc::clone(&name)), &spec_of(check)).ok()
    };
    exprs.iter().take(MOST).filter_map(compiled).map(Arc::new).collect()
}

/// An entry as a rule, in the order in which Flux asks (contracts/health-and-policy.md C): in progress, failed, current,
/// and otherwise in progress.
fn spec_of(check: &CustomHealthCheck) -> HealthRuleSpec {
    let group = check.api_version.split_once('/').map_or("", |(group, _)| group);
    let state = |state: RuleState, when: Option<&String>| {
        let when = when.filter(|when| !when.is_empty())?;
        Some(StateRule {
            state,
            when: when.clone(),
            condition: Some("Ready".to_owned()),
            ..StateRule::default()
        })
    };
    let states = [
        state(RuleState::Progressing, check.in_progress.as_ref()),
        state(RuleState::Degraded, check.failed.as_ref()),
        state(RuleState::Healthy, Some(&check.current)),
    ];
    HealthRuleSpec {
        group: group.to_owned(),
        kinds: vec![check.kind.clone().filter(|kind| !kind.is_empty()).unwrap_or_else(|| "*".to_owned())],
        observed_generation: true,
        states: states.into_iter().flatten().collect(),
        otherwise: RuleState::Progressing,
        ..HealthRuleSpec::default()
    }
}

#[cfg(test)]
mod tests;
