//! What an archive may cost, and readers that stop as soon as it costs more.
//! The checks on paths are `path`'s.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use manifest::budget::{self, Exceeded};

use crate::error::UnpackError;

/// Budgets of one archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most entries.
    pub entries: u64,
    /// Most bytes once decompressed, tar's own included.
    pub expanded: u64,
}

impl Limits {
    /// DEFLATE makes no more than this of a byte (RFC 1951: 258 bytes of two bits).
    const DENSEST: u64 = 1_032;
    /// Most bytes of one entry's headers: names and extensions of all formats together.
    pub const HEADER: u64 = 1 << 20;

    /// Whether an archive of so many bytes may hold a file of `size` bytes.
    pub(super) const fn may_hold(size: u64, archive: u64) -> bool {
        size / Self::DENSEST <= archive
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 100_000, expanded: 512 << 20 }
    }
}

/// What the readers of one archive share.
#[derive(Clone)]
pub(crate) struct Budget(Arc<Inner>);

struct Inner {
    limits: Limits,
    expanded: AtomicU64,
    /// Up to where the headers of the next entry may reach.
    headers_end: AtomicU64,
    work: budget::Budget,
}

impl Budget {
    pub(crate) fn new(limits: Limits, work: budget::Budget) -> Self {
        let (expanded, headers_end) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
        Self(Arc::new(Inner { limits, expanded, headers_end, work }))
    }

    /// What follows is read by the reader of archives itself, which keeps headers in memory however long they are. Before
    /// them it passes over `skipped` bytes.
    pub(crate) fn headers(&self, skipped: u64) {
        let end =
            self.0.expanded.load(Ordering::Relaxed).saturating_add(skipped).saturating_add(Limits::HEADER);
        self.0.headers_end.store(end, Ordering::Relaxed);
    }

    /// What follows is content, which is accounted for where it is kept.
    pub(crate) fn content(&self) {
        self.0.headers_end.store(u64::MAX, Ordering::Relaxed);
    }

    /// Sets memory aside before it is used.
    pub(crate) fn hold(&self, bytes: u64) -> Result<(), UnpackError> {
        self.0.work.hold(bytes).map_err(|exceeded| self.refused(exceeded))
    }

    /// The opposite of [`Self::hold`].
    pub(crate) fn release(&self, bytes: u64) {
        self.0.work.release(bytes);
    }

    fn refused(&self, exceeded: Exceeded) -> UnpackError {
        match exceeded {
            Exceeded::Cancelled => UnpackError::Cancelled,
            Exceeded::Reserve => UnpackError::Reserve,
            Exceeded::Bytes(limit) => UnpackError::TooLarge(limit),
            Exceeded::Steps(_) => UnpackError::TooLarge(self.0.limits.expanded),
        }
    }

    /// The budget that is used up, else what the reader said.
    pub(crate) fn explain(&self, error: io::Error) -> UnpackError {
        self.exceeded().unwrap_or_else(|| UnpackError::Malformed(error.to_string()))
    }

    fn exceeded(&self) -> Option<UnpackError> {
        let limits = self.0.limits;
        let expanded = self.0.expanded.load(Ordering::Relaxed);
        if expanded > limits.expanded {
            Some(UnpackError::TooLarge(limits.expanded))
        } else if expanded > self.0.headers_end.load(Ordering::Relaxed) {
            Some(UnpackError::LongHeader(Limits::HEADER))
        } else {
            // One step for a buffer: here it only asks whether anybody still waits.
            self.0.work.step(1).err().map(|exceeded| self.refused(exceeded))
        }
    }
}

/// A reader that counts what passes.
pub(crate) struct Counted<R> {
    inner: R,
    budget: Budget,
}

impl<R> Counted<R> {
    pub(crate) const fn new(inner: R, budget: Budget) -> Self {
        Self { inner, budget }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.budget.0.expanded.fetch_add(read as u64, Ordering::Relaxed);
        self.budget.exceeded().map_or(Ok(read), |error| Err(io::Error::other(error)))
    }
}

#[cfg(test)]
mod tests;
