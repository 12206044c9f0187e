//! Whose of something is asked for: of one object that is named, of those in a namespace, or of all.

use super::named::Named;
use crate::error::CliError;

#[cfg(test)]
mod tests;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meant {
    /// One object's.
    One(Named),
    /// Those in the namespace.
    Namespace,
    /// All.
    All,
}

impl Meant {
    /// Of the flag for all namespaces, and the words that name an object.
    pub(crate) fn read(all_namespaces: bool, words: &[String]) -> Result<Self, CliError> {
        match (all_namespaces, words) {
            (true, _) => Ok(Self::All),
            (false, []) => Ok(Self::Namespace),
            (false, words) => Named::read(words).map(Self::One),
        }
    }
}
