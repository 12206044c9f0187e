//! Expressions that say whether an object is meant. How they are evaluated is `expr`'s.

use expr::{CompileError, EvaluateError, Expression, Limits};
use manifest::budget::{Budget, Cancel, Exceeded, Limits as Cost};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// What all evaluations for one request may cost: some seconds of one core, though five thousand objects are looked at.
const COST: Cost = Cost { steps: 10_000_000, bytes: 16 << 20 };

/// What the filters of one request may cost together; `cancel` ends them.
#[must_use]
pub fn budget(cancel: Cancel) -> Budget {
    Budget::new(COST, cancel)
}

/// An expression over `res`, an object's metadata, and `req`, the body of a request. Clones share it.
#[derive(Clone, Debug)]
pub struct Filter(Expression);

/// Why it is not known whether an object is meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct FilterError(#[from] EvaluateError);

impl FilterError {
    /// Whether nothing is left of the budget, so that the next object would come to the same.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        matches!(self.0, EvaluateError::Exceeded { exceeded: Exceeded::Steps(_) | Exceeded::Cancelled, .. })
    }
}

impl Filter {
    /// Of a spec; none of an empty text.
    pub(crate) fn of(text: Option<&str>) -> Result<Option<Self>, CompileError> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        Expression::compile_checked(text, &["res", "req"], &Limits::default()).map(|found| Some(Self(found)))
    }

    /// Whether the object is meant. `request` is [`Event::request`](crate::Event::request)'s. It does not yield: it is for
    /// threads that may be busy.
    ///
    /// # Errors
    /// The expression does not fit the two, or nothing is left of the budget.
    pub fn accepts(&self, object: &Value, request: &Value, budget: &Budget) -> Result<bool, FilterError> {
        Ok(self.0.evaluate_bool(&[("res", object), ("req", request)], budget)?)
    }
}
