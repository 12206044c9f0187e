//! One object by itself, or one source: judged and explained as if a Kustomization had applied just that.

use std::sync::Arc;

use api::convergence::Blocker;
use api::explain::{Explanation, ObjectExplanation};
use api::kustomization::Kustomization;
use convergence::dependencies::{self, Reach};
use convergence::{Owner, Seen, SourceView, Visibility};
use manifest::ObjectId;
use serde_json::{Value, json};

use super::replay::{Gathered, Since};
use super::sources::SourceKey;

#[cfg(test)]
mod tests;

/// Name and namespace of the Kustomization that there is not.
const NOBODY: (&str, &str) = ("", "");

/// What is known of one object by itself.
#[derive(Debug, Clone)]
pub(crate) struct Alone {
    /// How it is.
    pub(crate) object: Option<ObjectExplanation>,
    /// What is wrong with it.
    pub(crate) blockers: Vec<Blocker>,
}

impl From<Explanation> for Alone {
    fn from(explanation: Explanation) -> Self {
        Self { object: explanation.objects.into_iter().next(), blockers: explanation.blockers }
    }
}

/// As whom an object that is looked at alone is owned.
pub(crate) fn owner() -> Owner {
    Owner::new(NOBODY.0, NOBODY.1)
}

/// What there is to explain of one object, seen as [`owner`]'s.
pub(crate) fn of_object(id: ObjectId, seen: Since<Arc<Seen>>) -> Option<Gathered> {
    let object = (id, Since { what: Visibility::Seen(seen.what), since: seen.since });
    Some(Gathered { objects: vec![object], ..of_nothing(None)? })
}

/// What there is to explain of one source.
pub(crate) fn of_source(key: &SourceKey, source: Since<SourceView>) -> Option<Gathered> {
    let mut gathered = of_nothing(Some(key))?;
    if let (SourceView::Known(known), Some(status)) = (&source.what, &mut gathered.kustomization.what.status)
    {
        // Whether it is applied is no matter of the source.
        status.last_applied_revision.clone_from(&known.revision);
        status.last_attempted_revision.clone_from(&known.revision);
    }
    gathered.source = source;
    Some(gathered)
}

fn of_nothing(source: Option<&SourceKey>) -> Option<Gathered> {
    let object = kustomization(source)?;
    let chain = dependencies::chain(&object, Reach::OwnNamespace, |_| None);
    Some(Gathered {
        kustomization: Since { what: object, since: None },
        source: Since { what: SourceView::Hidden, since: None },
        chain,
        objects: Vec::new(),
        leaving: Vec::new(),
        rivals: Vec::new(),
        drift: None,
        published: None,
        last_words: None,
    })
}

/// A Kustomization that has applied everything, long ago.
fn kustomization(source: Option<&SourceKey>) -> Option<Kustomization> {
    let (kind, namespace, name) = match source {
        Some((kind, namespace, name)) => (*kind, namespace.as_str(), name.as_str()),
        None => ("GitRepository", "", ""),
    };
    let object: Value = json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"namespace": NOBODY.0, "name": NOBODY.1, "generation": 1},
        "spec": {"interval": "1h", "prune": false,
            "sourceRef": {"kind": kind, "namespace": namespace, "name": name}},
        "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True",
            "reason": "ReconciliationSucceeded", "message": "", "lastTransitionTime": "1970-01-01T00:00:00Z"}]},
    });
    serde_json::from_value(object).ok()
}
