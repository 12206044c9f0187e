//! The expressions of a Kustomization in CEL: when objects of a kind are healthy, and when a dependency is ready
//! (contracts/kustomize-controller.md 5.5, 17.2, 18). Pure; what CEL means is `expr`'s, and what follows is the run's.

use api::kustomization::{CustomHealthCheck, KustomizationSpec};
use expr::{CompileError, EvaluateError, Expression, Limits};
use health::kstatus::Status;
use manifest::ObjectId;
use manifest::budget::{Budget, Cancel, Limits as BudgetLimits};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What one evaluation may cost: some milliseconds, and less memory than a large object takes.
const COST: BudgetLimits = BudgetLimits { steps: 100_000, bytes: 16 << 20 };

fn budget() -> Budget {
    Budget::new(COST, Cancel::default())
}

/// How the objects of some kinds are judged; what is not in it is judged by kstatus. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct HealthExpressions(Arc<Vec<OfKind>>);

#[derive(Debug)]
struct OfKind {
    /// `None` for a version that none can be read from: it matches nothing.
    group: Option<String>,
    /// `None` for all of the group.
    kind: Option<String>,
    current: Expression,
    in_progress: Option<Expression>,
    failed: Option<Expression>,
}

impl HealthExpressions {
    /// Those of a spec.
    ///
    /// # Errors
    /// With Flux's words for the first that cannot be read, and for a second one of a kind.
    pub(crate) fn read(checks: &[CustomHealthCheck]) -> Result<Self, String> {
        let mut kinds = BTreeSet::new();
        let mut all = Vec::with_capacity(checks.len());
        for (index, check) in checks.iter().enumerate() {
            let problem = |text: String| {
                format!("failed to create custom status evaluator for healthchecks[{index}]: {text}")
            };
            let (group, kind) = (group_of(&check.api_version), given(check.kind.as_ref()));
            if group.is_some() && !kinds.insert((group.clone(), kind.clone())) {
                let name = kind.unwrap_or_default();
                let kind = match group.as_deref().unwrap_or_default() {
                    "" => name,
                    group => format!("{name}.{group}"),
                };
                return Err(format!(
                    "duplicate custom health check for GroupKind {kind} at healthchecks[{index}]"
                ));
            }
            if check.current.is_empty() {
                return Err(problem("expression Current not specified".to_owned()));
            }
            let read = |name: &str, text: &str| {
                let parsed = Expression::compile(text, &Limits::default());
                parsed.map_err(|error| problem(format!("failed to parse the expression {name}: {error}")))
            };
            let optional =
                |name: &str, text: Option<&String>| given(text).map(|text| read(name, &text)).transpose();
            all.push(OfKind {
                group,
                kind,
                current: read("Current", &check.current)?,
                in_progress: optional("InProgress", check.in_progress.as_ref())?,
                failed: optional("Failed", check.failed.as_ref())?,
            });
        }
        Ok(Self(Arc::new(all)))
    }

    /// Whether objects of that kind are judged here.
    pub(crate) fn covers(&self, id: &ObjectId) -> bool {
        self.of(&id.group, &id.kind).is_some()
    }

    fn of(&self, group: &str, kind: &str) -> Option<&OfKind> {
        let matches = |of: &&OfKind| of.group.as_deref() == Some(group);
        let exact = self.0.iter().filter(matches).find(|of| of.kind.as_deref() == Some(kind));
        exact.or_else(|| self.0.iter().filter(matches).find(|of| of.kind.is_none()))
    }

    /// The state of an object, and why it cannot be told; `None` where kstatus has to say.
    pub(crate) fn judge(&self, object: &Value) -> Option<(Status, Option<String>)> {
        if self.0.is_empty() {
            return None;
        }
        let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
        let group = group_of(text("apiVersion"))?;
        let of = self.of(&group, text("kind"))?;
        Some(match of.status(object) {
            Ok(status) => (status, None),
            Err(error) => (Status::Unknown, Some(error.to_string())),
        })
    }
}

impl OfKind {
    fn status(&self, object: &Value) -> Result<Status, EvaluateError> {
        let number = |pointer: &str| object.pointer(pointer).and_then(Value::as_i64);
        let observed = number("/status/observedGeneration");
        if observed.is_some_and(|observed| Some(observed) != number("/metadata/generation")) {
            return Ok(Status::InProgress);
        }
        let fields: Vec<(&str, &Value)> =
            object.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value)).collect();
        let rules = [
            (self.in_progress.as_ref(), Status::InProgress),
            (self.failed.as_ref(), Status::Failed),
            (Some(&self.current), Status::Current),
        ];
        for (expression, status) in rules {
            if let Some(expression) = expression
                && expression.evaluate_bool(&fields, &budget())?
            {
                return Ok(status);
            }
        }
        Ok(Status::InProgress)
    }
}

/// Whether a dependency is ready by an expression over both.
///
/// # Errors
/// The expression's author's fault, or that it does not fit these objects.
pub(crate) fn is_ready(text: &str, dependent: &Value, dependency: &Value) -> Result<bool, ReadyError> {
    let expression = Expression::compile_checked(text, &["self", "dep"], &Limits::default())?;
    Ok(expression.evaluate_bool(&[("self", dependent), ("dep", dependency)], &budget())?)
}

/// Why an expression does not say whether a dependency is ready.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadyError {
    /// It never will.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Not for these objects.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}

/// What makes objects healthy in other ways than before: verdicts of before do not count where this differs.
pub(crate) fn fingerprint(spec: &KustomizationSpec) -> Vec<u8> {
    serde_json::to_vec(&spec.health_check_exprs).unwrap_or_default()
}

/// The group of an apiVersion, as Go reads it.
fn group_of(api_version: &str) -> Option<String> {
    match api_version.split_once('/') {
        None => Some(String::new()),
        Some((_, version)) if version.contains('/') => None,
        Some((group, _)) => Some(group.to_owned()),
    }
}

/// An empty text is none.
fn given(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

#[cfg(test)]
mod tests;
