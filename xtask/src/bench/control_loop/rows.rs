//! The figures that stand at the top of a report: one line for each thing that somebody who compares asks first. Pure.

use super::figures::{Table, Unit};
use super::statistics::{Distribution, Middle};

/// Where a figure of a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The median of a figure over all runs.
    Figure(&'static str),
    /// A percentile of samples of all runs together.
    P50(&'static str),
    /// The same, at the slow end.
    P99(&'static str),
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) workload: &'static str,
    pub(super) phase: &'static str,
    pub(super) from: Taken,
}

const fn row(title: &'static str, workload: &'static str, phase: &'static str, from: Taken) -> Row {
    Row { title, workload, phase, from }
}

use Taken::{Figure, P50, P99};

/// All lines.
pub(super) const ROWS: [Row; 46] = [
    row("first apply of five objects: requests", "app", "first apply", Figure("requests")),
    row("first apply of five objects: time", "app", "first apply", Figure("time")),
    row("applications with their sources, all ready: time", "mttp", "from nothing to ready", Figure("time")),
    row("applications with their sources: requests", "mttp", "from nothing to ready", Figure("requests")),
    row("objects of one Kustomization, first: requests", "apply", "first apply", Figure("requests")),
    row("objects of one Kustomization, first: time", "apply", "first apply", Figure("time")),
    row("again, nothing changed: requests", "apply", "nothing changed", Figure("requests")),
    row("again, nothing changed: time", "apply", "nothing changed", Figure("time")),
    row("one of them changed: requests", "apply", "one object changed", Figure("requests")),
    row("one of them changed: time", "apply", "one object changed", Figure("time")),
    row("all of them changed: requests", "apply", "all objects changed", Figure("requests")),
    row("all of them changed: time", "apply", "all objects changed", Figure("time")),
    row("first, far away: time", "distance", "first apply", Figure("time")),
    row("first, far away: bytes received", "distance", "first apply", Figure("bytes received")),
    row("nothing changed, far away: bytes received", "distance", "nothing changed", Figure("bytes received")),
    row("new applications, all ready: time", "fleet", "new applications", Figure("time")),
    row("new applications: requests", "fleet", "new applications", Figure("requests")),
    row("new applications: CPU", "fleet", "new applications", Figure("CPU of kustomize-controller")),
    row(
        "commit that touches one: its objects applied",
        "fleet",
        "commit that touches one",
        Figure("published to applied"),
    ),
    row("commit that touches one: requests of all", "fleet", "commit that touches one", Figure("requests")),
    row("commit that touches all: time", "fleet", "commit that touches all", Figure("time")),
    row("commit that touches all: requests", "fleet", "commit that touches all", Figure("requests")),
    row("push of one line to artifact, p50", "commits", "commits", P50("push to artifact")),
    row(
        "push of one line to applied, p50",
        "commits",
        "commits",
        P50("push to applied, of the one it concerns"),
    ),
    row("bytes from Git for each commit", "commits", "commits", Figure("bytes from Git for each commit")),
    row(
        "memory after a large repository",
        "commits",
        "first",
        Figure("memory of kustomize-controller afterwards"),
    ),
    row(
        "memory after a row of commits",
        "commits",
        "commits",
        Figure("memory of kustomize-controller afterwards"),
    ),
    row("life of drift, p50", "drift", "drift", P50("life of drift")),
    row("life of drift, p99", "drift", "drift", P99("life of drift")),
    row("requests of drift and heals", "drift", "drift", Figure("requests")),
    row("chain of dependencies: time", "depends", "chain", Figure("time")),
    row("tree of dependencies: time", "depends", "tree", Figure("time")),
    row("restart: requests", "restart", "restart", Figure("requests")),
    row("restart: watches opened", "restart", "restart", Figure("watches opened")),
    row("restart: start to ready", "restart", "restart", Figure("start to ready")),
    row("kill -9: requests", "restart", "kill -9", Figure("requests")),
    row("kill -9 after heal: requests", "restart", "kill -9 after drift was healed", Figure("requests")),
    row("kill -9 after heal: dry runs", "restart", "kill -9 after drift was healed", Figure("dry runs")),
    row("nothing changes: requests a minute", "steady", "nothing changes", Figure("requests a minute")),
    row(
        "nothing changes: CPU a minute",
        "steady",
        "nothing changes",
        Figure("CPU a minute of kustomize-controller"),
    ),
    row(
        "nothing changes: CPU a minute of the API server",
        "steady",
        "nothing changes",
        Figure("CPU a minute of kube-apiserver"),
    ),
    row(
        "the same among others: memory",
        "foreign",
        "nothing changes",
        Figure("memory of kustomize-controller afterwards"),
    ),
    row(
        "many Kustomizations: memory",
        "memory",
        "more and more",
        Figure("memory of kustomize-controller afterwards"),
    ),
    row(
        "many Kustomizations: peak memory",
        "memory",
        "more and more",
        Figure("peak memory of kustomize-controller"),
    ),
    row("everything deleted: time", "delete", "deletion", Figure("time")),
    row("everything deleted: requests", "delete", "deletion", Figure("requests")),
];

/// The value of a line for a side, with its unit.
pub(super) fn value(row: &Row, table: &Table, side: &str) -> Option<(Middle, Unit)> {
    let unit = |rows: Vec<(&str, Unit)>, what: &str| {
        rows.into_iter().find(|(found, _)| *found == what).map(|(_, unit)| unit)
    };
    let percentile = |what: &str, pick: fn(Distribution) -> f64| {
        let found = Distribution::of(&table.samples(side, row.phase, what))?;
        let value = pick(found);
        Some((Middle { least: value, median: value, most: value }, unit(table.sampled(row.phase), what)?))
    };
    match row.from {
        Figure(what) => Some((table.figure(side, row.phase, what)?, unit(table.rows(row.phase), what)?)),
        P50(what) => percentile(what, |found| found.p50),
        P99(what) => percentile(what, |found| found.p99),
    }
}
