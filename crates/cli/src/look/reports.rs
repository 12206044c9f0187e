//! What controllers have published of Kustomizations, and the HealthRules of the cluster. None of these kinds needs to be
//! there: without them less is known, and nothing is wrong.

use std::collections::BTreeMap;

use api::convergence::ConvergenceStatus;
use api::drift_report::DriftReportStatus;
use api::{FLYBALL_GROUP, FLYBALL_VERSION};
use kube::Client;
use kube::api::ListParams;
use kube::core::DynamicObject;
use serde::de::DeserializeOwned;

use super::answer::Answer;
use super::fleet::Key;
use super::pages;
use crate::resource::{Kinds, Lookup};

/// Whose reports are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Of one Kustomization.
    One(Key),
    /// Of all in a namespace.
    Namespace(String),
    /// Of all.
    All,
}

/// What was published.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reports {
    /// What health-controller says.
    pub(crate) convergences: BTreeMap<Key, ConvergenceStatus>,
    /// What kustomize-controller says of drift.
    pub(crate) drift: BTreeMap<Key, DriftReportStatus>,
    /// What could not be looked at.
    pub(crate) notes: Vec<String>,
}

impl Reports {
    /// Of Convergences that are at hand.
    pub(crate) fn of_convergences(objects: Vec<DynamicObject>) -> Self {
        Self { convergences: objects.into_iter().filter_map(status).collect(), ..Self::default() }
    }

    /// Reads them.
    pub(crate) async fn read(client: &Client, kinds: &Kinds, scope: &Scope) -> Self {
        let ((convergences, of_these), (drift, of_those)) = futures::join!(
            statuses(client, kinds, "Convergence", scope),
            statuses(client, kinds, "DriftReport", scope)
        );
        Self { convergences, drift, notes: [of_these, of_those].concat() }
    }
}

async fn statuses<S: DeserializeOwned>(
    client: &Client,
    kinds: &Kinds,
    kind: &str,
    scope: &Scope,
) -> (BTreeMap<Key, S>, Vec<String>) {
    let mut notes = Vec::new();
    let Lookup::Served(served) = kinds.of(FLYBALL_GROUP, FLYBALL_VERSION, kind) else {
        return (BTreeMap::new(), notes);
    };
    let params = ListParams::default();
    let what = format!("{kind}s");
    let items: Vec<DynamicObject> = match scope {
        Scope::One((namespace, name)) => {
            let found = Answer::of(served.api(client, namespace).get_opt(name).await).found();
            found.into_iter().collect()
        }
        Scope::Namespace(namespace) => {
            Answer::of_list(pages::list(&served.api(client, namespace), &params).await)
                .found()
                .map_or_else(Vec::new, |list| list.noting(&what, &mut notes))
        }
        Scope::All => Answer::of_list(pages::list(&served.api_in_all(client), &params).await)
            .found()
            .map_or_else(Vec::new, |list| list.noting(&what, &mut notes)),
    };
    (items.into_iter().filter_map(status).collect(), notes)
}

/// Namespace, name and status of a report that has one.
fn status<S: DeserializeOwned>(object: DynamicObject) -> Option<(Key, S)> {
    let DynamicObject { metadata, mut data, .. } = object;
    let status = serde_json::from_value(data.get_mut("status")?.take()).ok()?;
    Some(((metadata.namespace.unwrap_or_default(), metadata.name.unwrap_or_default()), status))
}
