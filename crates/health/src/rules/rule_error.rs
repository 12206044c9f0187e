//! Why a rule that is written as data cannot be used: its author's fault, said so that it can be corrected.

use api::health_rule::RuleState;
use expr::CompileError;

use crate::wording;

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}, for {kinds}: {problem}")]
pub struct RuleError {
    /// The rule, as `HealthRule/x` or `library cert-manager.io/Certificate`.
    pub rule: Box<str>,
    /// What it is for, as `Certificate, Issuer of cert-manager.io`.
    pub kinds: Box<str>,
    /// What is wrong.
    pub problem: RuleProblem,
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleProblem {
    /// An expression of a state cannot be used.
    #[error("states[{index}] ({state:?}): {field} cannot be used: {cause}; correct `{text}`", text = wording::cut(text, 200))]
    Expression {
        /// Place in the list of states, from 0.
        index: usize,
        /// The state.
        state: RuleState,
        /// `when` or `message`.
        field: &'static str,
        /// The expression.
        text: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A state looks at what is never read.
    #[error(
        "states[{index}] ({state:?}): {field} reads {path}, which is never looked at because Secrets and ConfigMaps may hold credentials: judge by metadata, or take Secret and ConfigMap out of kinds"
    )]
    Confidential {
        /// Place in the list of states, from 0.
        index: usize,
        /// The state.
        state: RuleState,
        /// `when` or `message`.
        field: &'static str,
        /// The field that it reads.
        path: String,
    },
    /// The group is none.
    #[error("group {} is no API group: write one such as apps or cert-manager.io, nothing for the core group, or *. and the end of some", wording::word(.0))]
    Group(String),
    /// A kind is none.
    #[error("{} is no kind: write kinds as in manifests, such as Certificate, or * for all of the group", wording::word(.0))]
    Kind(String),
    /// There are no kinds.
    #[error("kinds is empty: name at least one kind, or * for all of the group")]
    NoKinds,
    /// There are too many states.
    #[error("it has {count} states, and may have {limit}: join some of them with ||, or split the kinds")]
    TooManyStates {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl RuleError {
    /// A reason for a condition.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self.problem {
            RuleProblem::Expression { .. } | RuleProblem::Confidential { .. } => "InvalidExpression",
            _ => "InvalidSpec",
        }
    }
}

/// What the compiler says, on one line.
pub(super) fn cause(error: &CompileError) -> String {
    match error {
        CompileError::TooLong { size, limit } => format!("it has {size} bytes, and may have {limit}"),
        CompileError::NotBool { found } => format!("it gives {found}, not true or false"),
        CompileError::NotText { found } => format!("it gives {found}, not a text"),
        _ => match error.issues() {
            [] => wording::quoted(&error.to_string()),
            issues => {
                let said: Vec<String> = issues
                    .iter()
                    .take(3)
                    .map(|issue| format!("{} at line {}, column {}", issue.message, issue.line, issue.column))
                    .collect();
                wording::quoted(&said.join("; "))
            }
        },
    }
}
