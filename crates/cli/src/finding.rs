//! One thing that a command found out about a cluster, for people and for programs. How it is found is the command's.

use serde::Serialize;

#[cfg(test)]
mod tests;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// As it should be.
    Fine,
    /// Works, and deserves a look.
    Warning,
    /// Could not be looked at.
    Unseen,
    /// Does not work, or will not.
    Problem,
}

impl Level {
    /// What a line begins with.
    const fn mark(self) -> char {
        match self {
            Self::Fine => '✔',
            Self::Warning => '!',
            Self::Unseen => '?',
            Self::Problem => '✗',
        }
    }

    /// Whether a command that found this has to say so with its exit code.
    pub(crate) const fn fails(self) -> bool {
        matches!(self, Self::Unseen | Self::Problem)
    }
}

/// One finding: about which object, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// How bad it is.
    pub(crate) level: Level,
    /// For example `Deployment flux-system/source-controller`.
    pub(crate) object: String,
    /// What is the case.
    pub(crate) message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

impl Finding {
    /// As it should be.
    pub(crate) fn fine(object: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Level::Fine, object, message)
    }

    /// Works, and deserves a look.
    pub(crate) fn warning(object: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Level::Warning, object, message)
    }

    /// Could not be looked at.
    pub(crate) fn unseen(object: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Level::Unseen, object, message)
    }

    /// Does not work, or will not.
    pub(crate) fn problem(object: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(Level::Problem, object, message)
    }

    /// The same with what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn new(level: Level, object: impl Into<String>, message: impl Into<String>) -> Self {
        Self { level, object: object.into(), message: message.into(), hint: None }
    }
}

/// A line for each finding, and one for each hint that is not the one above.
pub(crate) fn lines(findings: &[Finding]) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        lines.push(format!("{} {}: {}", finding.level.mark(), finding.object, finding.message));
        // What holds for several in a row is said below the last of them.
        let again = findings.get(at + 1).is_some_and(|next| next.hint == finding.hint);
        if let Some(hint) = finding.hint.as_ref().filter(|_| !again) {
            lines.push(format!("  hint: {hint}"));
        }
    }
    lines
}
