//! What is waited for, and whether it has come. Pure.

use std::str::FromStr;

use api::condition::{self, READY, TRUE};
use api::convergence::{HealthState, SyncState};
use api::explain::{Explanation, ObjectExplanation};
use api::kustomization::Kustomization;
use convergence::observed::is_observed;

use crate::present::explanation::why;

#[cfg(test)]
mod tests;

/// Hexadecimal digits of a hash that are enough to mean it.
const ENOUGH: usize = 7;

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Everything is what Git says and well.
    Converged,
    /// Everything is well.
    Healthy,
    /// This revision is applied, or stored by a source.
    Revision(String),
}

impl FromStr for Goal {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.strip_prefix("revision=")) {
            ("converged", _) => Ok(Self::Converged),
            ("healthy", _) => Ok(Self::Healthy),
            (_, Some(revision)) if !revision.is_empty() => Ok(Self::Revision(revision.to_owned())),
            _ => Err("must be converged, healthy or revision=REVISION".to_owned()),
        }
    }
}

/// Whether it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    /// It has: in one sentence.
    Reached(String),
    /// It has not: what is waited for.
    Waits(String),
}

/// Of a Kustomization.
pub(super) fn of_kustomization(goal: &Goal, object: &Kustomization, explanation: &Explanation) -> Progress {
    let summary = explanation.verdict.summary.clone();
    let status = object.status.as_ref();
    if !is_observed(object) {
        return Progress::Waits("kustomize-controller has not seen the latest change yet".to_owned());
    }
    // What is applied and well is so by the generation before until a run of this one has ended well.
    let has_run = status
        .is_some_and(|status| status.observed_generation == object.metadata.generation.unwrap_or_default());
    if !has_run {
        return Progress::Waits(summary);
    }
    match goal {
        Goal::Converged if explanation.is_converged() => Progress::Reached(summary),
        Goal::Healthy if is_well(explanation.health.state) => {
            Progress::Reached("everything that is applied is healthy".to_owned())
        }
        Goal::Converged | Goal::Healthy => Progress::Waits(summary),
        Goal::Revision(wanted) => {
            let ready = status.and_then(|status| condition::get(&status.conditions, READY));
            let is_ready = ready.is_some_and(|ready| ready.status == TRUE);
            let applied = status.and_then(|status| status.last_applied_revision.as_deref());
            match applied {
                Some(applied) if is_ready && is_revision(applied, wanted) => {
                    Progress::Reached(format!("{applied} is applied"))
                }
                Some(applied) if is_revision(applied, wanted) => {
                    Progress::Waits(format!("{applied} is being applied"))
                }
                Some(applied) if explanation.blockers.is_empty() => {
                    Progress::Waits(format!("{applied} is applied, and not {wanted} yet"))
                }
                _ => Progress::Waits(summary),
            }
        }
    }
}

/// Of any other object. `applied`: what is known of it as part of the Kustomization that applies it.
pub(super) fn of_object(
    goal: &Goal,
    alone: &ObjectExplanation,
    applied: Option<&ObjectExplanation>,
    revision: Option<&str>,
) -> Progress {
    let object = applied.unwrap_or(alone);
    let why = || why(object).unwrap_or_else(|| object.health.as_str().to_owned());
    match goal {
        Goal::Healthy | Goal::Converged if !is_well(object.health) => Progress::Waits(why()),
        Goal::Converged if applied.is_some_and(|applied| applied.sync != SyncState::Applied) => {
            Progress::Waits(format!("it is {}", object.sync.as_str()))
        }
        Goal::Healthy | Goal::Converged => Progress::Reached("it is healthy".to_owned()),
        Goal::Revision(wanted) => match revision {
            Some(revision) if is_revision(revision, wanted) => {
                Progress::Reached(format!("it has {revision}"))
            }
            Some(revision) => Progress::Waits(format!("it has {revision}, and not {wanted} yet")),
            None => Progress::Waits("it has no revision yet".to_owned()),
        },
    }
}

const fn is_well(health: HealthState) -> bool {
    matches!(health, HealthState::Healthy | HealthState::Suspended)
}

/// Whether a revision is meant by what was typed: all of it, its name (`main`, `v1.2.3`), its digest
/// (`sha1:<hash>`), its hash, or the beginning of that.
fn is_revision(revision: &str, typed: &str) -> bool {
    let (name, digest) = revision.split_once('@').unwrap_or((revision, revision));
    let hash = digest.rsplit_once(':').map_or(digest, |(_, hash)| hash);
    let is_hash = typed.len() >= ENOUGH && typed.chars().all(|c| c.is_ascii_hexdigit());
    revision == typed || name == typed || digest == typed || (is_hash && hash.starts_with(typed))
}
