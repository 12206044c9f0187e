//! What connections may cost. Who has to end because of it is decided in `places` and `watched`.

use std::time::Duration;

#[cfg(test)]
mod tests;

/// What connections may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at a time.
    pub connections: usize,
    /// Of them, from one address.
    pub per_peer: usize,
    /// Further ones that wait for a place.
    pub waiting: usize,
    /// Longest time for a request's headers; also how long a connection without a request is kept.
    pub header_timeout: Duration,
    /// How long a connection that has sent no request yet is kept when others wait.
    pub silent_when_short: Duration,
    /// How long one that has no further request, or whose client hardly reads, is kept when others wait.
    pub slow_when_short: Duration,
    /// How long a client that reads nothing is kept.
    pub write_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 1024,
            per_peer: 64,
            waiting: 128,
            header_timeout: Duration::from_secs(30),
            silent_when_short: Duration::from_secs(5),
            slow_when_short: Duration::from_secs(1),
            write_timeout: Duration::from_secs(30),
        }
    }
}

impl Bounds {
    /// These bounds, but not more than half of the files that the process may open: it needs others, too.
    #[must_use]
    pub fn within_open_files(self) -> Self {
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let Some(files) = open_files(&limits) else { return self };
        let connections = self.connections.min(files / 2).max(1);
        Self { connections, waiting: self.waiting.min(files / 8).max(1), ..self }
    }
}

/// The soft limit of open files in `/proc/self/limits`.
fn open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
