//! The form of a library's file, and what an entry of it says as a HealthRule.

use api::health_rule::{HealthRuleSpec, RuleState, StateRule, Weight};
use serde::Deserialize;

use super::shorthand::{self, Written};

/// A file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) rules: Vec<WrittenEntry>,
}

/// An entry as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WrittenEntry {
    group: String,
    kinds: Vec<String>,
    #[serde(default = "yes")]
    observed_generation: bool,
    #[serde(default)]
    needs_status: bool,
    #[serde(default)]
    weight: Weight,
    since: String,
    states: Option<Vec<Written>>,
    pattern: Option<Pattern>,
    #[serde(default)]
    otherwise: RuleState,
}

/// States that many kinds have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Pattern {
    /// Ready says whether it is well.
    Ready,
    /// As the kinds of the GitOps Toolkit.
    Flux,
}

const fn yes() -> bool {
    true
}

/// An entry of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file that it stands in.
    pub file: String,
    /// From which documentation it was written.
    pub since: String,
    /// What it says, with every shorthand written out.
    pub spec: HealthRuleSpec,
    /// What each state is seen by, as it is written: `condition Ready is True`, `status.phase is Failed or Error`, or CEL.
    pub seen_by: Vec<String>,
}

/// An entry with every shorthand written out.
pub(super) fn resolved(file: &str, written: WrittenEntry) -> Result<Entry, String> {
    if written.since.trim().is_empty() {
        return Err("since is empty: say from which documentation the rule was written".to_owned());
    }
    let states = match (written.states, written.pattern) {
        (Some(states), None) => states,
        (None, Some(Pattern::Ready)) => shorthand::ready(),
        (None, Some(Pattern::Flux)) => shorthand::flux(),
        (Some(_), Some(_)) => return Err("states and pattern exclude each other".to_owned()),
        (None, None) => return Err("neither states nor pattern is given".to_owned()),
    };
    let mut spec = HealthRuleSpec {
        group: written.group,
        kinds: written.kinds,
        observed_generation: written.observed_generation,
        needs_status: written.needs_status,
        weight: written.weight,
        states: Vec::with_capacity(states.len()),
        otherwise: written.otherwise,
    };
    let mut seen_by = Vec::with_capacity(states.len());
    for (index, state) in states.into_iter().enumerate() {
        let (rule, seen) = shorthand::rule(state, spec.observed_generation)
            .map_err(|problem| format!("states[{index}]: {problem}"))?;
        let rule: StateRule = rule;
        spec.states.push(rule);
        seen_by.push(seen);
    }
    Ok(Entry { file: file.to_owned(), since: written.since, spec, seen_by })
}
