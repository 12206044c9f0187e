//! Draws a tree: a line for each object. Pure.

use api::convergence::{HealthState, SyncState};

use super::node::Node;
use crate::present::explanation::{health_tone, mark_of, without_subject};
use crate::present::{Line, Tone};

#[cfg(test)]
mod tests;

/// Its lines.
pub(super) fn lines(root: &Node) -> Vec<Line> {
    let mut lines = vec![line(root, String::new())];
    below(root, "", &mut lines);
    lines
}

fn below(node: &Node, prefix: &str, lines: &mut Vec<Line>) {
    let count = node.children.len();
    for (number, child) in node.children.iter().enumerate() {
        let is_last = number.saturating_add(1) == count;
        let (branch, further) = if is_last { ("└── ", "    ") } else { ("├── ", "│   ") };
        lines.push(line(child, format!("{prefix}{branch}")));
        below(child, &format!("{prefix}{further}"), lines);
    }
}

fn line(node: &Node, prefix: String) -> Line {
    let line = Line::of(Tone::Faint, prefix);
    let is_drifted = node.sync == Some(SyncState::Drifted);
    let line = match node.health {
        Some(HealthState::Healthy | HealthState::Suspended) if is_drifted => line.then(Tone::Busy, "~ "),
        Some(health) => line.then(health_tone(health), format!("{} ", mark_of(health))),
        None => line,
    };
    let line = line.then(Tone::Plain, &node.subject);
    let state = match node.health {
        Some(HealthState::Healthy) | None => None,
        Some(HealthState::NotObserved) => Some((Tone::Faint, "not looked at")),
        Some(health) => Some((health_tone(health), health.as_str())),
    };
    let line = match state {
        Some((tone, state)) => line.then(tone, format!(" {state}")),
        None => line,
    };
    let line = if is_drifted { line.then(Tone::Busy, " Drifted") } else { line };
    match &node.message {
        Some(message) => line.then(Tone::Plain, format!(": {}", without_subject(message, &node.subject))),
        None => line,
    }
}
