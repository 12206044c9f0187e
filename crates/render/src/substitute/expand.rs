//! One text: parsed, evaluated, checked.

use manifest::budget::Budget;

use super::error::Problem;
use super::expression;
use super::value::{Evaluation, Spent};
use super::variables::Variables;

/// A text with all expressions evaluated. What is made on the way is held while it is made; the result is the caller's to
/// hold.
///
/// # Errors
/// When an expression cannot be read, a variable is not set in strict mode, a character is split, or it costs too much.
pub(crate) fn expand(
    text: &str,
    variables: &Variables,
    strict: bool,
    budget: &Budget,
) -> Result<String, Problem> {
    let parts = expression::parse(text, budget)?;
    let spent = Spent::new(budget);
    let mut evaluation = Evaluation::new(variables, &spent);
    let expanded = evaluation.text(&parts)?;
    if strict && !evaluation.missing.is_empty() {
        return Err(Problem::NotSet(evaluation.missing));
    }
    String::from_utf8(expanded).map_err(|error| Problem::not_utf8(&error.utf8_error(), error.as_bytes()))
}
