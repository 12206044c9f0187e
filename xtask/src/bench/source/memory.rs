//! The memory that a process has for itself. Pages of files that it has mapped, such as packs, count as resident too, and
//! go as soon as anybody needs the room. The kernel keeps no peak of it, so it is looked at again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{JoinHandle, park_timeout};
use std::time::Duration;

/// How long a look waits for the next.
const EVERY: Duration = Duration::from_millis(10);

/// Looks at a process until it is dropped.
pub(super) struct Own {
    most: Arc<AtomicU64>,
    _looking: JoinHandle<()>,
}

impl Own {
    pub(super) fn watch(pid: u32) -> Self {
        let most = Arc::new(AtomicU64::new(0));
        let seen = Arc::downgrade(&most);
        let looking = std::thread::spawn(move || {
            while let Some(most) = seen.upgrade() {
                let Ok(status) = std::fs::read_to_string(format!("/proc/{pid}/status")) else { return };
                most.fetch_max(own(&status).unwrap_or_default(), Ordering::Relaxed);
                drop(most);
                park_timeout(EVERY);
            }
        });
        Self { most, _looking: looking }
    }

    /// Begins anew.
    pub(super) fn forget(&self) {
        self.most.store(0, Ordering::Relaxed);
    }

    /// The most that was seen, in bytes.
    pub(super) fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }
}

/// Bytes that are no file's, of `/proc/<pid>/status`.
fn own(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes() {
        assert_eq!(own("Name:\tx\nVmRSS:\t 4096 kB\nRssAnon:\t    2048 kB\n"), Some(2 << 20));
        assert_eq!(own("Name:\tx\n"), None);
    }

    #[test]
    fn a_process_has_some() {
        let own = Own::watch(std::process::id());
        while own.most() == 0 {
            park_timeout(EVERY);
        }
        own.forget();
    }
}
