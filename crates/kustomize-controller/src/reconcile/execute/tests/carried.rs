//! A plan carried out over a script: the part of a run between its build and its health checks.

use crate::fault::Fault;
use crate::reconcile::build::{Built, Depth};
use crate::reconcile::execute::{Applied, execute};
use crate::reconcile::plan;
use crate::reconcile::policy::{self, Permit};
use crate::reconcile::recorder::{Recorder, Step};
use crate::reconcile::scope::{Resolved, Scope};
use crate::reconcile::worker::Worker;
use crate::samples::{Fixture, input};
use manifest::Manifest;

/// Plans and executes; the status is written at the end, as a run does whatever came of it.
pub(super) async fn carry_out(
    fixture: &Fixture,
    depth: Depth,
    objects: Vec<Manifest>,
) -> Result<Applied, Fault> {
    let (scope, resolved, mut recorder) = (fixture.scope(), fixture.resolved(), fixture.recorder());
    recorder.resolved(&resolved);
    recorder.enter(Step::DetectingDrift);
    let built = Built { depth, objects, input: input(), memory: None, repeats: false };
    let done = steps(&scope, &mut recorder, &resolved, built).await;
    // What a write meets is a matter of other tests.
    drop(recorder.write().await);
    done
}

pub(super) async fn steps(
    scope: &Scope<'_>,
    recorder: &mut Recorder<'_>,
    resolved: &Resolved,
    built: Built,
) -> Result<Applied, Fault> {
    let mut worker = Worker::new(scope.control);
    worker.work().await?;
    let mut planned = plan::plan(scope, recorder, &mut worker, built).await?;
    if let Permit::Withheld(ids) =
        policy::permit(&planned.changes, scope.drift_mode(), jiff::Timestamp::now())
    {
        planned.withhold(&ids);
    }
    execute(scope, recorder, &mut worker, resolved, planned).await
}
