//! The process's own figures, read from `/proc` when somebody asks. Elsewhere than on Linux they stay zero.
//!
//! By hand, and not the collector of the prometheus crate: that counts CPU time in whole seconds, which makes
//! `rate(process_cpu_seconds_total[1m])` of a controller that is mostly idle a row of zeros and spikes. It also needs
//! two further crates, and exists only on Linux.

use prometheus::{Counter, Gauge, Registry};

use super::register::{counter, gauge};
use super::table::known;

/// `process_*` metrics, as Prometheus' client libraries name them.
pub(super) struct Process {
    cpu: Counter,
    resident: Gauge,
    virtual_memory: Gauge,
    files: Gauge,
    max_files: Gauge,
    threads: Gauge,
}

/// Ticks per second of the times in `/proc`: fixed at 100 in Linux's ABI for user space.
const TICKS: f64 = 100.0;

#[cfg(test)]
mod tests;

impl Process {
    pub(super) fn new(registry: &Registry) -> Self {
        let start = gauge(registry, &known::PROCESS_START);
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
        start.set(jiff::Timestamp::now().as_millisecond() as f64 / 1000.0);
        Self {
            cpu: counter(registry, &known::PROCESS_CPU),
            resident: gauge(registry, &known::PROCESS_RESIDENT),
            virtual_memory: gauge(registry, &known::PROCESS_VIRTUAL),
            files: gauge(registry, &known::PROCESS_FILES),
            max_files: gauge(registry, &known::PROCESS_MAX_FILES),
            threads: gauge(registry, &known::PROCESS_THREADS),
        }
    }

    /// Not twice at a time: the counter of CPU time is moved on by what it lacks.
    pub(super) fn refresh(&self) {
        if let Ok(stat) = std::fs::read_to_string("/proc/self/stat")
            && let Some(read) = Stat::parse(&stat)
        {
            // What `/proc` says only grows.
            self.cpu.inc_by(((read.user + read.system) / TICKS - self.cpu.get()).max(0.0));
            self.threads.set(read.threads);
            self.virtual_memory.set(read.virtual_bytes);
        }
        if let Ok(status) = std::fs::read_to_string("/proc/self/status")
            && let Some(kilobytes) = resident_kilobytes(&status)
        {
            self.resident.set(kilobytes * 1024.0);
        }
        if let Ok(limits) = std::fs::read_to_string("/proc/self/limits")
            && let Some(most) = most_files(&limits)
        {
            self.max_files.set(most);
        }
        if let Ok(listing) = std::fs::read_dir("/proc/self/fd") {
            #[expect(clippy::cast_precision_loss, reason = "a count of files")]
            self.files.set(listing.count().saturating_sub(1) as f64);
        }
    }
}

/// What of `/proc/self/stat` is of interest.
#[derive(Debug, PartialEq)]
struct Stat {
    user: f64,
    system: f64,
    threads: f64,
    virtual_bytes: f64,
}

impl Stat {
    /// The command's name stands in parentheses and may hold spaces and parentheses itself.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| fields.get(index)?.parse::<f64>().ok();
        Some(Self {
            user: number(11)?,
            system: number(12)?,
            threads: number(17)?,
            virtual_bytes: number(20)?,
        })
    }
}

/// The soft limit on open files of `/proc/self/limits`.
fn most_files(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// `VmRSS` of `/proc/self/status`.
fn resident_kilobytes(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
