//! From a file's text to its entries, and from an entry to a rule for one of its kinds.

use api::health_rule::HealthRuleSpec;
use manifest::yaml::{Dialect, read_all};

use super::entry::{self, Document, Entry};
use crate::rules::compiled::CompiledRule;
use crate::rules::decided_by::DecidedBy;
use crate::rules::rule_error::RuleError;

/// A file of the library, or an entry of one, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct LibraryError {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub problem: LibraryProblem,
}

/// What is wrong with a file of the library.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LibraryProblem {
    /// It is no YAML, or not in the form of a library's file.
    #[error("{0}")]
    Form(String),
    /// An entry is not as it has to be.
    #[error("rules[{index}]: {problem}")]
    Entry {
        /// Place of the entry, from 0.
        index: usize,
        /// What is wrong.
        problem: String,
    },
}

/// The entries of one file.
///
/// # Errors
/// When it is not in the form of a library's file.
pub fn read(file: &str, text: &str) -> Result<Vec<Entry>, LibraryError> {
    let wrong = |problem| LibraryError { file: file.to_owned(), problem };
    let form = |text: String| wrong(LibraryProblem::Form(text));
    let mut documents = read_all(text, Dialect::V3).map_err(|error| form(error.to_string()))?;
    let (Some(document), true) = (documents.pop(), documents.is_empty()) else {
        return Err(form("it must hold one document".to_owned()));
    };
    let document: Document = serde_json::from_value(document).map_err(|error| form(error.to_string()))?;
    let entries = document.rules.into_iter().enumerate();
    entries
        .map(|(index, written)| {
            entry::resolved(file, written).map_err(|problem| wrong(LibraryProblem::Entry { index, problem }))
        })
        .collect()
}

/// The rule that an entry is for one of its kinds, so that it says whose it is.
///
/// # Errors
/// When it cannot be used.
pub(super) fn rule_for(spec: HealthRuleSpec, kind: &str) -> Result<CompiledRule, RuleError> {
    let group = if spec.group.is_empty() { "core" } else { spec.group.as_str() };
    let name = DecidedBy::Library(format!("{group}/{kind}").into());
    CompiledRule::compile(name, &HealthRuleSpec { kinds: vec![kind.to_owned()], ..spec })
}
