//! The real applies of one stage (contracts/kustomize-controller.md 12.1): rank by rank, side by side within a rank. What
//! was recorded before, and what follows from failures, is `execute`'s.

use super::super::drift_notes;
use super::super::plan::REFUSALS;
use super::super::withheld::Withheld;
use super::super::worker::{PIECE, Worker};
use super::create::Made;
use super::{Ledger, New, Ready, Site};
use crate::fault::Fault;
use ::apply::execute::{Audited, Planned as Answered};
use ::apply::stage::{Rank, rank_of};
use ::apply::{Change, ObjectError, Phase};
use api::condition::reason;
use futures::{StreamExt as _, stream};
use manifest::{Gvk, ObjectId};
use reconcile_core::events::Severity;
use std::collections::BTreeMap;

/// What is left to do with one object.
enum Work {
    Apply(Box<Answered>),
    Make(Box<New>),
}

/// Objects of one rank that are written together, with their places in the stage.
type Piece = Vec<(usize, Work)>;

impl Work {
    fn gvk(&self) -> Gvk {
        match self {
            Self::Apply(answered) => answered.manifest.gvk(),
            Self::Make(new) => new.ask.manifest.gvk(),
        }
    }

    /// The object and its version, if a write may be sent.
    fn attempt(&self) -> Option<(ObjectId, String)> {
        match self {
            Self::Apply(answered) => answered.is_write().then(|| (answered.id(), self.gvk().version)),
            Self::Make(new) => Some((new.id.clone(), self.gvk().version)),
        }
    }
}

/// The outcomes of a stage in its own order, whichever came first.
struct Outcomes {
    places: Vec<Option<Result<Change, ObjectError>>>,
    /// How many objects were refused that nothing had been asked about before.
    refused: usize,
}

impl Site<'_, '_> {
    /// Applies what has to be applied; the outcomes go to the ledger in the stage's own order. Gives the failures, in that
    /// order as well, and how many objects were not asked about because too many others had been refused.
    pub(super) async fn apply_by_rank(
        &self,
        worker: &mut Worker<'_>,
        ledger: &mut Ledger,
        items: Vec<Ready>,
    ) -> Result<(Vec<ObjectError>, usize), Fault> {
        let (mut outcomes, ranks) = self.ranked(ledger, items);
        let (mut begun, mut unasked) = (0, 0);
        for work in ranks.into_values() {
            let mut work = work.into_iter();
            while outcomes.refused < REFUSALS {
                // A rank goes on where the one before left off, so that a piece is one of the run.
                let piece: Piece = work.by_ref().take(PIECE - begun % PIECE).collect();
                if piece.is_empty() {
                    break;
                }
                begun += piece.len();
                self.apply_piece(ledger, &mut outcomes, piece).await;
                if begun % PIECE == 0 {
                    // What was recorded stays recorded; a newer input goes on from there.
                    worker.take_turns().await?;
                }
            }
            unasked += work.len();
        }
        let mut errors = Vec::new();
        for outcome in outcomes.places.into_iter().flatten() {
            match outcome {
                Ok(change) => ledger.changes.push(change),
                Err(error) => errors.push(error),
            }
        }
        Ok((errors, unasked))
    }

    /// What has to be done, by rank, and the outcomes of the rest.
    fn ranked(&self, ledger: &mut Ledger, items: Vec<Ready>) -> (Outcomes, BTreeMap<Rank, Piece>) {
        let mut places = Vec::with_capacity(items.len());
        let mut ranks: BTreeMap<Rank, Piece> = BTreeMap::new();
        for (place, item) in items.into_iter().enumerate() {
            let work = match item {
                Ready::Settled(change) => {
                    places.push(Some(Ok(*change)));
                    continue;
                }
                Ready::Withheld(withheld) => {
                    places.push(Some(Ok(self.withhold(ledger, &withheld))));
                    continue;
                }
                Ready::Answered(answered) => Work::Apply(answered),
                Ready::New(new) => Work::Make(new),
            };
            places.push(None);
            ranks.entry(rank_of(&work.gvk())).or_default().push((place, work));
        }
        (Outcomes { places, refused: 0 }, ranks)
    }

    /// An object that drifted stays as it is.
    fn withhold(&self, ledger: &mut Ledger, withheld: &Withheld) -> Change {
        drift_notes::withheld(self.scope, withheld);
        ledger.withheld.insert(withheld.manifest.id());
        withheld.change()
    }

    /// Writes objects of one rank side by side.
    async fn apply_piece(&self, ledger: &mut Ledger, outcomes: &mut Outcomes, piece: Piece) {
        // Some of them have been sent at whatever moment this ends.
        for (id, version) in piece.iter().filter_map(|(_, work)| work.attempt()) {
            ledger.attempted.insert(&id, &version);
        }
        let mut made = stream::iter(piece)
            .map(async |(place, work)| {
                let made = match work {
                    Work::Apply(answered) => match self.apply_one(&answered).await {
                        Ok(change) => Made::Changed(change),
                        Err(error) => Made::Failed(error),
                    },
                    Work::Make(new) => self.make(*new).await,
                };
                (place, made)
            })
            .buffer_unordered(self.scope.ctx.options.concurrent_ssa.max(1));
        while let Some((place, made)) = made.next().await {
            let outcome = match made {
                Made::Changed(change) => Ok(change),
                Made::Withheld(withheld) => Ok(self.withhold(ledger, &withheld)),
                Made::Refused(error) => {
                    // Nothing of it is there.
                    ledger.attempted.remove(&error.id);
                    outcomes.refused += 1;
                    Err(error)
                }
                Made::Failed(error) => Err(error),
            };
            if let Some(slot) = outcomes.places.get_mut(place) {
                *slot = Some(outcome);
            }
        }
    }

    /// Applies one object, against heals of it.
    pub(super) async fn apply_one(&self, answered: &Answered) -> Result<Change, ObjectError> {
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
