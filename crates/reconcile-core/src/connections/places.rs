//! Who has a place, and who gives way to somebody new. Decides, and closes nothing itself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::bounds::Bounds;
use super::watched::{Activity, Lazy};

#[cfg(test)]
mod tests;

/// The connections that have a place.
pub(super) struct Places {
    bounds: Bounds,
    taken: HashMap<u64, Taken>,
    peers: HashMap<IpAddr, usize>,
    next_id: u64,
}

struct Taken {
    peer: IpAddr,
    activity: Arc<Activity>,
    give_way: CancellationToken,
}

/// A place that was given.
pub(super) struct Placed {
    pub(super) id: u64,
    pub(super) peer: IpAddr,
    pub(super) activity: Arc<Activity>,
    /// Cancelled when the connection has to end in favour of another one.
    pub(super) give_way: CancellationToken,
}

impl Places {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, taken: HashMap::new(), peers: HashMap::new(), next_id: 0 }
    }

    /// A place for a new connection of `peer`, if need be that of one that does nothing.
    pub(super) fn take(&mut self, peer: IpAddr, now: Instant) -> Option<Placed> {
        if self.of(peer) >= self.bounds.per_peer {
            let lazy = self.laziest(now, |taken| taken.peer == peer)?;
            self.dismiss(lazy);
        } else if self.taken.len() >= self.bounds.connections {
            let lazy = self.laziest(now, |_| true)?;
            self.dismiss(lazy);
        }
        let id = self.next_id;
        self.next_id += 1;
        let (activity, give_way) = (Arc::new(Activity::new(now)), CancellationToken::new());
        let placed = Placed { id, peer, activity: Arc::clone(&activity), give_way: give_way.clone() };
        self.taken.insert(id, Taken { peer, activity, give_way });
        *self.peers.entry(peer).or_default() += 1;
        Some(placed)
    }

    /// A connection ended. One that gave way has no place any more.
    pub(super) fn leave(&mut self, id: u64) {
        let Some(Taken { peer, .. }) = self.taken.remove(&id) else { return };
        if let Some(count) = self.peers.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                self.peers.remove(&peer);
            }
        }
    }

    fn dismiss(&mut self, id: u64) {
        if let Some(taken) = self.taken.get(&id) {
            taken.give_way.cancel();
        }
        self.leave(id);
    }

    fn of(&self, peer: IpAddr) -> usize {
        self.peers.get(&peer).copied().unwrap_or(0)
    }

    /// Of those who did nothing for long enough: one of the peer with most connections, and of its ones the laziest.
    fn laziest(&self, now: Instant, is_candidate: impl Fn(&Taken) -> bool) -> Option<u64> {
        let lazy = self.taken.iter().filter(|(_, taken)| is_candidate(taken)).filter_map(|(id, taken)| {
            let (since, patience) = match taken.activity.lazy_since() {
                Lazy::Slow(since) | Lazy::Idle(since) => (since, self.bounds.slow_when_short),
                Lazy::Silent(since) => (since, self.bounds.silent_when_short),
                Lazy::Busy => return None,
            };
            let over = now.saturating_duration_since(since);
            (over >= patience).then_some((self.of(taken.peer), over, *id))
        });
        lazy.max().map(|(_, _, id)| id)
    }
}
