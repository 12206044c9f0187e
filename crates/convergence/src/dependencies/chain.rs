//! A chain of dependencies as a value: its links, its root, and the cycle that it runs into. How it is found is
//! `dependencies`' matter.

use std::sync::Arc;

use api::condition::{self, READY, TRUE, UNKNOWN};
use api::kustomization::Kustomization;
use health::wording;
use manifest::ObjectId;

/// Links that are shown of a long chain: so many of its beginning, and of its end.
const SHOWN: (usize, usize) = (5, 4);

/// What a Kustomization waits for.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// From the dependency that is not ready down to the root cause, each waiting for the next.
    pub links: Vec<Link>,
    /// The Kustomizations that wait for each other, in order: each depends on the next, and the last on the first. Empty
    /// when there is no cycle.
    pub cycle: Vec<ObjectId>,
}

/// One Kustomization of a chain.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its id.
    pub id: ObjectId,
    /// The object; `None` when it does not exist.
    pub object: Option<Arc<Kustomization>>,
}

/// How a dependency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is ready.
    Ready,
    /// It does not exist.
    Missing,
    /// It is not ready, and suspended: nothing will make it ready.
    Suspended,
    /// No controller has said anything of it yet.
    Unreconciled,
    /// Its run is under way.
    Running,
    /// Its last run did not end well.
    Failed,
}

impl Chain {
    /// The Kustomization that everything waits for; none in a cycle, where each waits for the next.
    #[must_use]
    pub fn root(&self) -> Option<&Link> {
        if self.cycle.is_empty() { self.links.last() } else { None }
    }

    /// One line per link, and one for a cycle; of a long chain its beginning and its end.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let (first, last) = SHOWN;
        let mut lines: Vec<String> = if self.links.len() > first + last + 1 {
            let left_out = self.links.len() - first - last;
            let rest = self.links.iter().skip(self.links.len() - last);
            let between = std::iter::once(format!("… {left_out} more …"));
            self.links.iter().take(first).map(Link::line).chain(between).chain(rest.map(Link::line)).collect()
        } else {
            self.links.iter().map(Link::line).collect()
        };
        if !self.cycle.is_empty() {
            lines.push(format!("a cycle: {}", self.round()));
        }
        lines
    }

    /// `apps/a → apps/b → apps/a`; of a long cycle its beginning and its end.
    #[must_use]
    pub fn round(&self) -> String {
        let (first, last) = SHOWN;
        let name = |id: &ObjectId| wording::word(&format!("{}/{}", id.namespace, id.name));
        let mut names: Vec<String> = self.cycle.iter().map(name).collect();
        if names.len() > first + last + 1 {
            let rest = names.split_off(names.len() - last);
            names.truncate(first);
            names.push("…".to_owned());
            names.extend(rest);
        }
        names.extend(self.cycle.first().map(name));
        names.join(" → ")
    }
}

impl Link {
    /// How it stands. A suspended one that was ready stays ready.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let Some(object) = &self.object else { return Standing::Missing };
        let ready = ready(object);
        match ready.map(|(status, ..)| status) {
            Some(TRUE) => Standing::Ready,
            _ if object.spec.suspend => Standing::Suspended,
            None => Standing::Unreconciled,
            Some(UNKNOWN) => Standing::Running,
            Some(_) => Standing::Failed,
        }
    }

    /// `Kind/namespace/name`, fit to be shown.
    #[must_use]
    pub fn subject(&self) -> String {
        wording::word(&self.id.to_string())
    }

    /// Reason and message of its Ready condition.
    #[must_use]
    pub fn ready(&self) -> Option<(&str, &str)> {
        self.object.as_deref().and_then(ready).map(|(_, reason, message)| (reason, message))
    }

    /// What is said of it, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let subject = self.subject();
        let said = |(reason, message): (&str, &str)| {
            format!("{}: {}", wording::word(reason), wording::quoted(message))
        };
        match (self.standing(), self.ready()) {
            (Standing::Missing, _) => format!("{subject} does not exist"),
            (Standing::Suspended, Some(ready)) => format!("{subject} is suspended; {}", said(ready)),
            (Standing::Suspended, None) => format!("{subject} is suspended and was never reconciled"),
            (_, None) => format!("{subject} has not been reconciled yet"),
            (_, Some(ready)) => format!("{subject}: {}", said(ready)),
        }
    }
}

fn ready(object: &Kustomization) -> Option<(&str, &str, &str)> {
    let ready = condition::get(&object.status.as_ref()?.conditions, READY)?;
    Some((ready.status.as_str(), ready.reason.as_str(), ready.message.as_str()))
}

#[cfg(test)]
mod tests;
