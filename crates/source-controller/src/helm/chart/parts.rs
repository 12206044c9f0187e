//! What reading an archive and reading a folder share: a chart's files, and why there is no chart.

use artifact::entries::EntryError;
use manifest::budget::Exceeded;

use crate::helm::values::YamlError;

/// A byte order mark, which Helm takes off each file.
pub(crate) const BOM: &[u8] = &[0xef, 0xbb, 0xbf];

/// Why there is no chart; in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChartError {
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

impl From<YamlError> for ChartError {
    fn from(error: YamlError) -> Self {
        match error {
            YamlError::Invalid(text) => Self::Invalid(text),
            YamlError::Exceeded(exceeded) => Self::Exceeded(exceeded),
        }
    }
}

impl From<String> for ChartError {
    fn from(text: String) -> Self {
        Self::Invalid(text)
    }
}

impl ChartError {
    /// With words before it.
    pub(crate) fn within(self, what: &str) -> Self {
        match self {
            Self::Invalid(text) => Self::Invalid(format!("{what}: {text}")),
            exceeded @ Self::Exceeded(_) => exceeded,
        }
    }
}

/// One file; the name is relative to the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) data: Vec<u8>,
}

impl From<EntryError> for ChartError {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Exceeded(exceeded) => Self::Exceeded(exceeded),
            error => Self::Invalid(crate::foreign::clean(&error.to_string())),
        }
    }
}
