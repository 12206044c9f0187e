//! What a chaos run found: counts for each scenario, the lost changes, and a table for people. It only counts; that
//! nothing may be lost is for those who ran it to say.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use super::compare::Difference;
use super::disturb::Paused;
use super::options::Scenario;

/// How many lost fields are kept with their values for each scenario. All are counted.
const KEPT: usize = 100;
/// How many lost changes the table shows, each with its first field.
const SHOWN: usize = 10;
/// How many characters of a value are shown.
const WIDTH: usize = 60;

/// A field that was not as Git says although it should have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The commit it happened with, counted from 0, the one that makes the objects.
    pub commit: u64,
    /// The revision of that commit.
    pub revision: String,
    /// What differs.
    pub difference: Difference,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { object, field, expected, found } = &self.difference;
        let (expected, found) = (shown(expected.as_deref()), shown(found.as_deref()));
        write!(
            f,
            "commit {} ({}): {object}: {field}: expected {expected}, found {found}",
            self.commit, self.revision
        )
    }
}

fn shown(value: Option<&str>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let start: String = value.chars().take(WIDTH).collect();
    let more = if start.len() < value.len() { "..." } else { "" };
    format!("{start:?}{more}")
}

/// What one scenario found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub scenario: Scenario,
    /// How many changes of one object were asked for, by a commit or by an edit of somebody else.
    pub objects: usize,
    /// How many of them were lost.
    pub lost: usize,
    /// The first lost fields.
    pub fields: Vec<Lost>,
    /// How often everything was changed and compared: the commits, or the batches of edits.
    pub rounds: usize,
    /// How many of the rounds lost something.
    pub hit: usize,
    /// The requests of the kustomize-controller by verb and resource, leases, discovery and watches left out.
    pub requests: BTreeMap<String, usize>,
    /// How long it took, without the preparations.
    pub elapsed: Duration,
}

impl Part {
    pub(super) fn new(scenario: Scenario) -> Self {
        Self {
            scenario,
            objects: 0,
            lost: 0,
            fields: Vec::new(),
            rounds: 0,
            hit: 0,
            requests: BTreeMap::new(),
            elapsed: Duration::ZERO,
        }
    }

    /// Counts a round that changed so many objects, after which these fields differed.
    pub(super) fn round(
        &mut self,
        changed: usize,
        commit: u64,
        revision: &str,
        differences: Vec<Difference>,
    ) {
        self.objects += changed;
        self.rounds += 1;
        self.differ(commit, revision, differences);
    }

    /// Counts fields that differ.
    pub(super) fn differ(&mut self, commit: u64, revision: &str, differences: Vec<Difference>) {
        let objects: BTreeSet<&str> = differences.iter().map(|found| found.object.as_str()).collect();
        self.lost += objects.len();
        self.hit += usize::from(!objects.is_empty());
        let room = KEPT.saturating_sub(self.fields.len());
        self.fields.extend(differences.into_iter().take(room).map(|difference| Lost {
            commit,
            revision: revision.to_owned(),
            difference,
        }));
    }

    fn row(&self) -> String {
        format!(
            "{:<16}{:>9}{:>7}{:>9}{:>6}{:>17.2}{:>9.0?}",
            self.scenario.to_string(),
            self.objects,
            self.lost,
            self.rounds,
            self.hit,
            per_object(self.requests.values().sum(), self.objects),
            self.elapsed,
        )
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.row())
    }
}

/// What a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// With it the same commits and edits come again; the moments depend on the machine too.
    pub seed: u64,
    /// The pauses of the API server, which all scenarios share.
    pub paused: Paused,
    /// The scenarios, in their order.
    pub parts: Vec<Part>,
}

impl Report {
    /// How many changes were lost.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.parts.iter().map(|part| part.lost).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Paused { count, total } = self.paused;
        writeln!(f, "seed {}; the API server stood still {count} times, {total:.0?} together", self.seed)?;
        let [objects, lost, rounds, hit] = ["objects", "lost", "rounds", "hit"];
        let [requests, time] = ["requests/object", "time"];
        writeln!(f, "{:<16}{objects:>9}{lost:>7}{rounds:>9}{hit:>6}{requests:>17}{time:>9}", "scenario")?;
        for part in &self.parts {
            writeln!(f, "{part}")?;
        }
        for part in &self.parts {
            writeln!(f, "\n{}: requests of the kustomize-controller for each changed object", part.scenario)?;
            for (kind, count) in &part.requests {
                writeln!(f, "  {:>8.3}  {kind}", per_object(*count, part.objects))?;
            }
        }
        for part in self.parts.iter().filter(|part| part.lost > 0) {
            writeln!(f, "\n{}: lost, the first of {}", part.scenario, part.lost)?;
            let of_one =
                |a: &Lost, b: &Lost| (a.commit, &a.difference.object) == (b.commit, &b.difference.object);
            for lost in part.fields.chunk_by(of_one).take(SHOWN) {
                let Some((first, others)) = lost.split_first() else { continue };
                let and =
                    if others.is_empty() { String::new() } else { format!(", and {} more", others.len()) };
                writeln!(f, "  {first}{and}")?;
            }
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
fn per_object(count: usize, objects: usize) -> f64 {
    if objects == 0 { 0.0 } else { count as f64 / objects as f64 }
}
