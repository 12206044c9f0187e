//! What follows from a refused dry-run (contracts/kustomize-controller.md 12.2.3, 12.2.4). Only here is the live object
//! of a set without ignored fields read: a directive on it skips it, force needs to know that it exists, and entries of
//! its field managers may be in the way.

use super::{Applier, Planned, Refused};
use crate::error::{ObjectError, Phase};
use crate::judge::{Answer, Verdict};
use crate::migrate;
use crate::outcome::{self, AfterRefusal};
use crate::recreate;
use cluster::{Class, Error as ApiError};
use serde_json::Value;

impl Applier {
    /// The refusal stands, unless the live object says otherwise.
    pub(super) async fn after_failed_dry_run(
        &self,
        mut planned: Planned,
        force: bool,
        error: &ApiError,
    ) -> Result<Planned, Box<Refused>> {
        let refused = |planned: Planned| {
            let error = self.failed(&planned, Phase::DryRun, error);
            Err(Box::new(Refused { manifest: planned.manifest, error }))
        };
        if !outcome::asks_for_live(error) {
            return refused(planned);
        }
        let Ok(Some(live)) = planned.endpoint.get(planned.manifest.name()).await else {
            return refused(planned);
        };
        let decided = outcome::after_refusal(&planned.manifest, &live, force, error.classify());
        let creatable = decided == AfterRefusal::AskToCreate && self.is_creatable(&planned, &live).await;
        planned.answer = Some(Answer { object: live, handled_from: None });
        match decided {
            AfterRefusal::Skip => Ok(planned),
            AfterRefusal::AskToCreate if creatable => {
                Ok(Planned { verdict: Verdict::Create, recreate: true, ..planned })
            }
            AfterRefusal::AskToCreate | AfterRefusal::Refused => refused(planned),
        }
    }

    /// Whether the manifest that was refused as a change would be accepted as a new object: then it is the change that is
    /// refused, not the manifest. Asked under a name that nobody has, and nothing is made.
    async fn is_creatable(&self, planned: &Planned, live: &Value) -> bool {
        let Some(stand_in) = recreate::stand_in(&planned.manifest, live) else { return false };
        let answer = planned.endpoint.apply(stand_in.value(), &self.manager, true).await;
        answer.is_ok_and(|answer| !answer.exists())
    }

    /// Lifts entries of older API versions; whether there were any. A real write, which touches nothing but metadata of an
    /// object that exists, and without which its dry-run cannot be made.
    pub(super) async fn migrate(&self, planned: &Planned, refusal: &ApiError) -> Result<bool, ObjectError> {
        if !outcome::asks_for_live(refusal) {
            return Ok(false);
        }
        for left in (0..3).rev() {
            let Ok(Some(live)) = planned.endpoint.get(planned.manifest.name()).await else {
                return Ok(false);
            };
            let desired = planned.manifest.value();
            let Some(patch) = migrate::patch(desired, &live).filter(|_| !crate::directive::is_ignored(&live))
            else {
                return Ok(false);
            };
            match planned.endpoint.json_patch(planned.manifest.name(), &patch, &self.manager).await {
                Ok(_) => return Ok(true),
                Err(error) if error.classify() == Class::Conflict && left > 0 => {}
                Err(error) => return Err(self.failed(planned, Phase::CleanUp, &error)),
            }
        }
        Ok(false)
    }
}
