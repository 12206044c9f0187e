//! The second half of a stage: what was planned is written, one object at a time (contracts/kustomize-controller.md
//! 12.2). What is written and in which order is decided before; nothing is compared here.

use super::{Applier, Planned};
use crate::changeset::Change;
use crate::cleanup;
use crate::directive;
use crate::endpoint::name_of;
use crate::error::{ObjectError, Phase};
use crate::ignore;
use crate::judge::{Answer, Verdict};
use crate::outcome;
use cluster::{Class, Error as ApiError};
use serde_json::Value;
use std::time::Duration;

/// How often an object that is read before it is written or deleted is read again because somebody else wrote in between.
const MAX_CONFLICTS: usize = 8;

impl Applier {
    /// Writes one planned object and tells what became of it.
    ///
    /// # Errors
    /// The API server's refusal, in Flux's words.
    pub async fn apply(&self, planned: &Planned) -> Result<Change, ObjectError> {
        if !planned.is_write() {
            return Ok(planned.settled(&self.manager));
        }
        if planned.recreate {
            self.delete_for_recreation(planned).await?;
        }
        if planned.verdict == Verdict::CleanUp {
            self.clean_up(planned).await?;
        }
        let answer = self.send(planned).await?;
        let before = planned.answer.as_ref();
        Ok(outcome::applied(&planned.manifest, planned.recreate, before, answer.object, &self.manager))
    }

    /// The apply itself. An object with ignored fields is read first, and applied as it was read or not at all.
    async fn send(&self, planned: &Planned) -> Result<Answer, ObjectError> {
        let fail = |error: &ApiError| self.failed(planned, Phase::Apply, error);
        let apply = async |payload: &Value| planned.endpoint.apply(payload, &self.manager, false).await;
        let dry_run = planned.answer.as_ref().filter(|_| !planned.recreate && !planned.ignored.is_empty());
        let Some(dry_run) = dry_run else {
            return apply(planned.manifest.value()).await.map_err(|error| fail(&error));
        };
        for left in (0..MAX_CONFLICTS).rev() {
            let live = planned.endpoint.get(planned.manifest.name()).await.map_err(|error| fail(&error))?;
            let Some(live) = live else { break };
            let manifest = planned.manifest.value();
            let payload = ignore::reshaped(manifest, &live, &dry_run.object, &planned.ignored, &self.manager)
                .map_err(|error| ObjectError::plain(&planned.id(), Phase::Apply, error.to_string()))?;
            match apply(&payload).await {
                Err(error) if error.classify() == Class::Conflict && left > 0 => {}
                answer => return answer.map_err(|error| fail(&error)),
            }
        }
        apply(planned.manifest.value()).await.map_err(|error| fail(&error))
    }

    async fn clean_up(&self, planned: &Planned) -> Result<(), ObjectError> {
        let fail = |error: &ApiError| self.failed(planned, Phase::CleanUp, error);
        for attempt in 0.. {
            let Some(live) = planned.endpoint.get(planned.manifest.name()).await.map_err(|e| fail(&e))?
            else {
                return Ok(());
            };
            let Some(patch) = cleanup::patch(planned.manifest.value(), &live, &self.manager, &self.overrides)
            else {
                return Ok(());
            };
            match planned.endpoint.json_patch(planned.manifest.name(), &patch, &self.manager).await {
                Ok(_) => return Ok(()),
                Err(error) if error.classify() == Class::Conflict && attempt < 3 => {}
                Err(error) => {
                    let known = self.known(planned.manifest.value()).and(&live);
                    return Err(ObjectError::of_known(&planned.id(), Phase::CleanUp, &error, &known));
                }
            }
        }
        Ok(())
    }

    /// Deletes the live object under preconditions and waits until it is gone. One that somebody writes in between, as
    /// controllers do with its status, is judged again.
    async fn delete_for_recreation(&self, planned: &Planned) -> Result<(), ObjectError> {
        let fail = |error: &ApiError| self.failed(planned, Phase::Delete, error);
        let Some(answer) = &planned.answer else { return Ok(()) };
        let mut judged = outcome::judged(&answer.object);
        for left in (0..MAX_CONFLICTS).rev() {
            match planned.endpoint.delete(name_of(&answer.object), &judged).await {
                Ok(()) => break,
                Err(error) if error.is_absence() => return Ok(()),
                Err(error) if error.classify() == Class::Conflict && left > 0 => {
                    let live = planned.endpoint.get(planned.manifest.name()).await.map_err(|e| fail(&e))?;
                    let Some(live) = live.filter(|live| !outcome::is_gone(Some(live), &judged)) else {
                        return Ok(());
                    };
                    if directive::is_ignored(&live) {
                        return Err(fail(&error));
                    }
                    judged = outcome::judged(&live);
                }
                Err(error) => return Err(fail(&error)),
            }
        }
        // Finalizers may hold it: unbounded, as in Flux (contract 12.2.4), until the caller drops this.
        let mut pause = Duration::from_millis(50);
        loop {
            let live = planned.endpoint.get(planned.manifest.name()).await.map_err(|e| fail(&e))?;
            if outcome::is_gone(live.as_ref(), &judged) {
                return Ok(());
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }
}
