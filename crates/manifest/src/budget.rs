//! What a piece of CPU-bound work may cost: steps, bytes held at a time, and a flag that ends it.
//!
//! Steps are charged where work is done (a node read, an object visited, a pattern tried), so that the same input
//! costs the same everywhere: controller and CLI agree on what is too much. How long work may take is its owner's
//! question, who raises the flag; there is no clock here.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Most that a piece of work may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps. One is about as much as reading a small YAML node: some hundred nanoseconds.
    pub steps: u64,
    /// Bytes held at a time, as estimated by who holds them.
    pub bytes: u64,
}

impl Limits {
    /// No bound: for tests, and for input that is the process's own.
    pub const NONE: Self = Self { steps: u64::MAX, bytes: u64::MAX };
}

/// Why work has to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Exceeded {
    /// It took too many steps: its input's fault.
    #[error("needs more than {0} steps")]
    Steps(u64),
    /// It holds too many bytes: its input's fault.
    #[error("needs more than {0} bytes of memory")]
    Bytes(u64),
    /// The process cannot spare the memory now: nobody's fault, to be tried again with more reserved.
    #[error("there is not enough memory at the moment")]
    Reserve,
    /// Nobody wants the result any more.
    #[error("cancelled")]
    Cancelled,
}

/// A flag that ends work; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Ends the work at its next step. It cannot be taken back.
    pub fn cancel(&self) {
        self.0.store(true, Relaxed);
    }

    /// Whether the work shall end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Relaxed)
    }

    /// The flag itself, for libraries that take one.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// Ends work when it is dropped, because nobody waits for it any more.
#[derive(Debug, Default)]
pub struct EndsWith(pub Cancel);

impl Drop for EndsWith {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Where the memory of all work of a process is counted.
pub trait Reserve: Send + Sync {
    /// Takes so many bytes more, at once or not at all. They are given back when the owner of the reserve drops it.
    fn grow(&self, bytes: u64) -> bool;
}

/// What is left to one piece of work; clones share it.
#[derive(Clone)]
pub struct Budget(Arc<Inner>);

struct Inner {
    limits: Limits,
    steps: AtomicU64,
    held: AtomicU64,
    /// What was reserved so far, and where more comes from.
    reserved: AtomicU64,
    reserve: Option<Arc<dyn Reserve>>,
    cancel: Cancel,
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("limits", &self.0.limits)
            .field("steps", &self.steps())
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Limits::NONE, Cancel::default())
    }
}

impl Budget {
    /// How much is reserved at a time: asking for each node would cost more than the node.
    const CHUNK: u64 = 1 << 20;

    /// A budget that only its own limits bound.
    #[must_use]
    pub fn new(limits: Limits, cancel: Cancel) -> Self {
        Self(Arc::new(Inner {
            limits,
            steps: AtomicU64::new(0),
            held: AtomicU64::new(0),
            reserved: AtomicU64::new(u64::MAX),
            reserve: None,
            cancel,
        }))
    }

    /// A budget of which `reserved` bytes are set aside already, and that asks `reserve` for what it needs beyond.
    #[must_use]
    pub fn reserved(limits: Limits, cancel: Cancel, reserved: u64, reserve: Arc<dyn Reserve>) -> Self {
        Self(Arc::new(Inner {
            limits,
            steps: AtomicU64::new(0),
            held: AtomicU64::new(0),
            reserved: AtomicU64::new(reserved),
            reserve: Some(reserve),
            cancel,
        }))
    }

    /// Charges steps.
    ///
    /// # Errors
    /// There are not so many left, or the work is cancelled.
    pub fn step(&self, count: u64) -> Result<(), Exceeded> {
        if self.0.cancel.is_cancelled() {
            return Err(Exceeded::Cancelled);
        }
        if add(&self.0.steps, count) > self.0.limits.steps {
            return Err(Exceeded::Steps(self.0.limits.steps));
        }
        Ok(())
    }

    /// Charges bytes that are held from now on.
    ///
    /// # Errors
    /// There would be too many, or the process has none to spare.
    pub fn hold(&self, bytes: u64) -> Result<(), Exceeded> {
        let held = add(&self.0.held, bytes);
        if held > self.0.limits.bytes {
            return Err(Exceeded::Bytes(self.0.limits.bytes));
        }
        let reserved = self.0.reserved.load(Relaxed);
        if held > reserved
            && let Some(reserve) = &self.0.reserve
        {
            let more = (held - reserved).max(Self::CHUNK);
            if !reserve.grow(more) {
                return Err(Exceeded::Reserve);
            }
            self.0.reserved.fetch_add(more, Relaxed);
        }
        Ok(())
    }

    /// Gives bytes back that were [held](Self::hold). What was reserved stays reserved: the allocator rarely returns it.
    pub fn release(&self, bytes: u64) {
        _ = self.0.held.fetch_update(Relaxed, Relaxed, |held| Some(held.saturating_sub(bytes)));
    }

    /// Steps so far.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.0.steps.load(Relaxed)
    }

    /// Bytes held now.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.0.held.load(Relaxed)
    }
}

/// Adds without wrapping around: what is spent stays spent. The sum.
fn add(counter: &AtomicU64, count: u64) -> u64 {
    let before = counter.fetch_add(count, Relaxed);
    let Some(sum) = before.checked_add(count) else {
        counter.store(u64::MAX, Relaxed);
        return u64::MAX;
    };
    sum
}

#[cfg(test)]
mod tests;
