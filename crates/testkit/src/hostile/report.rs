//! What a run found. It only says so; that nothing may be wrong is for those who ran it.

use std::fmt;

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What promise it breaks, in a word or two.
    pub promise: &'static str,
    /// What was seen.
    pub seen: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.promise, self.seen)
    }
}

/// What was found of inputs that stood beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Their names.
    pub inputs: Vec<String>,
    /// What must not be; empty if all is well.
    pub findings: Vec<Finding>,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs = self.inputs.join(", ");
        if self.findings.is_empty() {
            return write!(f, "ok    {inputs}");
        }
        write!(f, "WRONG {inputs}")?;
        self.findings.iter().try_for_each(|finding| write!(f, "\n      {finding}"))
    }
}

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In the order in which they were tried.
    pub verdicts: Vec<Verdict>,
    /// The most memory that each controller had, in bytes.
    pub peaks: Vec<(String, u64)>,
}

impl Report {
    /// How many inputs were tried.
    #[must_use]
    pub fn tried(&self) -> usize {
        self.verdicts.iter().map(|verdict| verdict.inputs.len()).sum()
    }

    /// The verdicts with findings.
    #[must_use]
    pub fn wrong(&self) -> Vec<&Verdict> {
        self.verdicts.iter().filter(|verdict| !verdict.findings.is_empty()).collect()
    }

    /// Keeps the highest peak of a controller.
    pub(super) fn peak(&mut self, name: &str, bytes: u64) {
        match self.peaks.iter_mut().find(|(known, _)| known == name) {
            Some((_, peak)) => *peak = bytes.max(*peak),
            None => self.peaks.push((name.to_owned(), bytes)),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wrong = self.wrong();
        writeln!(f, "{} inputs, {} rounds went wrong", self.tried(), wrong.len())?;
        for (name, peak) in &self.peaks {
            writeln!(f, "  at most {:>5} MiB in {name}", peak >> 20)?;
        }
        wrong.iter().try_for_each(|verdict| writeln!(f, "{verdict}"))
    }
}
