//! What is known of the object that is waited for, at one time.

use std::sync::Arc;

use api::convergence::{Blocker, ConvergenceStatus};
use api::explain::ObjectExplanation;
use api::{FLUX_VERSION, KUSTOMIZE_GROUP, SOURCE_GROUP};
use health::wording;
use kube::core::DynamicObject;
use serde_json::Value;

use super::goal::{Goal, Progress, of_kustomization, of_object};
use super::standing::Run;
use crate::cluster::failed;
use crate::error::CliError;
use crate::look::{Depth, Elsewhere, Key, Looker, Member, Ownership, Reports, Scope, current_answer};
use crate::present::Line;
use crate::present::explanation::headline;
use crate::resource::{Lookup, Target};

/// helm-controller's group.
pub(super) const HELM_GROUP: &str = "helm.toolkit.fluxcd.io";

/// What is known.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// Whether it has come.
    pub(super) progress: Progress,
    /// The answer in one sentence; none where there is nothing to say it of.
    pub(super) headline: Option<Line>,
    /// What stands in the way.
    pub(super) blockers: Vec<Blocker>,
    /// What comes next, if it is a Kustomization.
    pub(super) run: Run,
    /// The Kustomization that it is, or is applied by.
    pub(super) kustomization: Option<Member>,
    /// Whether health-controller tells of it, so that nothing else needs to be watched.
    pub(super) is_published: bool,
    /// The other cluster that its objects are in, if that was reached.
    pub(super) elsewhere: Option<Arc<Elsewhere>>,
    /// What could not be looked at.
    pub(super) notes: Vec<String>,
}

impl Seen {
    fn waits(what: &str) -> Self {
        Self::of(Progress::Waits(what.to_owned()), Vec::new())
    }

    /// Of what is no Kustomization.
    fn of(progress: Progress, blockers: Vec<Blocker>) -> Self {
        Self {
            progress,
            headline: None,
            blockers,
            run: Run::default(),
            kustomization: None,
            is_published: false,
            elsewhere: None,
            notes: Vec::new(),
        }
    }
}

/// Looks.
pub(super) async fn look(looker: &Looker, target: &Target, goal: &Goal) -> Result<Seen, CliError> {
    if target.is(KUSTOMIZE_GROUP, "Kustomization") {
        let key = (target.namespace.clone(), target.name.clone());
        kustomization(looker, &key, goal).await
    } else {
        object(looker, target, goal).await
    }
}

async fn kustomization(looker: &Looker, key: &Key, goal: &Goal) -> Result<Seen, CliError> {
    let Some(member) = looker.member(key).await? else { return Ok(Seen::waits("it does not exist yet")) };
    let reports = Reports::read(looker.client(), looker.kinds(), &Scope::One(key.clone())).await;
    let published: Option<&ConvergenceStatus> = reports.convergences.get(key);
    let answer = published.and_then(|published| current_answer(&member.object, published));
    let is_published = answer.is_some();
    let (object, explanation, elsewhere, notes) = match answer {
        Some(answer) => (Arc::clone(&member.object), answer, None, Vec::new()),
        None => match looker.one(key, Depth::Quick).await? {
            Some(looked) => (looked.object, looked.explanation, looked.elsewhere, looked.notes),
            None => return Ok(Seen::waits("it does not exist any more")),
        },
    };
    Ok(Seen {
        progress: of_kustomization(goal, &object, &explanation),
        // What is waited for may not have come although all is well: that is said, then.
        headline: Some(headline(&explanation)).filter(|_| !explanation.is_converged()),
        run: Run::of(&object, explanation.desired.as_ref().map(|desired| desired.revision.as_str())),
        blockers: explanation.blockers,
        kustomization: Some(member),
        is_published,
        elsewhere,
        notes,
    })
}

async fn object(looker: &Looker, target: &Target, goal: &Goal) -> Result<Seen, CliError> {
    let what = || target.id().to_string();
    let objects = target.api(looker.client());
    let found = if target.is("", "Secret") {
        let found = objects.get_metadata_opt(&target.name).await;
        found.map(|found| {
            found.map(|found| DynamicObject { types: None, metadata: found.metadata, data: Value::Null })
        })
    } else {
        objects.get_opt(&target.name).await
    };
    let found = found.map_err(|error| failed(&what(), &error.into()))?;
    let Some(object) = found else { return Ok(Seen::waits("it does not exist yet")) };
    let revision = revision(target, &object.data);
    let owner = if *goal == Goal::Converged { looker.owner(&object).await } else { Ownership::default() };
    let looked = match &owner.kustomization {
        Some(key) if owner.owners.is_empty() && has_kustomizations(looker) => {
            looker.one(key, Depth::Quick).await?
        }
        _ => None,
    };
    let Some(alone) = looker.alone(target, object).await else {
        return Ok(Seen::waits("it cannot be judged"));
    };
    let Some(known) = alone.object else { return Ok(Seen::waits("it cannot be judged")) };
    let id = target.id().to_inventory();
    let applied: Option<&ObjectExplanation> =
        looked.as_ref().and_then(|looked| looked.explanation.objects.iter().find(|object| object.id == id));
    let mut blockers = alone.blockers;
    if let Some(looked) = &looked {
        let subject = target.id().to_string();
        let theirs =
            looked.explanation.blockers.iter().filter(|blocker| blocker.object.as_ref() == Some(&subject));
        let new: Vec<Blocker> = theirs
            .filter(|blocker| blockers.iter().all(|known| known.code != blocker.code))
            .cloned()
            .collect();
        blockers.extend(new);
    }
    Ok(Seen::of(of_object(goal, &known, applied, revision.as_deref()), blockers))
}

/// Whether there can be any; without them nothing is applied but by hand.
fn has_kustomizations(looker: &Looker) -> bool {
    matches!(looker.kinds().of(KUSTOMIZE_GROUP, FLUX_VERSION, "Kustomization"), Lookup::Served(_))
}

/// The revision that a source has stored, or the version that a HelmRelease has installed.
fn revision(target: &Target, body: &Value) -> Option<String> {
    let path = match target.served.resource.group.as_str() {
        SOURCE_GROUP => "/status/artifact/revision",
        HELM_GROUP => "/status/history/0/chartVersion",
        _ => return None,
    };
    body.pointer(path).and_then(Value::as_str).map(wording::word)
}
