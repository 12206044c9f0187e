//! Objects that were waited for in vain, as a Kustomization's Ready condition names them
//! (contracts/kustomize-controller.md 17). The one grammar of that text: `Display` writes it, `parse` reads it, also
//! where Flux's kustomize-controller wrote it.
//!
//! When waiting has failed is not decided here.
//!
//! ```
//! use api::awaited::{Cause, Unhealthy};
//! let text = "timeout waiting for: [Job/apps/x status: 'InProgress']";
//! let found = Unhealthy::parse(text).expect("a list");
//! assert_eq!(found.cause, Cause::TimedOut);
//! assert_eq!(found.objects[0].status, "InProgress");
//! assert_eq!(found.to_string(), text);
//! ```

use std::fmt;

/// What a health check says that has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unhealthy {
    /// Why it has.
    pub cause: Cause,
    /// The objects that are not Current.
    pub objects: Vec<Awaited>,
}

/// Why a health check has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Time was up.
    TimedOut,
    /// An object has failed; the others may be on their way still.
    Stalled,
}

impl Cause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::TimedOut => "timeout waiting for",
            Self::Stalled => "failed early due to stalled resources",
        }
    }
}

/// One object that is not Current.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// `Kind/namespace/name`, or `Kind/name`.
    pub object: String,
    /// kstatus' word for it.
    pub status: String,
    /// Why it could not be judged.
    pub error: Option<String>,
}

/// Between an object and its status.
const STATUS: &str = " status: '";
/// Between two objects.
const NEXT: &str = ", ";
/// Before how long a health check took.
const FAILED_AFTER: &str = "health check failed after ";
/// Between a status and why there is no better one.
const ERROR: &str = ": ";

impl Unhealthy {
    /// Reads a message. What stands before the list tells the cause; whatever says nothing of a time-out is an object
    /// that has failed.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        let (before, list) = message.split_once('[')?;
        let list = list.trim_end();
        let late = before.contains(Cause::TimedOut.as_str());
        let cause = if late { Cause::TimedOut } else { Cause::Stalled };
        Some(Self { cause, objects: parse_list(list.strip_suffix(']').unwrap_or(list)) })
    }
}

impl fmt::Display for Unhealthy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: [{}]", self.cause.as_str(), list(&self.objects))
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{STATUS}{}'", self.object, self.status)?;
        match &self.error {
            Some(error) => write!(f, "{ERROR}{error}"),
            None => Ok(()),
        }
    }
}

/// The objects as a list without brackets, in an order that does not depend on theirs.
#[must_use]
pub fn list(objects: &[Awaited]) -> String {
    let mut items: Vec<String> = objects.iter().map(Awaited::to_string).collect();
    items.sort_unstable();
    items.join(NEXT)
}

/// Reads a list without brackets; what is not understood is left out.
#[must_use]
pub fn parse_list(list: &str) -> Vec<Awaited> {
    let mut objects: Vec<Awaited> = Vec::new();
    let mut rest = list;
    while let Some((before, after)) = rest.split_once(STATUS) {
        let Some((status, tail)) = after.split_once('\'') else { break };
        let (error, object) = before.rsplit_once(NEXT).unwrap_or(("", before));
        add_error(objects.last_mut(), error);
        objects.push(Awaited { object: object.trim().to_owned(), status: status.to_owned(), error: None });
        rest = tail;
    }
    add_error(objects.last_mut(), rest);
    objects
}

fn add_error(object: Option<&mut Awaited>, tail: &str) {
    if let (Some(object), Some(error)) = (object, tail.strip_prefix(ERROR)) {
        object.error = Some(error.to_owned());
    }
}

/// How a health check ended, with how long it took: [`steady`] leaves that out.
#[must_use]
pub fn failed_after(took: impl fmt::Display, text: &str) -> String {
    format!("{FAILED_AFTER}{took}: {text}")
}

/// The message without what differs from run to run though nothing changed: how long the check took, and the order of
/// the objects, which Flux lists in none.
#[must_use]
pub fn steady(message: &str) -> String {
    let text = match message.strip_prefix(FAILED_AFTER).and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) => format!("health check failed: {rest}"),
        None => message.trim_end().to_owned(),
    };
    let Some((before, items)) =
        text.split_once('[').and_then(|(before, rest)| Some((before, rest.strip_suffix(']')?)))
    else {
        return text;
    };
    let objects = parse_list(items);
    let understood = objects.iter().map(Awaited::to_string).collect::<Vec<_>>().join(NEXT) == items;
    if understood { format!("{before}[{}]", list(&objects)) } else { text }
}

#[cfg(test)]
mod tests;
