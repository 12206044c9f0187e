//! Objects that are created without a dry-run before it (docs/design/0019-first-apply.md). An attempt that comes to nothing
//! is followed by what is done with every other object: it is asked about, judged, and applied if that is what the answer
//! says.

use super::super::drift_notes;
use super::{New, Site, permitted};
use crate::reconcile::withheld::Withheld;
use ::apply::creation::{Created, Missed};
use ::apply::{Ask, Change, ObjectError};
use std::sync::atomic::Ordering::Relaxed;

/// After so many attempts of a run that came to nothing its other objects are asked about first: they are there already, or
/// this account may not create them.
const MISSES: usize = 10;

/// What became of an object that was to be created.
pub(super) enum Made {
    /// It was created, or applied.
    Changed(Change),
    /// It was there, and has drifted.
    Withheld(Box<Withheld>),
    /// It was refused, and nothing of it was written.
    Refused(ObjectError),
    /// It could not be written, or not be asked about; it may be there.
    Failed(ObjectError),
}

impl Site<'_, '_> {
    /// An object as the API server will know it; `Err` gives back one of which that cannot be said.
    pub(super) async fn placed(&self, ask: Ask) -> Result<New, Box<Ask>> {
        let (gvk, mut id) = (ask.manifest.gvk(), ask.manifest.id());
        let resolved = self.scope.target.mapper().resolve(&gvk.group, &gvk.version, &gvk.kind).await;
        match resolved {
            Ok(resolved) if !resolved.namespaced => id.namespace.clear(),
            Ok(_) if !id.namespace.is_empty() => {}
            _ => return Err(Box::new(ask)),
        }
        Ok(New { id, ask })
    }

    /// Creates one object.
    pub(super) async fn make(&self, new: New) -> Made {
        let mut missed = Missed::Refused;
        if self.missed.load(Relaxed) < MISSES {
            match self.create(&new).await {
                Ok(change) => return Made::Changed(change),
                Err(why) => missed = why,
            }
            self.missed.fetch_add(1, Relaxed);
        }
        let force = self.scope.object.spec.force;
        let answered = match self.applier.dry_run_one(new.ask, force).await {
            Ok(answered) => answered,
            Err(refused) => {
                drift_notes::refused(self.scope, &refused.error);
                return match missed {
                    Missed::Refused => Made::Refused(refused.error),
                    Missed::Open => Made::Failed(refused.error),
                };
            }
        };
        match permitted(self.scope, answered) {
            Ok(answered) => match self.apply_one(&answered).await {
                Ok(change) => Made::Changed(change),
                Err(error) => Made::Failed(error),
            },
            Err(withheld) => Made::Withheld(withheld),
        }
    }

    /// Creates one object that is not there, against heals of it.
    async fn create(&self, new: &New) -> Result<Change, Missed> {
        let scope = self.scope;
        let held = scope.memory.objects.hold(&new.id).await;
        let Created { manifest, given, change } = self.applier.create(&new.ask).await?;
        scope.memory.objects.settle(&manifest, given, &change);
        drift_notes::created(scope, &change);
        drop(held);
        // The object may have been changed while it was made.
        scope.ctx.claims.recheck(scope.key, &scope.memory.objects, &new.id);
        Ok(change)
    }
}
