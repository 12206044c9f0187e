//! What the demo measures, as a table and as JSON.
//! How it is measured stands in the chapters.

use std::time::Duration;

use serde::Serialize;

/// The figures; times in milliseconds, memory in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Figures {
    /// From asking for a reconciliation to the new revision applied, for one changed object of four.
    pub(super) commit_to_applied_ms: f64,
    /// From an edit to the old value being back.
    pub(super) drift_heal_ms: Spread,
    /// From asking for a reconciliation to the removed object being gone.
    pub(super) prune_ms: f64,
    /// Requests of kustomize-controller for a forced run in which nothing changed; none where they cannot be counted.
    pub(super) requests_per_noop: Option<usize>,
    /// Resident memory of each controller at the end.
    pub(super) rss_bytes: Rss,
}

/// Half and all of many measurements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Spread {
    /// How many measurements.
    pub(super) count: usize,
    /// The median.
    pub(super) p50: f64,
    /// The longest.
    pub(super) max: f64,
}

/// Resident memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Rss {
    /// source-controller.
    pub(super) source_controller: u64,
    /// kustomize-controller.
    pub(super) kustomize_controller: u64,
    /// health-controller.
    pub(super) health_controller: u64,
}

/// A time in milliseconds, to a tenth.
pub(super) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

impl Spread {
    /// Of measurements in any order; zeros when there are none.
    pub(super) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |index: usize| times.get(index).copied().map_or(0.0, millis);
        Self {
            count: times.len(),
            p50: at(times.len().saturating_sub(1) / 2),
            max: at(times.len().saturating_sub(1)),
        }
    }
}

impl Figures {
    /// The table at the end of the story.
    pub(super) fn table(&self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "memory in megabytes needs no more digits")]
        let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
        let requests =
            self.requests_per_noop.map_or_else(|| "not counted".to_owned(), |count| count.to_string());
        let rows = [
            (
                "commit to applied (one object of four changed)",
                format!("{:.0} ms", self.commit_to_applied_ms),
            ),
            (
                "drift healed, median and longest",
                format!(
                    "{:.0} ms, {:.0} ms ({} edits)",
                    self.drift_heal_ms.p50, self.drift_heal_ms.max, self.drift_heal_ms.count
                ),
            ),
            ("commit to pruned", format!("{:.0} ms", self.prune_ms)),
            ("requests of a run that changes nothing", requests),
            ("memory of source-controller", megabytes(self.rss_bytes.source_controller)),
            ("memory of kustomize-controller", megabytes(self.rss_bytes.kustomize_controller)),
            ("memory of health-controller", megabytes(self.rss_bytes.health_controller)),
        ];
        let left = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let right = rows.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
        let rule = format!("  {}\n", "-".repeat(left + right + 2));
        let body: String =
            rows.iter().map(|(name, value)| format!("  {name:left$}  {value:>right$}\n")).collect();
        format!("\n{rule}{body}{rule}")
    }

    /// The figures as JSON, with a newline at the end.
    pub(super) fn json(&self) -> String {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        format!("{text}\n")
    }
}
