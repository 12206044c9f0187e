//! Looks after other clusters between runs: lets go of idle ones, and looks for those that are away, so that their
//! Kustomizations are run as soon as they are back and not only when their interval is over.
//!
//! Each is looked for by a task of its own: one that does not answer delays no other.

use crate::context::Context;
use crate::machine::Kustomizations;
use crate::step::Event;
use crate::watched_target::WatchedTarget;
use cluster::TargetId;
use reconcile_core::{Backoff, Runtime};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

/// How often anything is looked at.
const TICK: Duration = Duration::from_secs(2);
/// Between two looks for a cluster that stays away.
const PAUSES: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));

/// What is known of one cluster. Pure.
#[derive(Debug)]
struct Watched {
    /// Outages that its Kustomizations were told the end of.
    told: u64,
    tries: u32,
    due: Instant,
    /// A look is under way.
    looking: bool,
}

impl Watched {
    const fn new(now: Instant) -> Self {
        Self { told: 0, tries: 0, due: now, looking: false }
    }

    /// Whether to look whether it is back. Also when something was answered since it was lost: an API server that has just
    /// been started may refuse everybody for a moment.
    fn looks(&mut self, is_away: bool, outages: u64, now: Instant) -> bool {
        if outages == self.told {
            return false;
        }
        if is_away && self.tries == 0 && !self.looking {
            // It was tried just now.
            self.tries = 1;
            self.due = now + PAUSES.0;
        }
        let looks = !self.looking && now >= self.due;
        self.looking |= looks;
        looks
    }

    /// A look has ended; true when those who are at home there are to hear that it is back.
    fn looked(&mut self, is_back: bool, outages: u64, now: Instant) -> bool {
        self.looking = false;
        if is_back {
            self.tries = 0;
            return std::mem::replace(&mut self.told, outages) != outages;
        }
        self.due = now + Backoff::delay(PAUSES.0, PAUSES.1, self.tries);
        self.tries = self.tries.saturating_add(1);
        false
    }
}

/// Until it is dropped.
pub(crate) async fn tend(ctx: Arc<Context>, runtime: Arc<Runtime<Kustomizations>>) {
    let mut watched: HashMap<TargetId, Watched> = HashMap::new();
    let mut looks: JoinSet<(Arc<WatchedTarget>, bool)> = JoinSet::new();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => ctx.clusters.sweep(),
            Some(Ok((target, is_back))) = looks.join_next() => {
                let outages = target.cluster.reach().outages();
                let cluster = watched.get_mut(target.id());
                if cluster.is_some_and(|cluster| cluster.looked(is_back, outages, Instant::now())) {
                    target.kind_watches.retry();
                    for key in ctx.clusters.at(target.id()) {
                        runtime.send_existing(&key, Event::Due);
                    }
                }
            }
        }
        let remote: Vec<Arc<WatchedTarget>> =
            ctx.clusters.all().into_iter().filter(|target| !target.id().is_local()).collect();
        watched.retain(|id, _| remote.iter().any(|target| target.id() == id));
        for target in remote {
            let now = Instant::now();
            let cluster = watched.entry(target.id().clone()).or_insert_with(|| Watched::new(now));
            if cluster.looks(target.is_away(), target.cluster.reach().outages(), now) {
                looks.spawn(async move {
                    let is_back = target.cluster.probe().await.is_ok();
                    (target, is_back)
                });
            }
        }
    }
}

#[cfg(test)]
mod tests;
