//! How the end of a run is told: one line for people, one value for programs. Pure.

use serde::Serialize;

use super::follow::Followed;
use super::settled::Ending;
use crate::present::{Line, Tone};

#[cfg(test)]
mod tests;

/// What became of one object. Its JSON form is read by programs: fields are added, never renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told {
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    namespace: String,
    name: String,
    result: End,
    /// What was fetched or applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
}

/// In which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum End {
    /// Ready is True.
    Ready,
    /// Ready is False.
    Failed,
    /// It was not over in time.
    TimedOut,
    /// Nobody waited.
    Asked,
}

impl Told {
    /// Of an object that was followed.
    pub(crate) fn of((kind, namespace, name): (&str, &str, &str), followed: Followed) -> Self {
        let mut told = Self::asked((kind, namespace, name), "");
        match followed {
            Followed::Ended(Ending::Ready { revision, message }) => {
                (told.result, told.revision, told.message) = (End::Ready, revision, message);
            }
            Followed::Ended(Ending::Failed { reason, message }) => {
                (told.result, told.reason, told.message) = (End::Failed, Some(reason), message);
            }
            Followed::Ended(Ending::Nothing(why)) => {
                (told.result, told.message) = (End::Failed, why.to_owned());
            }
            Followed::TimedOut(waits) => (told.result, told.message) = (End::TimedOut, waits),
        }
        told
    }

    /// Of an object that was asked, or changed, and not followed.
    pub(crate) fn asked((kind, namespace, name): (&str, &str, &str), message: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            result: End::Asked,
            revision: None,
            reason: None,
            message: message.to_owned(),
        }
    }

    /// In which way.
    pub(crate) const fn end(&self) -> End {
        self.result
    }

    /// For people.
    pub(crate) fn line(&self) -> Line {
        let place = match self.namespace.as_str() {
            "" => String::new(),
            namespace => format!("{namespace}/"),
        };
        let line =
            Line::of(Tone::Strong, format!("{} {place}{}", self.kind, self.name)).then(Tone::Plain, ": ");
        match (self.result, &self.revision) {
            (End::Ready, Some(revision)) => {
                let verb = match self.kind.as_str() {
                    "Kustomization" | "HelmRelease" => "applied",
                    _ => "fetched",
                };
                line.then(Tone::Good, format!("{verb} revision {revision}"))
            }
            (End::Ready, None) => line.then(Tone::Good, "ready").then(Tone::Plain, told(&self.message)),
            (End::Failed, _) => {
                let reason = self.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
                line.then(Tone::Bad, format!("failed{reason}")).then(Tone::Plain, told(&self.message))
            }
            (End::TimedOut, _) => {
                let waits = match self.message.as_str() {
                    "" => String::new(),
                    waits => format!("; waits for: {waits}"),
                };
                line.then(Tone::Bad, "not over in time").then(Tone::Plain, waits)
            }
            (End::Asked, _) => line.then(Tone::Plain, self.message.clone()),
        }
    }
}

fn told(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
