//! How the process's memory is shared out: little for each fetch, much for few fetches, and the rest for archives. Who
//! waits for whom is the gates'.

use reconcile_core::gate::MemoryGate;
use reconcile_core::metrics::Metrics;

#[cfg(test)]
mod tests;

/// What every fetch has without asking.
pub(crate) const SMALL: u64 = 4 << 20;
/// Fetches at a time, each with a thread: the most, and the least however small the memory is.
const FETCHES: (u64, u64) = (48, 4);

/// Has the kernel give out memory in small pages. The allocator asks for pages of 2 MiB, of which each is in memory as
/// a whole as soon as a byte of it is used: after many small fetches that is most of what the process has
/// (docs/design/0007). What was given out before this stays as it is.
pub(crate) fn in_small_pages() {
    // A kernel that knows none gives out none.
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

/// All memory that hostile input may make the process use.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    /// Fetches at a time.
    pub(crate) fetches: usize,
    /// For fetches that need more than [`SMALL`]. A server that is slow holds what it has of this one, so that nothing
    /// else is taken from it.
    pub(crate) large: MemoryGate,
    /// For archives while they are made.
    pub(crate) archives: MemoryGate,
}

impl Memory {
    /// A quarter of `bytes` at most for fetches that need little; what is left in halves.
    pub(crate) fn new(bytes: u64, metrics: Option<&Metrics>) -> Self {
        let fetches = (bytes / 4 / SMALL).clamp(FETCHES.1, FETCHES.0);
        let half = bytes.saturating_sub(fetches * SMALL).max(2 * SMALL) / 2;
        let [large, archives] = MemoryGate::named([("fetches", half), ("archives", half)], metrics);
        Self { fetches: usize::try_from(fetches).unwrap_or(usize::MAX), large, archives }
    }
}
