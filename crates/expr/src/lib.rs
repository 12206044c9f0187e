//! Expressions over JSON objects in CEL, the language of Flux's `healthCheckExprs` and `readyExpr`
//! (contracts/kustomize-controller.md 17.2, 18).
//!
//! ```text
//! text ──▶ lex ──▶ parse ──▶ tree ──▶ check (readyExpr only) ──▶ Expression
//! Expression + bindings + budget ──▶ evaluate ──▶ bool
//! ```
//!
//! ```
//! use expr::{Expression, Limits};
//! use manifest::budget::Budget;
//! let ready = Expression::compile("status.?phase.orValue('') == 'Bound'", &Limits::default())?;
//! let status = serde_json::json!({"phase": "Bound"});
//! assert_eq!(ready.evaluate_bool(&[("status", &status)], &Budget::default()).ok(), Some(true));
//! let wrong = Expression::compile("status.phase ==", &Limits::default()).unwrap_err();
//! assert_eq!(wrong.issues()[0].line, 1);
//! # Ok::<(), expr::CompileError>(())
//! ```
//!
//! Semantics are those of cel-go with optional types and its libraries of strings, sets and encoders, numbers of all types
//! compared with each other, and UTC as time zone. Time zones are `UTC` and offsets: names would need a database.
//!
//! Invariants: no text and no value can overflow the stack or take more memory than its limits and its budget say; every
//! step is charged before it is done; equal inputs give equal results and cost the same; there is no clock here, whoever
//! has one raises the budget's flag.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod ast;
mod check;
mod civil;
mod compare;
mod error;
mod evaluate;
mod expression;
mod functions;
mod lex;
mod literal;
mod parse;
mod reads;
mod value;
mod work;

pub use error::{CompileError, EvaluateError, Issue};
pub use expression::{Expression, Gives, Limits};
