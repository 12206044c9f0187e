//! Deleting what an inventory no longer wants (contracts/kustomize-controller.md 15, 16; decisions 3.3).
//!
//! Reads each object, judges its labels, and deletes exactly that object. Which ids are stale, and what happens to
//! the inventory, is the caller's.

use crate::changeset::{Action, Change};
use crate::directive;
use crate::endpoint::Endpoint;
use crate::error::{ObjectError, Phase};
use crate::execute::Applier;
use crate::outcome::{AfterDelete, after_delete, judged};
use cluster::{Class, Definition};
use manifest::{ObjectId, order};
use serde_json::Value;

/// Whose objects may be deleted.
#[derive(Clone, Debug)]
pub struct Owner {
    /// Namespace in the owner labels.
    pub namespace: String,
    /// Name in the owner labels.
    pub name: String,
}

/// What the live object's labels allow. Pure.
#[must_use]
pub fn may_delete(live: &Value, owner: &Owner) -> bool {
    directive::owner(live).is_some_and(|(namespace, name)| namespace == owner.namespace && name == owner.name)
        && !directive::is_kept(live)
}

/// Ids in deletion order: the reverse of apply order.
#[must_use]
pub fn deletion_order(mut ids: Vec<(ObjectId, String)>) -> Vec<(ObjectId, String)> {
    ids.sort_by(|a, b| order::apply_order(&b.0, &a.0));
    ids
}

/// How often a deletion is judged again after a conflict.
const MAX_CONFLICTS: usize = 8;

impl Applier {
    /// Deletes one stale object: `Deleted` when it is gone or its deletion was accepted, `Skipped` when it is not ours
    /// to delete.
    ///
    /// # Errors
    /// The API server's refusal; the caller keeps the id.
    pub async fn delete(&self, id: &ObjectId, version: &str, owner: &Owner) -> Result<Change, ObjectError> {
        let done = |action| Change {
            id: id.clone(),
            version: version.to_owned(),
            action,
            baseline: None,
            object: None,
        };
        let fail = |error: &cluster::Error| ObjectError::from_api(id, Phase::Query, error);
        id.check().map_err(|error| ObjectError::unfit_name(id, Phase::Delete, &error))?;
        for _ in 0..MAX_CONFLICTS {
            let Some((endpoint, live)) = self.find(id, version).await.map_err(|error| fail(&error))? else {
                return Ok(done(Action::Deleted));
            };
            if !may_delete(&live, owner) {
                return Ok(done(Action::Skipped));
            }
            match endpoint.delete(&id.name, &judged(&live)).await {
                Ok(()) => {
                    let mut change = done(Action::Deleted);
                    change.object = Some(live);
                    return Ok(change);
                }
                Err(error) => match after_delete(&error) {
                    AfterDelete::Gone => return Ok(done(Action::Deleted)),
                    AfterDelete::JudgeAgain => {}
                    AfterDelete::Refused => {
                        let known = self.known(&live);
                        return Err(ObjectError::of_known(id, Phase::Delete, &error, &known));
                    }
                },
            }
        }
        Err(ObjectError::other(id, Phase::Delete, "delete failed: it keeps changing"))
    }

    /// The live object of an inventory id, if there is one.
    ///
    /// # Errors
    /// Anything but "not found".
    pub async fn live(&self, id: &ObjectId, version: &str) -> Result<Option<Value>, ObjectError> {
        id.check().map_err(|error| ObjectError::unfit_name(id, Phase::Delete, &error))?;
        let fail = |error: &cluster::Error| ObjectError::from_api(id, Phase::Query, error);
        let found = self.find(id, version).await.map_err(|error| fail(&error))?;
        Ok(found.map(|(_, live)| live))
    }

    /// The live object and its place; `None` once it is known to be gone.
    async fn find(&self, id: &ObjectId, version: &str) -> Result<Option<(Endpoint, Value)>, cluster::Error> {
        for again in [true, false] {
            let Some(endpoint) = self.place(id, version).await? else { break };
            match endpoint.get(&id.name).await {
                Ok(live) => return Ok(live.map(|live| (endpoint, live))),
                // The path is not served: what we know of it is older than the change that took it away.
                Err(error) if again && error.classify() == Class::NotFound => self.mapper().invalidate(),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Where an inventory id lives; the recorded version may be gone, then any served one is taken. `None` only when
    /// nothing defines the kind any more: its objects went with its definition. A kind that is defined and not served,
    /// because its API server is down for example, is an error.
    async fn place(&self, id: &ObjectId, version: &str) -> Result<Option<Endpoint>, cluster::Error> {
        let mapper = self.mapper();
        let resolved = match mapper.resolve(&id.group, version, &id.kind).await {
            Err(error) if error.classify() == Class::NotFound => {
                mapper.resolve_any_version(&id.group, &id.kind).await
            }
            other => other,
        };
        match resolved {
            Ok(resolved) => Ok(Some(self.endpoint(&resolved, &id.namespace))),
            Err(error) if error.classify() == Class::NotFound => {
                match self.definition(&id.group, &id.kind).await? {
                    Definition::None => Ok(None),
                    definition => Err(cluster::Error::not_served(&id.group, &id.kind, &definition)),
                }
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
