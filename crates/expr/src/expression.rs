//! An expression that was read, and may be evaluated often. Which expressions an object needs is not known here.

use std::sync::Arc;

use manifest::budget::Budget;
use serde_json::Value as Json;

use crate::ast::Node;
use crate::check;
use crate::error::{CompileError, EvaluateError};
use crate::evaluate::evaluate;
use crate::parse::parse;
use crate::reads::reads;
use crate::value::Value;
use crate::work::{Caps, Failure};

/// How large an expression and what it makes may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub text: usize,
    /// How deep parentheses, arguments and the like may be inside each other, at most 96.
    pub nesting: usize,
    /// Bytes of one string that is made.
    pub string: usize,
    /// Elements of one list or map that is made.
    pub elements: usize,
}

impl Limits {
    /// What fits the stack of a thread of 2 MiB, without optimisation.
    const DEEPEST: usize = 96;
}

/// What an expression is to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A boolean.
    Bool,
    /// A text.
    Text,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text: 16 << 10, nesting: 64, string: 1 << 20, elements: 100_000 }
    }
}

/// An expression. Clones share it.
#[derive(Clone, Debug)]
pub struct Expression(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Shared with the errors.
    text: Arc<str>,
    root: Node,
    limits: Limits,
}

impl Expression {
    /// Reads an expression. Names and types in it are looked at only when it is evaluated, as Flux does for
    /// `healthCheckExprs`.
    ///
    /// # Errors
    /// When it is too long or too deep, or cannot be read.
    pub fn compile(text: &str, limits: &Limits) -> Result<Self, CompileError> {
        if text.len() > limits.text {
            return Err(CompileError::TooLong { size: text.len(), limit: limits.text });
        }
        let limits = Limits { nesting: limits.nesting.min(Limits::DEEPEST), ..*limits };
        let root = parse(text, limits.nesting)?;
        Ok(Self(Arc::new(Inner { text: text.into(), root, limits })))
    }

    /// Reads an expression that gives a boolean whatever the objects are that its variables stand for, as Flux does for
    /// `readyExpr`.
    ///
    /// # Errors
    /// As [`compile`](Self::compile), and when it names what there is not, uses it for what it is not, or may give
    /// something else than a boolean.
    pub fn compile_checked(text: &str, variables: &[&str], limits: &Limits) -> Result<Self, CompileError> {
        let expression = Self::compile(text, limits)?;
        check::check(text, &expression.0.root, variables)?;
        Ok(expression)
    }

    /// Reads an expression of which only the result and the functions are known: every name may be a variable, and each
    /// variable of any type.
    ///
    /// # Errors
    /// As [`compile`](Self::compile), and when it uses a function that there is not, or can never give what it is to.
    pub fn compile_giving(text: &str, gives: Gives, limits: &Limits) -> Result<Self, CompileError> {
        let expression = Self::compile(text, limits)?;
        match gives {
            Gives::Bool => check::may_be_bool(text, &expression.0.root)?,
            Gives::Text => check::may_be_text(text, &expression.0.root)?,
        }
        Ok(expression)
    }

    /// The fields of the variables that it reads: a variable's name, then the fields below it as far as they are certain.
    /// Everything below the last one may be read. Sorted; a path may be the beginning of another.
    #[must_use]
    pub fn reads(&self) -> Vec<Vec<String>> {
        reads(&self.0.root)
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The result for these objects, by the names of variables. Steps and bytes are charged to the budget before they are
    /// spent; what was held is given back.
    ///
    /// # Errors
    /// When the expression does not fit the objects, gives no boolean, or costs too much.
    pub fn evaluate_bool(&self, bindings: &[(&str, &Json)], budget: &Budget) -> Result<bool, EvaluateError> {
        match self.evaluate(bindings, budget) {
            Ok(Value::Bool(value)) => Ok(value),
            Ok(_) => Err(EvaluateError::NotBool { text: Arc::clone(&self.0.text) }),
            Err(failure) => Err(self.failed(failure)),
        }
    }

    /// As [`evaluate_bool`](Self::evaluate_bool), for an expression that gives a text.
    ///
    /// # Errors
    /// When the expression does not fit the objects, gives no text, or costs too much.
    pub fn evaluate_text(
        &self,
        bindings: &[(&str, &Json)],
        budget: &Budget,
    ) -> Result<String, EvaluateError> {
        match self.evaluate(bindings, budget) {
            Ok(Value::String(value)) => Ok((*value).to_owned()),
            Ok(_) => Err(EvaluateError::NotText { text: Arc::clone(&self.0.text) }),
            Err(failure) => Err(self.failed(failure)),
        }
    }

    fn evaluate<'a>(
        &'a self,
        bindings: &[(&'a str, &'a Json)],
        budget: &'a Budget,
    ) -> Result<Value<'a>, Failure> {
        let Inner { root, limits, .. } = &*self.0;
        let caps = Caps { string: limits.string, elements: limits.elements };
        evaluate(root, bindings, caps, budget)
    }

    fn failed(&self, failure: Failure) -> EvaluateError {
        let text = Arc::clone(&self.0.text);
        match failure {
            Failure::Error(cause) => EvaluateError::Failed { text, cause },
            Failure::Stop(exceeded) => EvaluateError::Exceeded { text, exceeded },
        }
    }
}

#[cfg(test)]
mod tests;
