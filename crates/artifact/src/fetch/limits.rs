//! What fetching an artifact may take. How it is kept to that is `fetch`'s.

use std::time::Duration;

/// How an artifact is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a body.
    pub bytes: u64,
    /// Further tries after a connection error, a 429 or a 5xx (`--http-retry`).
    pub retries: u32,
    /// Wait before the first further try; doubles each time.
    pub min_wait: Duration,
    /// Longest wait between tries.
    pub max_wait: Duration,
    /// Longest silence of the server within one try.
    pub idle_timeout: Duration,
    /// Fewest bytes per second of a body, on average, once it took longer than [`Self::slow_after`].
    pub rate: u64,
    /// How long a body may take, whatever its rate is.
    pub slow_after: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            retries: 9,
            min_wait: Duration::from_secs(5),
            max_wait: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30),
            rate: 64 << 10,
            slow_after: Duration::from_secs(10),
        }
    }
}
