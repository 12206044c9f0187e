//! What to do when a watch fails: list again or resume, how long to pause, whether to report it. Pure.
//!
//! The waiting, the random part of a pause and the requests are `follow`'s.

use std::time::{Duration, Instant};

use cluster::Class;
use kube_runtime::watcher::InitialListStrategy;

use super::known::Known;
use crate::backoff::Backoff;

#[cfg(test)]
mod tests;

const FIRST_PAUSE: Duration = Duration::from_millis(800);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Where somebody has to change something first: a role, or a CRD.
const FIRST_SLOW_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_SLOW_PAUSE: Duration = Duration::from_secs(120);
/// A failure that comes later than this after the one before counts as the first of its kind again.
const EXCUSED_FOR: Duration = Duration::from_secs(10);

/// What is remembered of one watch's failures.
#[derive(Default)]
pub(crate) struct Failures {
    /// Since the last event.
    in_a_row: u32,
    /// The class that was reported last, since the last event.
    reported: Option<Class>,
    /// The server has no streamed lists.
    streaming_refused: bool,
    watcher: Watcher,
}

/// What holds for one of kube's watchers, each of which begins with a list.
#[derive(Default)]
struct Watcher {
    /// Its list was asked for as a stream.
    streaming: bool,
    /// Its list is complete.
    listed: bool,
    /// When it was last resumed without a report.
    resumed: Option<Instant>,
}

/// What to do about a failure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// List and watch from now on.
    ListInstead,
    /// Routine: the resourceVersion is too old.
    Relist,
    /// Let the watcher resume after a pause, and report nothing.
    Resume {
        /// At least.
        pause: Duration,
    },
    /// Pause.
    Pause {
        /// At least.
        pause: Duration,
        /// Report it first: it is not of the class that was reported last.
        report: bool,
        /// List again afterwards. Otherwise the watcher is still at its list and tries that again by itself.
        relist: bool,
    },
}

impl Failures {
    /// A watcher begins: how it lists. kube asks for streamed lists with resourceVersion 0, which any API server answers
    /// from its cache however far that is behind: against it, an object that another server has shown already would be
    /// taken for deleted. So a list is streamed only while nothing is known that it could deny; a plain list is
    /// consistent.
    pub(crate) fn begin(&mut self, known: &Known) -> InitialListStrategy {
        let streaming = !self.streaming_refused && known.is_empty();
        self.watcher = Watcher { streaming, ..Watcher::default() };
        if streaming { InitialListStrategy::StreamingList } else { InitialListStrategy::ListWatch }
    }

    /// Whether a list that begins now must not be streamed and would be: kube repeats a streamed list that broke off by
    /// itself.
    pub(crate) fn needs_another_list(&self, known: &Known) -> bool {
        self.watcher.streaming && !known.is_empty()
    }

    /// An event came; `list_complete` when it ended the list.
    pub(crate) fn succeeded(&mut self, list_complete: bool) {
        self.in_a_row = 0;
        self.reported = None;
        self.watcher.resumed = None;
        self.watcher.listed |= list_complete;
    }

    /// The pause of a [`Reaction::Resume`] is over.
    pub(crate) const fn resumed(&mut self, now: Instant) {
        self.watcher.resumed = Some(now);
    }

    /// Decides about a failure. `at_start`: the watch could not be opened, so nothing was received on it.
    pub(crate) fn react(&mut self, class: Class, at_start: bool, now: Instant) -> Reaction {
        let slow = match class {
            Class::Expired => return Reaction::Relist,
            Class::Invalid | Class::BadRequest if at_start && self.watcher.streaming => {
                self.streaming_refused = true;
                return Reaction::ListInstead;
            }
            Class::Forbidden | Class::Unauthorized | Class::NotFound | Class::BadRequest | Class::Invalid => {
                true
            }
            _ => false,
        };
        let pause = self.pause(slow);
        // A connection that broke is resumed, and nobody needs to know. That it was resumed cannot be seen before the
        // next event, so what fails twice is listed again: the second `Synced` says so.
        let first = self.watcher.resumed.is_none_or(|at| now.saturating_duration_since(at) > EXCUSED_FOR);
        if self.watcher.listed && first && !slow {
            return Reaction::Resume { pause };
        }
        let report = self.reported != Some(class);
        self.reported = Some(class);
        Reaction::Pause { pause, report, relist: self.watcher.listed }
    }

    fn pause(&mut self, slow: bool) -> Duration {
        let (first, longest) =
            if slow { (FIRST_SLOW_PAUSE, LONGEST_SLOW_PAUSE) } else { (FIRST_PAUSE, LONGEST_PAUSE) };
        let pause = Backoff::delay(first, longest, self.in_a_row);
        self.in_a_row = self.in_a_row.saturating_add(1);
        pause
    }
}
