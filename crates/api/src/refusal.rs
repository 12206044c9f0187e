//! Why one object could not be written or deleted, as a line of a Kustomization's Ready condition
//! (contracts/kustomize-controller.md 12.2). The one grammar of that line: `Display` writes it, [`Refusal::parse`]
//! reads it, also where Flux's kustomize-controller wrote it.
//!
//! What the API server's own words mean, which are [`Refusal::message`], is read by [`Said`].
//!
//! ```
//! use api::refusal::{Failure, Refusal};
//! let line = "Pod/apps/web dry-run failed (Invalid): spec: Required value";
//! let refusal = Refusal::parse(line).expect("a refusal");
//! assert_eq!(refusal.failure, Failure::DryRun(Some("Invalid".to_owned())));
//! assert_eq!(refusal.message, "spec: Required value");
//! assert_eq!(refusal.to_string(), line);
//! ```

mod fields;
mod quota;
mod said;

use std::fmt;

use manifest::ObjectId;

pub use fields::{FieldProblem, is_immutable};
pub use quota::Budget;
pub use said::{NoRight, Said};

/// One object that could not be written or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The object. The line does not name its group, so what was read back has none.
    pub id: ObjectId,
    /// What failed.
    pub failure: Failure,
    /// The answer in the API server's words.
    pub message: String,
}

/// What was tried without success. The API server's reason is in the line for dry-runs only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The dry-run, with the reason of the API server's answer where it gave one.
    DryRun(Option<String>),
    /// The apply.
    Apply,
    /// Taking fields over from managers that are not ours.
    CleanUp,
    /// Reading it before its deletion.
    Query,
    /// The deletion.
    Delete,
    /// Something that the object needs does not exist: its namespace.
    NotFound,
    /// The object needs a namespace and names none.
    NamespaceNotSpecified,
    /// What another version or another controller says.
    Other(String),
}

const DRY_RUN: &str = "dry-run failed";
const APPLY: &str = "apply failed";
const CLEAN_UP: &str = "managed fields clean-up failed";
const QUERY: &str = "query failed";
const DELETE: &str = "delete failed";
const NOT_FOUND: &str = "not found";
const NAMESPACE_NOT_SPECIFIED: &str = "namespace not specified";

impl Failure {
    fn parse(text: &str) -> Self {
        match text {
            DRY_RUN => Self::DryRun(None),
            APPLY => Self::Apply,
            CLEAN_UP => Self::CleanUp,
            QUERY => Self::Query,
            DELETE => Self::Delete,
            NOT_FOUND => Self::NotFound,
            NAMESPACE_NOT_SPECIFIED => Self::NamespaceNotSpecified,
            other => {
                match other.strip_prefix(DRY_RUN).and_then(|rest| rest.strip_prefix(" ")).and_then(named) {
                    Some(reason) => Self::DryRun(Some(reason.to_owned())),
                    None => Self::Other(other.to_owned()),
                }
            }
        }
    }

    /// Reason of the API server's answer; empty where the line does not give it.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::DryRun(reason) => reason.as_deref().unwrap_or_default(),
            Self::Other(text) => {
                text.find('(').and_then(|at| text.get(at..)).and_then(named).unwrap_or_default()
            }
            _ => "",
        }
    }
}

/// What stands between the parentheses.
fn named(text: &str) -> Option<&str> {
    text.strip_prefix('(')?.strip_suffix(')').filter(|reason| !reason.is_empty())
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DryRun(None) => f.write_str(DRY_RUN),
            Self::DryRun(Some(reason)) => write!(f, "{DRY_RUN} ({reason})"),
            Self::Apply => f.write_str(APPLY),
            Self::CleanUp => f.write_str(CLEAN_UP),
            Self::Query => f.write_str(QUERY),
            Self::Delete => f.write_str(DELETE),
            Self::NotFound => f.write_str(NOT_FOUND),
            Self::NamespaceNotSpecified => f.write_str(NAMESPACE_NOT_SPECIFIED),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl Refusal {
    /// Reads a line. Lines that say what was done are not refusals, nor is a sentence without a colon.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let (subject, rest) = line.split_once(' ')?;
        if subject.ends_with(':') {
            return None;
        }
        let id = subject_of(subject)?;
        let (failure, message) = rest.split_once(": ")?;
        Some(Self { id, failure: Failure::parse(failure), message: message.to_owned() })
    }

    /// Reads every refusal of a message: one per line. A line that is none is passed over, because the API server's
    /// words may be several lines.
    pub fn parse_all(message: &str) -> impl Iterator<Item = Self> + '_ {
        message.lines().filter_map(Self::parse)
    }
}

/// `Kind/namespace/name`, or `Kind/name`.
fn subject_of(text: &str) -> Option<ObjectId> {
    let (kind, rest) = text.split_once('/')?;
    let (namespace, name) = match rest.split_once('/') {
        Some(("", _)) => return None,
        Some(both) => both,
        None => ("", rest),
    };
    let named = kind.starts_with(|c: char| c.is_ascii_uppercase()) && !name.is_empty();
    named.then(|| ObjectId {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        group: String::new(),
        kind: kind.to_owned(),
    })
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.id, self.failure, self.message)
    }
}

/// Several lines as one message.
pub fn join<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
