//! Facts of CEL's language definition and of its libraries, as tables: an expression, and `true`, `false` or the error that
//! it ends with.

mod collections;
mod hostile;
mod kubernetes;
mod language;
mod library;
mod numbers;
mod optionals;
mod texts;

use manifest::budget::{Budget, Cancel, Limits as Cost};
use serde_json::{Value as Json, json};

use super::{Expression, Limits};
use crate::{CompileError, EvaluateError};

pub(super) fn limited(steps: u64, bytes: u64) -> Budget {
    Budget::new(Cost { steps, bytes }, Cancel::default())
}

pub(super) fn evaluate(text: &str, object: &Json) -> Result<bool, EvaluateError> {
    let expression = Expression::compile(text, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    let fields: Vec<(&str, &Json)> =
        object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)).collect();
    let budget = limited(100_000, 1 << 24);
    let result = expression.evaluate_bool(&fields, &budget);
    assert_eq!(budget.held(), 0, "{text}");
    result
}

/// What an expression gives: `true`, `false`, `not a boolean`, or the cause of its error.
pub(super) fn said(text: &str, object: &Json) -> String {
    match evaluate(text, object) {
        Ok(value) => value.to_string(),
        Err(EvaluateError::Failed { cause, .. }) => cause,
        Err(EvaluateError::NotBool { .. }) => "not a boolean".to_owned(),
        Err(error @ EvaluateError::NotText { .. }) => error.to_string(),
        Err(EvaluateError::Exceeded { exceeded, .. }) => exceeded.to_string(),
    }
}

/// Looks at all rows and shows all that are wrong.
#[track_caller]
pub(super) fn rows(object: &Json, rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(text, expected)| (text, expected, said(text, object)))
        .filter(|(_, expected, said)| *expected != said)
        .map(|(text, expected, said)| format!("{text}\n    expected {expected}\n    but was  {said}"))
        .collect();
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[track_caller]
pub(super) fn all_true(object: &Json, texts: &[&str]) {
    rows(object, &texts.iter().map(|text| (*text, "true")).collect::<Vec<_>>());
}

#[track_caller]
pub(super) fn all_false(object: &Json, texts: &[&str]) {
    rows(object, &texts.iter().map(|text| (*text, "false")).collect::<Vec<_>>());
}

pub(super) fn wrong(text: &str) -> CompileError {
    Expression::compile(text, &Limits::default()).expect_err(text)
}

pub(super) fn unchecked(text: &str) -> CompileError {
    Expression::compile_checked(text, &["self", "dep"], &Limits::default()).expect_err(text)
}

pub(super) fn none() -> Json {
    json!({})
}
