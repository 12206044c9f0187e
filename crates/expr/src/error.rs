//! Errors in Flux's words, with the place in the text. No value of an object is quoted, but for keys that are looked for.

use std::sync::Arc;

use manifest::budget::Exceeded;

/// Longest line of the text that is kept and shown with an issue.
const SHOWN: usize = 1024;
/// How many issues of a text are told.
const MOST: usize = 100;

/// Adds an issue, as long as there are not too many.
pub(crate) fn add(issues: &mut Vec<Issue>, text: &str, at: usize, message: impl FnOnce() -> String) {
    if issues.len() < MOST {
        issues.push(Issue::new(text, at, message()));
    }
}

/// One thing that is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The line that it is about, unless it is very long.
    pub source: String,
}

impl Issue {
    /// At an offset of bytes.
    pub(crate) fn new(text: &str, at: usize, message: impl Into<String>) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let source = text.get(begin..).unwrap_or_default().lines().next().unwrap_or_default();
        let source = if source.len() > SHOWN { "" } else { source };
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(begin..).unwrap_or_default().chars().count() + 1,
            message: message.into(),
            source: source.replace('\t', " "),
        }
    }
}

impl std::fmt::Display for Issue {
    /// As Go's CEL prints it: the message, the line, and a mark below the place. Wide characters have wide dots.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, column, message, source } = self;
        write!(f, "ERROR: <input>:{line}:{column}: {message}")?;
        if source.is_empty() && *column > 1 {
            return Ok(());
        }
        let is_wide = |c: char| !c.is_ascii();
        let dots: String =
            source.chars().take(column - 1).map(|c| if is_wide(c) { '．' } else { '.' }).collect();
        let mark = if source.chars().nth(column - 1).is_some_and(is_wide) { '＾' } else { '^' };
        write!(f, "\n | {source}\n | {dots}{mark}")
    }
}

/// Why a text is no expression: its author's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// It cannot be read, or it cannot be right.
    #[error("failed to parse the CEL expression '{text}': {}", shown(.issues))]
    Issues {
        /// The text.
        text: String,
        /// What is wrong with it. Never empty.
        issues: Vec<Issue>,
    },
    /// It does not always give a boolean.
    #[error("CEL expression output type mismatch: expected bool, got {found}")]
    NotBool {
        /// What it gives.
        found: String,
    },
    /// It never gives a text.
    #[error("CEL expression output type mismatch: expected string, got {found}")]
    NotText {
        /// What it gives.
        found: String,
    },
    /// A pattern in it is none.
    #[error("failed to create CEL program: {0}")]
    Program(String),
    /// It is too long. Its text is not repeated.
    #[error(
        "failed to parse the CEL expression: expression code point size exceeds limit: size: {size}, limit {limit}"
    )]
    TooLong {
        /// Its bytes.
        size: usize,
        /// How many it may have.
        limit: usize,
    },
}

fn shown(issues: &[Issue]) -> String {
    issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl CompileError {
    /// What is wrong at which place, if it has a place.
    #[must_use]
    pub fn issues(&self) -> &[Issue] {
        match self {
            Self::Issues { issues, .. } => issues,
            _ => &[],
        }
    }
}

/// Why an expression has no result for an object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The expression does not fit the object: a field is not there, a function is not for such a value.
    #[error("failed to evaluate the CEL expression '{text}': {cause}")]
    Failed {
        /// The expression.
        text: Arc<str>,
        /// What is wrong.
        cause: String,
    },
    /// The result is something else than a boolean.
    #[error("failed to evaluate CEL expression as boolean: '{text}'")]
    NotBool {
        /// The expression.
        text: Arc<str>,
    },
    /// The result is something else than a text.
    #[error("failed to evaluate CEL expression as string: '{text}'")]
    NotText {
        /// The expression.
        text: Arc<str>,
    },
    /// It costs too much, or somebody ended it.
    #[error("failed to evaluate the CEL expression '{text}': {exceeded}")]
    Exceeded {
        /// The expression.
        text: Arc<str>,
        /// What it has too much of.
        exceeded: Exceeded,
    },
}

impl EvaluateError {
    /// Why the work had to stop, if that is why it failed.
    #[must_use]
    pub fn exceeded(&self) -> Option<Exceeded> {
        match self {
            Self::Exceeded { exceeded, .. } => Some(*exceeded),
            _ => None,
        }
    }
}
