//! Expressions that say whether an object is meant. How they are evaluated is `expr`'s.

use expr::{CompileError, EvaluateError, Expression, Limits};
use manifest::budget::{Budget, Cancel, Limits as Cost};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// What the evaluation for one object may cost.
const COST: Cost = Cost { steps: 1_000_000, bytes: 16 << 20 };

/// An expression over `res`, an object's metadata, and `req`, the body of a request.
#[derive(Clone, Debug)]
pub struct Filter(Expression);

/// Why it is not known whether an object is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct FilterError(#[from] EvaluateError);

impl Filter {
    /// Of a spec; none of an empty text.
    pub(crate) fn of(text: Option<&str>) -> Result<Option<Self>, CompileError> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        Expression::compile_checked(text, &["res", "req"], &Limits::default()).map(|found| Some(Self(found)))
    }

    /// Whether the object is meant. `request` is [`Event::request`](crate::Event::request)'s.
    ///
    /// # Errors
    /// The expression does not fit the two, or costs too much.
    pub fn accepts(&self, object: &Value, request: &Value) -> Result<bool, FilterError> {
        let budget = Budget::new(COST, Cancel::default());
        Ok(self.0.evaluate_bool(&[("res", object), ("req", request)], &budget)?)
    }
}
