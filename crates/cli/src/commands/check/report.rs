//! All findings as lines or as JSON.

use serde::Serialize;

use crate::finding::{self, Finding, Level};
use crate::installed::Controller;

#[cfg(test)]
mod tests;

/// What a check gives. Its JSON form is read by programs: fields are added, never renamed.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    server: String,
    kubernetes: String,
    /// The worst that was found.
    result: Level,
    findings: Vec<Finding>,
    controllers: Vec<Controller>,
}

impl Report {
    /// Of everything that was found.
    pub(super) fn new(
        server: &str,
        kubernetes: &str,
        controllers: Vec<Controller>,
        findings: Vec<Finding>,
    ) -> Self {
        let result = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Fine);
        Self { server: server.to_owned(), kubernetes: kubernetes.to_owned(), result, findings, controllers }
    }

    /// Whether something is wrong or was not seen.
    pub(super) fn fails(&self) -> bool {
        self.result.fails()
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = finding::lines(&self.findings);
        let count = |level| self.findings.iter().filter(|finding| finding.level == level).count();
        let problems = count(Level::Problem);
        let mut parts = vec![match problems {
            0 => "no problems".to_owned(),
            1 => "1 problem".to_owned(),
            several => format!("{several} problems"),
        }];
        match count(Level::Warning) {
            0 => {}
            1 => parts.push("1 warning".to_owned()),
            several => parts.push(format!("{several} warnings")),
        }
        match count(Level::Unseen) {
            0 => {}
            unseen => parts.push(format!("{unseen} could not be looked at")),
        }
        lines.push(parts.join(", "));
        lines
    }

    /// For programs.
    pub(super) fn json(&self) -> String {
        // Only maps with keys that are no strings fail, of which there are none.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// Seconds as people say them: `42s`, `7m`, `3h`, `12d`.
pub(super) fn span(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ ..120 => format!("{seconds}s"),
        seconds @ ..7200 => format!("{}m", seconds / 60),
        seconds @ ..172_800 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86400),
    }
}
