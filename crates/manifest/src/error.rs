//! The error type of this crate, and how errors of any crate read together with their causes. The type never carries
//! values of an object, only positions and field names.

/// What can be wrong with a manifest or with the text it is read from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not YAML, in the words and with the line of go-yaml where they are known.
    #[error("yaml: {}{message}", line_prefix(*.line))]
    Yaml {
        /// Index of the document in the stream, from 0.
        document: usize,
        /// Line, from 1; 0 when unknown.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// A budget was exceeded.
    #[error("yaml: document exceeds the limit of {limit} {what}")]
    Budget {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The caller's budget was exceeded, or the work was ended.
    #[error("yaml: {0}")]
    Exceeded(#[from] crate::budget::Exceeded),
    /// The document is not a mapping.
    #[error("object is not a map")]
    NotAnObject,
    /// A field that every object needs is absent, empty or no string.
    #[error("missing {field} in object")]
    MissingField {
        /// Dotted path of the field.
        field: &'static str,
    },
    /// An inventory id that does not follow `<namespace>_<name>_<group>_<kind>`.
    #[error("unable to parse stored object metadata: {}", crate::foreign::line(id, 512))]
    InventoryId {
        /// The text as given.
        id: String,
    },
    /// A name that cannot be part of the path of a request.
    #[error("{field} \"{text}\" {why}: it would be part of the path of a request")]
    PathSegment {
        /// Dotted path of the field.
        field: &'static str,
        /// The name on one line, shortened.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

fn line_prefix(line: u32) -> String {
    if line == 0 { String::new() } else { format!("line {line}: ") }
}

/// An error with its causes, `outer: inner`. The outer texts say where, the innermost says what happened; a cause that
/// the text has said already is not said twice.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let inner = cause.to_string();
        if !text.contains(&inner) {
            text.push_str(": ");
            text.push_str(&inner);
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
