//! A rule that is written as data, ready to be used: its expressions are read once, and what they cost for one object is
//! bounded. What follows from a state is `state`'s.

use std::collections::BTreeSet;

use api::health_rule::{HealthRuleSpec, MAX_STATES, RuleState, StateRule, Weight};
use expr::{CompileError, Expression, Gives, Limits};
use manifest::budget::{Budget, Cancel, Limits as Costs};
use serde_json::{Map, Value};

use super::decided_by::DecidedBy;
use super::rule_error::{RuleError, RuleProblem, cause};
use crate::kstatus::group_kind;

/// How large an expression and what it makes may be.
const LIMITS: Limits = Limits { text: 4096, nesting: 64, string: 64 << 10, elements: 10_000 };
/// What all expressions of a rule may cost for one object: some ten milliseconds.
const COSTS: Costs = Costs { steps: 100_000, bytes: 4 << 20 };
/// What no expression sees of a Secret or a ConfigMap.
const CONFIDENTIAL: [&str; 3] = ["data", "stringData", "binaryData"];
/// What every expression sees, empty where the object has none.
const ALWAYS: [&str; 3] = ["metadata", "spec", "status"];
/// What people write, and no controller's status.
const WRITTEN: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];

/// A rule whose expressions have been read.
#[derive(Clone, Debug)]
pub struct CompiledRule {
    name: DecidedBy,
    group: String,
    kinds: Vec<String>,
    observes_generation: bool,
    needs_status: bool,
    weight: Weight,
    states: Box<[CompiledState]>,
    otherwise: RuleState,
    /// Fields that are read, each by the names on the way to it.
    paths: Box<[Box<[Box<str>]>]>,
}

#[derive(Clone, Debug)]
struct CompiledState {
    state: RuleState,
    when: Expression,
    /// It is seen by what people write alone.
    by_wish: bool,
    reason: Option<Box<str>>,
    condition: Option<Box<str>>,
    message: Option<Expression>,
    hint: Option<Box<str>>,
}

/// What a rule says of an object.
pub(crate) enum Outcome<'a> {
    /// One of its states.
    Matched(Matched<'a>),
    /// None of them.
    Otherwise(RuleState),
    /// It cannot be told within bounds.
    TooCostly {
        /// The place of the state that was looked at.
        state: usize,
    },
}

/// The first state that holds.
pub(crate) struct Matched<'a> {
    pub(crate) state: RuleState,
    pub(crate) reason: Option<&'a str>,
    pub(crate) condition: Option<&'a str>,
    pub(crate) message: Option<String>,
    pub(crate) hint: Option<&'a str>,
}

impl CompiledRule {
    /// Reads a rule.
    ///
    /// # Errors
    /// When it is for no kind, an expression cannot be used, or one reads what no rule sees.
    pub fn compile(name: DecidedBy, spec: &HealthRuleSpec) -> Result<Self, RuleError> {
        let wrong =
            |problem| RuleError { rule: name.to_string().into(), kinds: kinds_of(spec).into(), problem };
        let compiled = compiled(spec).map_err(wrong)?;
        let paths: BTreeSet<Vec<String>> = compiled
            .iter()
            .flat_map(|state| [Some(&state.when), state.message.as_ref()])
            .flatten()
            .flat_map(Expression::reads)
            .collect();
        let boxed = |path: Vec<String>| path.into_iter().map(String::into_boxed_str).collect();
        Ok(Self {
            group: spec.group.clone(),
            kinds: spec.kinds.clone(),
            observes_generation: spec.observed_generation,
            needs_status: spec.needs_status,
            weight: spec.weight,
            states: compiled.into(),
            otherwise: spec.otherwise,
            paths: paths.into_iter().map(boxed).collect(),
            name,
        })
    }

    /// Whose rule it is.
    #[must_use]
    pub const fn name(&self) -> &DecidedBy {
        &self.name
    }

    /// Whether it is for a kind; the less certain ones have the greater number.
    #[must_use]
    pub fn covers(&self, group: &str, kind: &str) -> Option<u8> {
        let of_group = match self.group.strip_prefix("*.") {
            None => (self.group == group).then_some(0),
            Some(end) => {
                let is_below =
                    group.strip_suffix(end).is_some_and(|begin| begin.is_empty() || begin.ends_with('.'));
                is_below.then_some(2)
            }
        }?;
        if self.kinds.iter().any(|known| known == kind) {
            return Some(of_group);
        }
        self.kinds.iter().any(|known| known == "*").then_some(of_group + 1)
    }

    pub(crate) const fn weight(&self) -> Weight {
        self.weight
    }

    pub(crate) const fn observes_generation(&self) -> bool {
        self.observes_generation
    }

    pub(crate) const fn needs_status(&self) -> bool {
        self.needs_status
    }

    /// The fields that it reads of objects of a kind.
    pub(crate) fn reads(&self, group: &str, kind: &str) -> impl Iterator<Item = &[Box<str>]> {
        let confidential = is_confidential(group, kind);
        self.paths.iter().map(|path| &**path).filter(move |path| {
            !confidential || path.first().is_none_or(|first| !CONFIDENTIAL.contains(&&**first))
        })
    }

    /// What it says of an object. An expression that does not fit the object is false.
    pub(crate) fn evaluate(&self, object: &Value) -> Outcome<'_> {
        self.first(object, |_| true)
    }

    /// What it says of an object whose status says nothing of it: only states that are seen by what people write. Who
    /// suspends an object stops the controller that would write its status.
    pub(crate) fn evaluate_wish(&self, object: &Value) -> Outcome<'_> {
        self.first(object, |state| state.by_wish)
    }

    fn first(&self, object: &Value, counts: impl Fn(&CompiledState) -> bool) -> Outcome<'_> {
        let budget = Budget::new(COSTS, Cancel::default());
        let empty = Value::Object(Map::new());
        let bindings = bindings(object, &empty);
        for (index, state) in self.states.iter().enumerate().filter(|(_, state)| counts(state)) {
            match state.when.evaluate_bool(&bindings, &budget) {
                Ok(true) => {}
                Err(error) if error.exceeded().is_some() => return Outcome::TooCostly { state: index },
                Ok(false) | Err(_) => continue,
            }
            return Outcome::Matched(Matched {
                state: state.state,
                reason: state.reason.as_deref(),
                condition: state.condition.as_deref(),
                // What cannot be said is left unsaid: the state holds all the same.
                message: state.message.as_ref().and_then(|text| text.evaluate_text(&bindings, &budget).ok()),
                hint: state.hint.as_deref(),
            });
        }
        Outcome::Otherwise(self.otherwise)
    }
}

/// The object's fields as variables.
fn bindings<'a>(object: &'a Value, empty: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let (group, kind) = group_kind(object);
    let confidential = is_confidential(group, kind);
    let Value::Object(fields) = object else { return Vec::new() };
    let is_there = |value: &&Value| !value.is_null();
    let always = ALWAYS.iter().map(|name| (*name, fields.get(*name).filter(is_there).unwrap_or(empty)));
    let others = fields.iter().filter(|(name, _)| {
        let name = name.as_str();
        !(ALWAYS.contains(&name) || confidential && CONFIDENTIAL.contains(&name))
    });
    always.chain(others.map(|(name, value)| (name.as_str(), value))).collect()
}

fn is_confidential(group: &str, kind: &str) -> bool {
    group.is_empty() && matches!(kind, "Secret" | "ConfigMap")
}

fn kinds_of(spec: &HealthRuleSpec) -> String {
    let group = if spec.group.is_empty() { "the core group" } else { spec.group.as_str() };
    crate::wording::cut(&crate::wording::word(&format!("{} of {group}", spec.kinds.join(", "))), 200)
}

fn compiled(spec: &HealthRuleSpec) -> Result<Vec<CompiledState>, RuleProblem> {
    let end = spec.group.strip_prefix("*.").unwrap_or(&spec.group);
    let is_name = |name: &str| name.split('.').all(|label| !label.is_empty() && label.bytes().all(is_label));
    let is_core = spec.group.is_empty();
    if !is_core && (spec.group.len() > 253 || !is_name(end)) {
        return Err(RuleProblem::Group(spec.group.clone()));
    }
    if spec.kinds.is_empty() {
        return Err(RuleProblem::NoKinds);
    }
    let is_kind = |kind: &str| {
        kind == "*"
            || (!kind.is_empty() && kind.len() <= 63 && kind.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    if let Some(kind) = spec.kinds.iter().find(|kind| !is_kind(kind)) {
        return Err(RuleProblem::Kind(kind.clone()));
    }
    if spec.states.len() > MAX_STATES {
        return Err(RuleProblem::TooManyStates { count: spec.states.len(), limit: MAX_STATES });
    }
    let only_confidential = spec.kinds.iter().all(|kind| is_confidential(&spec.group, kind));
    let mut states = Vec::with_capacity(spec.states.len());
    for (index, rule) in spec.states.iter().enumerate() {
        let state = state(index, rule)?;
        if only_confidential {
            check_reads(index, &state)?;
        }
        states.push(state);
    }
    Ok(states)
}

const fn is_label(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'
}

fn state(index: usize, rule: &StateRule) -> Result<CompiledState, RuleProblem> {
    let wrong = |field, text: &str, error: &CompileError| RuleProblem::Expression {
        index,
        state: rule.state,
        field,
        text: text.to_owned(),
        cause: cause(error),
    };
    let boxed = |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(Box::from);
    let when = Expression::compile_giving(&rule.when, Gives::Bool, &LIMITS)
        .map_err(|error| wrong("when", &rule.when, &error))?;
    let reads = when.reads();
    let is_written = |path: &Vec<String>| path.first().is_some_and(|first| WRITTEN.contains(&first.as_str()));
    Ok(CompiledState {
        state: rule.state,
        by_wish: !reads.is_empty() && reads.iter().all(is_written),
        when,
        reason: boxed(&rule.reason),
        condition: boxed(&rule.condition),
        message: match &rule.message {
            Some(text) => Some(
                Expression::compile_giving(text, Gives::Text, &LIMITS)
                    .map_err(|error| wrong("message", text, &error))?,
            ),
            None => None,
        },
        hint: boxed(&rule.hint),
    })
}

/// Whether a state reads what is never bound for any of the rule's kinds, so that it could never hold.
fn check_reads(index: usize, state: &CompiledState) -> Result<(), RuleProblem> {
    for (field, expression) in [("when", Some(&state.when)), ("message", state.message.as_ref())] {
        let read = expression
            .into_iter()
            .flat_map(Expression::reads)
            .find(|path| path.first().is_some_and(|first| CONFIDENTIAL.contains(&first.as_str())));
        if let Some(path) = read {
            return Err(RuleProblem::Confidential { index, state: state.state, field, path: path.join(".") });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
