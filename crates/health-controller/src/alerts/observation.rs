//! What matters of a Kustomization for alerts: whether all is well, and if not, why. Pure. What is told of it, and when, is
//! `ledger`'s to decide.

use api::blocker::BlockerCode;
use api::condition::{TRUE, UNKNOWN};
use api::convergence::{Blocker, ConvergenceStatus};
use api::kustomization::Kustomization;
use convergence::dependencies::{self, Reach};
use convergence::published_answer;
use reconcile_core::ObjectKey;

#[cfg(test)]
pub(crate) mod tests;

/// Reasons of a verdict without blockers that something is wrong by, not under way.
const WRONG: [&str; 4] = ["Missing", "Degraded", "Drifted", "ReconciliationFailed"];

/// Reasons that nobody has to act on.
const CALM: [&str; 4] = ["Suspended", "GateClosed", "OverrideActive", "Drifted"];

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Severity {
    /// Somebody may want to know.
    Info,
    /// Somebody has to act.
    Error,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cause {
    /// A blocker's code, or the verdict's reason.
    pub(super) reason: String,
    /// Whom it concerns.
    pub(super) object: Option<String>,
    /// What is wrong, in one sentence.
    pub(super) message: String,
    /// What to do about it.
    pub(super) hint: Option<String>,
    /// Other Kustomizations that it is said to come from.
    pub(super) from: Vec<ObjectKey>,
}

impl Cause {
    /// What nobody has to act on is what somebody has done on purpose, or what harms nothing yet.
    pub(super) fn severity(&self) -> Severity {
        if CALM.contains(&self.reason.as_str()) { Severity::Info } else { Severity::Error }
    }
}

/// How a Kustomization stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Everything is what Git says and well.
    Well,
    /// It is on its way.
    Busy,
    /// It cannot be told.
    Unseen,
    /// Something is wrong; root causes first.
    Wrong(Vec<Cause>),
}

/// One Kustomization at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Observation {
    /// How it stands.
    pub(super) standing: Standing,
    /// All of it in one sentence.
    pub(super) summary: String,
    /// The revision that this is about: what the source has, else what is applied.
    pub(super) revision: Option<String>,
    /// The revision that is applied.
    pub(super) applied: Option<String>,
}

impl Observation {
    /// Of what is published of a Kustomization. It reaches as far as explanations do.
    pub(super) fn of(object: &Kustomization, status: &ConvergenceStatus, reach: Reach) -> Self {
        let applied = status.applied.as_ref().map(|applied| applied.revision.clone());
        let desired = status.desired.as_ref().map(|desired| desired.revision.clone());
        Self {
            standing: standing(object, status, reach),
            summary: status.summary.clone().unwrap_or_default(),
            revision: desired.or_else(|| applied.clone()),
            applied,
        }
    }
}

fn standing(object: &Kustomization, status: &ConvergenceStatus, reach: Reach) -> Standing {
    let Some(answer) = published_answer(status) else { return Standing::Busy };
    let verdict = &answer.verdict;
    match verdict.status.as_str() {
        TRUE => return Standing::Well,
        UNKNOWN => return Standing::Unseen,
        _ if verdict.reason == "Deleting" => return Standing::Busy,
        _ => {}
    }
    // What cannot be looked at is no fault of what is deployed.
    let told = answer.blockers.iter().filter(|blocker| blocker.code != BlockerCode::NotObserved);
    let causes: Vec<Cause> = told.map(|blocker| cause(object, blocker, reach)).collect();
    if !causes.is_empty() {
        return Standing::Wrong(causes);
    }
    if WRONG.contains(&verdict.reason.as_str()) {
        return Standing::Wrong(vec![Cause {
            reason: verdict.reason.clone(),
            object: None,
            message: verdict.summary.clone(),
            hint: None,
            from: Vec::new(),
        }]);
    }
    Standing::Busy
}

fn cause(object: &Kustomization, blocker: &Blocker, reach: Reach) -> Cause {
    let from = match blocker.code {
        BlockerCode::DependencyNotReady => dependencies::within(object, reach)
            .map(|dependency| ObjectKey::new(dependency.namespace, dependency.name))
            .collect(),
        // One that it has applied.
        BlockerCode::HealthFailed | BlockerCode::HealthTimeout => {
            let child = blocker.object.as_deref().and_then(named_kustomization);
            let own = object.metadata.namespace.as_deref().unwrap_or_default();
            child.filter(|child| reach.includes(own, &child.namespace)).into_iter().collect()
        }
        _ => Vec::new(),
    };
    Cause {
        reason: blocker.code.as_str().to_owned(),
        object: blocker.object.clone(),
        message: blocker.message.clone(),
        hint: blocker.hint.clone(),
        from,
    }
}

/// The Kustomization that `Kustomization/namespace/name` names.
fn named_kustomization(object: &str) -> Option<ObjectKey> {
    let (namespace, name) = object.strip_prefix("Kustomization/")?.split_once('/')?;
    Some(ObjectKey::new(namespace, name))
}
