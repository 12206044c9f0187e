//! Figures: what one phase of a run gave, and what all runs of a workload gave together. Pure.

use std::collections::BTreeMap;

use super::statistics::Middle;

/// What a figure counts. The order is that of the tables: what is the same on every machine comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Count,
    Bytes,
    CpuSeconds,
    Mib,
    Seconds,
    Milliseconds,
}

impl Unit {
    /// Its symbol, for axes and JSON.
    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Bytes => "B",
            Self::CpuSeconds => "CPU s",
            Self::Mib => "MiB",
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
        }
    }
}

/// One figure of a phase.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) what: String,
    pub(super) unit: Unit,
    pub(super) value: f64,
}

/// Something that was measured many times in a phase.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Samples {
    pub(super) what: String,
    pub(super) unit: Unit,
    pub(super) values: Vec<f64>,
}

/// Points of a curve.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) what: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

/// The cumulative count of requests over seconds.
pub(super) const REQUESTS_OVER_TIME: &str = "requests over time";
/// Resident memory over the number of Kustomizations.
pub(super) const MEMORY_OVER_COUNT: &str = "memory over Kustomizations";

/// One part of a run that is measured by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Phase {
    pub(super) name: String,
    pub(super) figures: Vec<Figure>,
    pub(super) samples: Vec<Samples>,
    /// The kustomize-controller's requests by verb and resource, leases apart.
    pub(super) requests: BTreeMap<String, u64>,
    pub(super) series: Vec<Series>,
}

impl Phase {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds a figure.
    pub(super) fn add(&mut self, what: impl Into<String>, unit: Unit, value: f64) {
        self.figures.push(Figure { what: what.into(), unit, value });
    }

    /// Adds a number of things.
    pub(super) fn count(&mut self, what: impl Into<String>, number: usize) {
        self.add(what, Unit::Count, number as f64);
    }

    /// Adds what was measured many times.
    pub(super) fn sample(&mut self, what: impl Into<String>, unit: Unit, values: Vec<f64>) {
        self.samples.push(Samples { what: what.into(), unit, values });
    }

    /// Adds a curve.
    pub(super) fn curve(&mut self, what: &'static str, points: Vec<(f64, f64)>) {
        self.series.push(Series { what, points });
    }

    /// A figure by name.
    pub(super) fn figure(&self, what: &str) -> Option<f64> {
        self.figures.iter().find(|figure| figure.what == what).map(|figure| figure.value)
    }
}

/// One run of a workload by one side.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) side: &'static str,
    /// Which half of which round: runs of one half are compared with each other.
    pub(super) half: usize,
    /// How many facts of its outcome were compared with those of ours.
    pub(super) facts: usize,
    pub(super) phases: Vec<Phase>,
}

/// A run that does not count, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Void {
    pub(super) side: &'static str,
    pub(super) half: usize,
    pub(super) reasons: Vec<String>,
}

/// All runs of a workload.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) title: String,
    pub(super) runs: Vec<Run>,
    pub(super) void: Vec<Void>,
}

impl Table {
    pub(super) fn new(name: &'static str, title: String) -> Self {
        Self { name, title, ..Self::default() }
    }

    /// Names of all phases, in their order.
    pub(super) fn phases(&self) -> Vec<&str> {
        distinct(self.runs.iter().flat_map(|run| run.phases.iter().map(|phase| phase.name.as_str())))
    }

    /// A phase in every run of a side.
    pub(super) fn of<'t>(&'t self, side: &'t str, phase: &'t str) -> impl Iterator<Item = &'t Phase> + 't {
        let runs = self.runs.iter().filter(move |run| run.side == side);
        runs.flat_map(move |run| run.phases.iter().filter(move |found| found.name == phase))
    }

    /// A side's figure over all runs.
    pub(super) fn figure(&self, side: &str, phase: &str, what: &str) -> Option<Middle> {
        let values: Vec<f64> = self.of(side, phase).filter_map(|phase| phase.figure(what)).collect();
        Middle::of(&values)
    }

    /// A side's samples, those of all runs together.
    pub(super) fn samples(&self, side: &str, phase: &str, what: &str) -> Vec<f64> {
        let all = self.of(side, phase).flat_map(|phase| &phase.samples);
        all.filter(|samples| samples.what == what)
            .flat_map(|samples| samples.values.iter().copied())
            .collect()
    }

    /// Every figure of a phase, those that are the same on every machine first.
    pub(super) fn rows(&self, phase: &str) -> Vec<(&str, Unit)> {
        let phases = self.runs.iter().flat_map(|run| &run.phases).filter(|found| found.name == phase);
        let figures = phases.flat_map(|phase| &phase.figures);
        let mut rows = distinct(figures.map(|figure| (figure.what.as_str(), figure.unit)));
        rows.sort_by_key(|(_, unit)| *unit);
        rows
    }

    /// Everything of a phase that was measured many times.
    pub(super) fn sampled(&self, phase: &str) -> Vec<(&str, Unit)> {
        let phases = self.runs.iter().flat_map(|run| &run.phases).filter(|found| found.name == phase);
        distinct(phases.flat_map(|phase| &phase.samples).map(|samples| (samples.what.as_str(), samples.unit)))
    }

    /// Every verb and resource of a phase.
    pub(super) fn requested(&self, phase: &str) -> Vec<&str> {
        let phases = self.runs.iter().flat_map(|run| &run.phases).filter(|found| found.name == phase);
        let mut all = distinct(phases.flat_map(|phase| phase.requests.keys().map(String::as_str)));
        all.sort_unstable();
        all
    }
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_put_together() {
        let mut table = Table::new("w", String::new());
        for (half, side, value) in [(0, "a", 1.0), (0, "b", 5.0), (1, "a", 3.0)] {
            let mut phase = Phase::new("first");
            phase.add("time", Unit::Seconds, value);
            phase.count("requests", 2);
            phase.sample("heals", Unit::Milliseconds, vec![value, value]);
            table.runs.push(Run { side, half, facts: 1, phases: vec![phase] });
        }
        assert_eq!(table.phases(), ["first"]);
        assert_eq!(table.rows("first"), [("requests", Unit::Count), ("time", Unit::Seconds)]);
        assert_eq!(table.figure("a", "first", "time").map(|middle| middle.median), Some(2.0));
        assert_eq!(table.figure("a", "second", "time"), None);
        assert_eq!(table.samples("a", "first", "heals"), [1.0, 1.0, 3.0, 3.0]);
        assert_eq!(table.sampled("first"), [("heals", Unit::Milliseconds)]);
    }
}
