//! Forms of output for programs, and the flags' values that choose them.

use clap::ValueEnum;
use serde::Serialize;

/// What a table is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum TableForm {
    /// A table for people.
    #[default]
    Table,
    /// The table with more columns, nothing cut.
    Wide,
    /// A name per line.
    Name,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// What a text is printed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum TextForm {
    /// Lines for people.
    #[default]
    Text,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

/// As JSON for people's eyes.
pub(crate) fn json(value: &impl Serialize) -> String {
    // Only maps with keys that are no strings fail, of which there are none.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// As YAML.
pub(crate) fn yaml(value: &impl Serialize) -> String {
    manifest::yaml::write(&serde_json::to_value(value).unwrap_or_default())
}
