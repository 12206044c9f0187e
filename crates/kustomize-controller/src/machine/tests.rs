//! What stands for a panic, and jobs of objects that are gone.

use super::Kustomizations;
use crate::reconcile::telling::Occasion;
use crate::samples::{Fixture, Lent, key, local};
use crate::step::{Event, Job, Next};
use reconcile_core::{Lane, Machine as _};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

async fn machine(longest_retry: u64) -> Arc<Kustomizations> {
    let Fixture { mut ctx, .. } = Fixture::with_spec(json!({})).await;
    ctx.options.retry.1 = Duration::from_secs(longest_retry);
    Arc::new(Kustomizations { ctx: Arc::new(ctx) })
}

#[tokio::test]
async fn a_panic_is_a_passing_fault_of_its_lane() {
    for (longest, delay) in [(900, 60), (5, 5)] {
        let machine = machine(longest).await;
        let Event::RunEnded(report) = machine.panicked(Lane::Run, "index out of bounds".into()) else {
            panic!("a run's panic ends a run")
        };
        assert_eq!(report.next, Next::After(Duration::from_secs(delay)));
        assert!(report.transient && report.revision.is_none());
        let Event::HealEnded(report) = machine.panicked(Lane::Heal, "index out of bounds".into()) else {
            panic!("a heal's panic ends a heal")
        };
        assert!(report.failed && report.braked.is_none(), "a run finds out");
    }
}

#[tokio::test]
async fn a_job_of_an_object_that_is_gone_does_nothing() {
    let (machine, lent) = (machine(900).await, Lent::new().await);
    let state = machine.new_state(&key("gone"));
    let run = Job::Run { memory: Arc::clone(&state.memory), failures: 0, occasion: Occasion::Due };
    let ended = Arc::clone(&machine).run(key("gone"), run, lent.control.clone()).await;
    assert!(matches!(ended, Event::RunEnded(report) if report.next == Next::OnChange));
    let heal = Job::Heal { memory: state.memory, objects: BTreeSet::from([local("a")]) };
    let ended = machine.run(key("gone"), heal, lent.control.clone()).await;
    assert!(matches!(ended, Event::HealEnded(report) if !report.failed));
}
