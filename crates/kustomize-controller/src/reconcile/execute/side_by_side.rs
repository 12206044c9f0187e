//! The real applies of one stage (contracts/kustomize-controller.md 12.1): rank by rank, side by side within a rank. What
//! was recorded before, and what follows from failures, is `execute`'s.

use super::super::drift_notes;
use super::super::worker::{PIECE, Worker};
use super::{Ledger, Ready, Site};
use crate::fault::Fault;
use ::apply::execute::{Audited, Planned as Answered};
use ::apply::stage::{Rank, rank_of};
use ::apply::{Change, ObjectError, Phase};
use api::condition::reason;
use futures::{StreamExt as _, stream};
use reconcile_core::events::Severity;
use std::collections::BTreeMap;

impl Site<'_, '_> {
    /// Applies what has to be applied; the outcomes go to the ledger in the stage's own order, whichever came first. Gives
    /// the failures, in that order as well.
    pub(super) async fn apply_by_rank(
        &self,
        worker: &mut Worker<'_>,
        ledger: &mut Ledger,
        items: Vec<Ready>,
    ) -> Result<Vec<ObjectError>, Fault> {
        let mut outcomes: Vec<Option<Result<Change, ObjectError>>> = Vec::with_capacity(items.len());
        let mut ranks: BTreeMap<Rank, Vec<(usize, Box<Answered>)>> = BTreeMap::new();
        for (place, item) in items.into_iter().enumerate() {
            outcomes.push(match item {
                Ready::Settled(change) => Some(Ok(*change)),
                Ready::Withheld(withheld) => {
                    drift_notes::withheld(self.scope, &withheld);
                    ledger.withheld.insert(withheld.manifest.id());
                    Some(Ok(withheld.change()))
                }
                Ready::Answered(answered) => {
                    ranks.entry(rank_of(&answered.manifest.gvk())).or_default().push((place, answered));
                    None
                }
            });
        }
        let mut begun = 0;
        for answered in ranks.into_values() {
            let mut answered = answered.into_iter();
            loop {
                // A rank goes on where the one before left off, so that a piece is one of the run.
                let piece: Vec<_> = answered.by_ref().take(PIECE - begun % PIECE).collect();
                if piece.is_empty() {
                    break;
                }
                begun += piece.len();
                for (place, outcome) in self.apply_piece(ledger, piece).await {
                    if let Some(slot) = outcomes.get_mut(place) {
                        *slot = Some(outcome);
                    }
                }
                if begun % PIECE == 0 {
                    // What was recorded stays recorded; a newer input goes on from there.
                    worker.take_turns().await?;
                }
            }
        }
        let mut errors = Vec::new();
        for outcome in outcomes.into_iter().flatten() {
            match outcome {
                Ok(change) => ledger.changes.push(change),
                Err(error) => errors.push(error),
            }
        }
        Ok(errors)
    }

    /// Applies objects of one rank side by side.
    async fn apply_piece(
        &self,
        ledger: &mut Ledger,
        piece: Vec<(usize, Box<Answered>)>,
    ) -> Vec<(usize, Result<Change, ObjectError>)> {
        // Some of them have been sent at whatever moment this ends.
        for (_, answered) in piece.iter().filter(|(_, answered)| answered.is_write()) {
            ledger.attempted.insert(&answered.id(), &answered.manifest.gvk().version);
        }
        stream::iter(piece)
            .map(async |(place, answered)| (place, self.apply_one(&answered).await))
            .buffer_unordered(self.scope.ctx.options.concurrent_ssa.max(1))
            .collect()
            .await
    }

    /// Applies one object, against heals of it.
    async fn apply_one(&self, answered: &Answered) -> Result<Change, ObjectError> {
        let scope = self.scope;
        let id = answered.id();
        let held = scope.memory.objects.hold(&id).await;
        let differed = scope.memory.objects.differs_for(&id);
        let applied = if answered.recreate {
            // The old one may be held by finalizers for long: a newer input ends that wait.
            tokio::select! {
                applied = self.applier.apply(answered) => applied,
                () = scope.control.cancelled() => {
                    Err(ObjectError::other(&id, Phase::Delete, "is still being deleted"))
                }
            }
        } else {
            self.applier.apply(answered).await
        };
        match &applied {
            Ok(change) => {
                scope.memory.objects.settle(&answered.manifest, answered.given, change);
                if let Audited::Now(version) | Audited::Before(version) = answered.audited {
                    scope.memory.objects.looked(&id, version);
                }
                drift_notes::applied(scope, answered, change, differed);
            }
            Err(error) => {
                scope.memory.objects.doubt(error);
                drift_notes::failed(scope, answered, error, differed);
            }
        }
        drop(held);
        for field in &answered.dropped {
            let text = format!("{id}: field {field} is not declared in the schema and was left out");
            let (artifact, reason) = (Some(&self.resolved.artifact), reason::UNDECLARED_FIELD);
            scope.ctx.reporter.event(&scope.object, artifact, Severity::Error, reason, &text);
        }
        // The object may have been changed while our own apply was under way.
        scope.ctx.claims.recheck(scope.key, &scope.memory.objects, &id);
        applied
    }
}
