//! An expression that was read, and may be evaluated often. Which expressions an object needs is not known here.

use std::sync::Arc;

use manifest::budget::Budget;
use serde_json::Value as Json;

use crate::ast::Node;
use crate::check;
use crate::error::{CompileError, EvaluateError};
use crate::evaluate::evaluate;
use crate::parse::parse;
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
    text: String,
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
        Ok(Self(Arc::new(Inner { text: text.to_owned(), root, limits })))
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
        let Inner { text, root, limits } = &*self.0;
        let caps = Caps { string: limits.string, elements: limits.elements };
        match evaluate(root, bindings, caps, budget) {
            Ok(Value::Bool(value)) => Ok(value),
            Ok(_) => Err(EvaluateError::NotBool { text: text.clone() }),
            Err(Failure::Error(cause)) => Err(EvaluateError::Failed { text: text.clone(), cause }),
            Err(Failure::Stop(exceeded)) => Err(EvaluateError::Exceeded { text: text.clone(), exceeded }),
        }
    }
}

#[cfg(test)]
mod tests;
