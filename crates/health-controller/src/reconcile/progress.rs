//! How far a Kustomization has come with a revision: which spans become of what is told of it. Pure.

use std::time::{Duration, SystemTime};

use reconcile_core::trace::Place;

#[cfg(test)]
mod tests;

/// How long a revision's trace waits for it to converge; what is told later has traces of its own.
const OPEN: Duration = Duration::from_secs(3600);

/// Of the revision that was attempted last.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Progress {
    revision: String,
    begun: SystemTime,
    /// When the last span ended.
    told: SystemTime,
    arrived: bool,
}

/// A span that ends now.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) since: SystemTime,
    pub(super) place: Place,
}

impl Progress {
    /// The progress of this revision, from what is known of the one before. `arrived`: it was there before we looked.
    pub(super) fn of(before: Option<Self>, revision: &str, arrived: bool, now: SystemTime) -> Self {
        match before {
            Some(known) if known.revision == revision => known,
            // A process that has just begun is not the one that brings a revision there.
            other => Self {
                revision: revision.to_owned(),
                begun: now,
                told: now,
                arrived: arrived && other.is_none(),
            },
        }
    }

    pub(super) fn revision(&self) -> &str {
        &self.revision
    }

    /// Something was told: whether that is news, and whether by it everything is what this revision says and well.
    pub(super) fn tell(&mut self, is_news: bool, converged: bool, now: SystemTime) -> Option<Span> {
        let arrives = converged && !self.arrived;
        if !is_news && !arrives {
            return None;
        }
        let is_open = now.duration_since(self.begun).unwrap_or_default() < OPEN;
        let place = if !self.arrived && is_open { Place::Part } else { Place::Later };
        self.arrived |= converged;
        Some(Span { since: std::mem::replace(&mut self.told, now), place })
    }
}
