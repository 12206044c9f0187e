//! Places that groups take in turn: which of many that wait goes next when a place becomes free.
//!
//! It knows nothing of what the places are for, and nothing of cancellation: who stops waiting drops the future.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

#[cfg(test)]
mod tests;

/// A number of places, and those that wait for one. A group is a namespace, for most.
///
/// # Guarantees
/// - At most `places` are out at a time, and at most `each` of one group.
/// - A place that becomes free goes to the group that holds fewest, of those to the one whose turn was longest ago, and
///   within a group to who has waited longest. So a group with a thousand in line costs another one's first no more than
///   a group with one.
/// - No place stays free while somebody waits who may have it.
/// - Who stops waiting leaves nothing behind, also when the place was on its way.
pub struct Turns {
    each: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    free: usize,
    held: HashMap<Arc<str>, usize>,
    /// Of the groups that wait; the first one's turn was longest ago.
    lines: VecDeque<Line>,
    /// Waiters so far.
    count: u64,
}

struct Line {
    group: Arc<str>,
    waiting: VecDeque<(u64, oneshot::Sender<()>)>,
}

impl Turns {
    /// At least one place, and at least one for each group.
    pub fn new(places: usize, each: usize) -> Arc<Self> {
        let inner = Inner { free: places.max(1), ..Inner::default() };
        Arc::new(Self { each: each.max(1), inner: Mutex::new(inner) })
    }

    /// Waits for the group's turn. Drop the future to stop waiting.
    pub async fn take(self: &Arc<Self>, group: &Arc<str>) -> Place {
        let mut waiting = match self.enter(group) {
            Ok(place) => return place,
            Err(waiting) => waiting,
        };
        if let Some(turn) = &mut waiting.turn {
            // The sender waits in line until it has sent.
            _ = turn.await;
        }
        waiting.turn = None;
        Place { turns: Arc::clone(self), group: Arc::clone(group) }
    }

    /// Who waits at the moment.
    pub fn waiting(&self) -> usize {
        self.inner.lock().lines.iter().map(|line| line.waiting.len()).sum()
    }

    /// Whether a group other than this one waits at the moment.
    pub fn keeps_others_waiting(&self, group: &Arc<str>) -> bool {
        self.inner.lock().lines.iter().any(|line| line.group != *group)
    }

    fn enter(self: &Arc<Self>, group: &Arc<str>) -> Result<Place, Waiting> {
        let mut inner = self.inner.lock();
        // What is free now, nobody who waits may have.
        if inner.free > 0 && inner.holds(group) < self.each {
            inner.give(group);
            return Ok(Place { turns: Arc::clone(self), group: Arc::clone(group) });
        }
        let (sender, turn) = oneshot::channel();
        inner.count += 1;
        let number = inner.count;
        match inner.lines.iter_mut().find(|line| line.group == *group) {
            Some(line) => line.waiting.push_back((number, sender)),
            None => {
                let waiting = VecDeque::from([(number, sender)]);
                inner.lines.push_back(Line { group: Arc::clone(group), waiting });
            }
        }
        Err(Waiting { turns: Arc::clone(self), group: Arc::clone(group), number, turn: Some(turn) })
    }

    /// Takes a group's place back, and gives what is free to whose turn it is.
    fn give_back(&self, group: &Arc<str>) {
        let mut inner = self.inner.lock();
        inner.free += 1;
        if let Some(held) = inner.held.get_mut(group) {
            *held -= 1;
            if *held == 0 {
                inner.held.remove(group);
            }
        }
        while inner.free > 0
            && let Some(group) = inner.next(self.each)
        {
            inner.give(&group);
        }
    }
}

impl Inner {
    fn holds(&self, group: &Arc<str>) -> usize {
        self.held.get(group).copied().unwrap_or_default()
    }

    fn give(&mut self, group: &Arc<str>) {
        self.free -= 1;
        *self.held.entry(Arc::clone(group)).or_default() += 1;
    }

    /// Tells the one whose turn it is, and says which group it is of.
    fn next(&mut self, each: usize) -> Option<Arc<str>> {
        loop {
            let lines = self.lines.iter().enumerate();
            let may = lines.map(|(at, line)| (self.holds(&line.group), at)).filter(|(held, _)| *held < each);
            // The first of several that hold as few.
            let (_, at) = may.min()?;
            let mut line = self.lines.remove(at)?;
            let group = Arc::clone(&line.group);
            let first = line.waiting.pop_front();
            if !line.waiting.is_empty() {
                self.lines.push_back(line);
            }
            if first.is_some_and(|(_, sender)| sender.send(()).is_ok()) {
                return Some(group);
            }
        }
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").field("each", &self.each).finish_non_exhaustive()
    }
}

/// One who waits; leaves the line on drop.
struct Waiting {
    turns: Arc<Turns>,
    group: Arc<str>,
    number: u64,
    /// `None` once the turn was taken.
    turn: Option<oneshot::Receiver<()>>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(mut turn) = self.turn.take() else { return };
        let mut inner = self.turns.inner.lock();
        // Turns are given under the lock, so that it came either before or never will.
        if turn.try_recv().is_ok() {
            drop(inner);
            self.turns.give_back(&self.group);
            return;
        }
        if let Some(line) = inner.lines.iter_mut().find(|line| line.group == self.group) {
            line.waiting.retain(|(number, _)| *number != self.number);
        }
        inner.lines.retain(|line| !line.waiting.is_empty());
    }
}

/// A place; given back on drop.
#[must_use = "the place is given back when it is dropped"]
pub struct Place {
    turns: Arc<Turns>,
    group: Arc<str>,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("group", &self.group).finish_non_exhaustive()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.turns.give_back(&self.group);
    }
}
