//! What a run of kills found, and a table for people. It only counts; that nothing may be found is for those who ran it
//! to say.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::judge::Finding;

/// What a run had come to when it was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Nothing was written yet.
    Before,
    /// Ids were recorded, or objects written, and the run had not ended.
    During,
    /// The run had ended.
    After,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before the first write",
            Self::During => "while it wrote",
            Self::After => "after the run",
        })
    }
}

/// What the commit after a kill does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Next {
    /// There is none: the killed run is to be finished.
    Same,
    /// It takes the killed commit back.
    Revert,
    /// Some objects have another content.
    Change,
    /// Some objects have other names.
    Rename,
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "same",
            Self::Revert => "revert",
            Self::Change => "change",
            Self::Rename => "rename",
        })
    }
}

/// A round that broke a promise; it was the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which, counted from 1; one more than there were for what is left after everything was deleted.
    pub round: usize,
    /// How long after the artifact the controller was killed.
    pub after: Duration,
    /// What the killed run had come to.
    pub moment: Moment,
    /// What came next.
    pub next: Next,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { round, after, moment, next, findings } = self;
        writeln!(f, "round {round}, killed {after:.0?} after the artifact, {moment}; then {next}:")?;
        findings.iter().try_for_each(|finding| writeln!(f, "  {finding}"))
    }
}

/// What a run of kills found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// With it the same commits come again; the moments depend on the machine too.
    pub seed: u64,
    /// How many objects a commit declares.
    pub objects: usize,
    /// How long a run takes that nobody kills, from artifact to Ready.
    pub undisturbed: Duration,
    /// Completed rounds by the moment of the kill and by what came next.
    pub rounds: BTreeMap<(Moment, Next), usize>,
    /// The round that broke a promise, if one did.
    pub wrong: Option<Wrong>,
    /// How long all of it took.
    pub elapsed: Duration,
}

impl Report {
    /// How many rounds there were.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rounds.values().sum()
    }

    /// How many kills came at such a moment.
    #[must_use]
    pub fn at(&self, moment: Moment) -> usize {
        self.rounds.iter().filter(|((at, _), _)| *at == moment).map(|(_, count)| count).sum()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, objects, undisturbed, elapsed, .. } = self;
        writeln!(
            f,
            "seed {seed}; {} kills over {objects} objects in {elapsed:.0?}; an undisturbed run takes {undisturbed:.0?}",
            self.count()
        )?;
        let all = [Next::Same, Next::Revert, Next::Change, Next::Rename];
        write!(f, "{:<24}", "killed")?;
        all.iter().try_for_each(|next| write!(f, "{:>8}", next.to_string()))?;
        writeln!(f)?;
        for moment in [Moment::Before, Moment::During, Moment::After] {
            write!(f, "{:<24}", moment.to_string())?;
            for next in all {
                write!(f, "{:>8}", self.rounds.get(&(moment, next)).copied().unwrap_or(0))?;
            }
            writeln!(f)?;
        }
        match &self.wrong {
            Some(wrong) => write!(f, "WRONG {wrong}"),
            None => writeln!(f, "no orphan, no lost id, no wrong deletion"),
        }
    }
}
