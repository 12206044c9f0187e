//! An alert: what is told of a Kustomization, in words that are the same for all who are told. Pure. How it is put for one
//! receiver is `request`'s.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::ObjectReference;
use reconcile_core::ObjectKey;
use reconcile_core::events::{self, Event};

use super::observation::{Observation, Severity};
use super::roots::{Root, RootKey};

#[cfg(test)]
pub(crate) mod tests;

/// Reason of an alert's end when everything is well.
const CONVERGED: &str = "Converged";
/// Reason of an alert's end when something else is still wrong.
const WENT: &str = "BlockerWent";
/// Causes that are told of one Kustomization; the others are counted.
const CAUSES: usize = 5;
/// Names that are told of those who wait; the others are counted.
const NAMES: usize = 10;
/// Longest line, in characters.
const LONGEST: usize = 600;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alert {
    /// The Kustomization.
    pub(super) key: ObjectKey,
    /// The same as events name it.
    pub(super) involved: ObjectReference,
    /// When it was decided.
    pub(super) at: Timestamp,
    /// How bad it is.
    pub(super) severity: Severity,
    /// A blocker's code, or what has become of one.
    pub(super) reason: String,
    /// All of it in one sentence.
    pub(super) summary: String,
    /// What else is wrong, or what it was; a line each.
    pub(super) more: Vec<String>,
    /// What to do about it.
    pub(super) hint: Option<String>,
    /// Who waits for it, in words.
    pub(super) waiting: Option<String>,
    /// How many wait.
    pub(super) waits: usize,
    /// The revision that it is about.
    pub(super) revision: Option<String>,
    /// Namespaces of all whom it concerns.
    pub(super) namespaces: BTreeSet<String>,
    /// What the Kustomization's annotations add to its events.
    pub(super) metadata: BTreeMap<String, String>,
}

/// Whom an alert is about, as the API server has it.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    /// The Kustomization as events name it.
    pub(super) involved: ObjectReference,
    /// What its annotations add.
    pub(super) metadata: BTreeMap<String, String>,
}

impl Alert {
    /// Something is wrong; `roots`: the worst first.
    pub(super) fn wrong(
        key: ObjectKey,
        about: About,
        roots: &[Root],
        severity: Severity,
        observation: Option<&Observation>,
        at: Timestamp,
    ) -> Self {
        let first = roots.first();
        let waiting: BTreeSet<&ObjectKey> = roots
            .iter()
            .flat_map(|root| root.waiting.iter().chain(&root.direct))
            .filter(|other| **other != key)
            .collect();
        let mut more: Vec<String> = roots.iter().skip(1).take(CAUSES - 1).map(told).collect();
        if roots.len() > CAUSES {
            more.push(format!("and {} more", roots.len() - CAUSES));
        }
        let namespaces = waiting.iter().map(|other| other.namespace.clone());
        Self {
            namespaces: namespaces.chain([key.namespace.clone()]).collect(),
            waits: waiting.len(),
            waiting: who_waits(&waiting),
            reason: first.map(|root| root.cause.reason.clone()).unwrap_or_default(),
            summary: first.map(told).unwrap_or_default(),
            more,
            hint: first.and_then(|root| root.cause.hint.clone()),
            revision: observation.and_then(|observation| observation.revision.clone()),
            involved: about.involved,
            metadata: about.metadata,
            key,
            at,
            severity,
        }
    }

    /// It is over.
    pub(super) fn over(
        key: ObjectKey,
        about: About,
        causes: &[RootKey],
        converged: bool,
        observation: Option<&Observation>,
        at: Timestamp,
    ) -> Self {
        let summary = observation.map(|observation| observation.summary.clone()).unwrap_or_default();
        let went = went(causes);
        let (reason, summary) = if converged {
            (CONVERGED, format!("converged again: {summary}"))
        } else {
            (WENT, format!("{went} is over; now: {summary}"))
        };
        Self {
            namespaces: BTreeSet::from([key.namespace.clone()]),
            waits: 0,
            waiting: None,
            reason: reason.to_owned(),
            summary: line(&summary),
            more: if converged { vec![format!("{went} is over")] } else { Vec::new() },
            hint: None,
            revision: observation.and_then(|observation| observation.revision.clone()),
            involved: about.involved,
            metadata: about.metadata,
            key,
            at,
            severity: Severity::Info,
        }
    }

    /// All of it, in lines.
    pub(super) fn message(&self) -> String {
        let mut lines = vec![self.summary.clone()];
        lines.extend(self.more.iter().cloned());
        lines.extend(self.hint.as_ref().map(|hint| format!("Next step: {hint}")));
        lines.extend(self.waiting.clone());
        lines.join("\n")
    }

    /// As an event. `group`: what its own metadata is prefixed with, as notification-controller wants it; empty for none.
    pub(super) fn event(&self, group: &str) -> Event {
        let name = |name: &str| if group.is_empty() { name.to_owned() } else { format!("{group}/{name}") };
        let mut metadata = BTreeMap::from([(name("summary"), self.summary.clone())]);
        if let Some(revision) = &self.revision {
            metadata.insert(name("revision"), revision.clone());
        }
        if self.waits > 0 {
            metadata.insert(name("waiting"), self.waits.to_string());
        }
        metadata.extend(self.metadata.clone());
        Event {
            involved: self.involved.clone(),
            severity: match self.severity {
                Severity::Info => events::Severity::Info,
                Severity::Error => events::Severity::Error,
            },
            reason: self.reason.clone(),
            message: self.message(),
            metadata,
        }
    }
}

/// One cause in one line.
fn told(root: &Root) -> String {
    let cause = &root.cause;
    match &cause.object {
        Some(object) if !cause.message.contains(object.as_str()) => {
            line(&format!("{object}: {}", cause.message))
        }
        _ => line(&cause.message),
    }
}

fn who_waits(waiting: &BTreeSet<&ObjectKey>) -> Option<String> {
    let names: Vec<String> = waiting.iter().take(NAMES).map(ToString::to_string).collect();
    let shown = names.join(", ");
    match waiting.len() {
        0 => None,
        1 => Some(format!("1 Kustomization waits for it: {shown}")),
        all if all > NAMES => {
            Some(format!("{all} Kustomizations wait for it: {shown} and {} more", all - NAMES))
        }
        all => Some(format!("{all} Kustomizations wait for it: {shown}")),
    }
}

fn went(causes: &[RootKey]) -> String {
    let Some(first) = causes.first() else { return "what was told".to_owned() };
    let shown = match &first.object {
        Some(object) => format!("{} of {object}", first.reason),
        None => first.reason.clone(),
    };
    let shown = line(&shown);
    match causes.len() {
        1 => shown,
        all => format!("{shown} (and {} more)", all - 1),
    }
}

/// One line of bounded length. What others said in it was made fit to be shown when it was explained; a note on a
/// Convergence was not.
fn line(text: &str) -> String {
    manifest::foreign::line(text, LONGEST).into_owned()
}
