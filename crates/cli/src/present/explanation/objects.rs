//! The objects of a Kustomization: those that need attention as a table, all of them as numbers.

use api::convergence::{Counts, HealthState, SyncState};
use api::explain::{Explanation, ObjectExplanation};
use manifest::ObjectId;

use super::shown::Shown;
use crate::present::age::age;
use crate::present::line::{Line, Tone};
use crate::present::table::{Column, Shape, Table};

/// Rows at most, unless all are wanted.
const ROWS: usize = 12;

/// Whether an object needs attention.
pub(crate) fn is_open(object: &ObjectExplanation) -> bool {
    let well =
        matches!(object.health, HealthState::Healthy | HealthState::Suspended | HealthState::NotObserved);
    !well || matches!(object.sync, SyncState::Drifted | SyncState::Missing)
}

/// Why it is as it is, in words; nothing where there is nothing to say.
pub(crate) fn why(object: &ObjectExplanation) -> Option<String> {
    let said = object.message.as_ref().filter(|said| !said.is_empty());
    said.cloned().or_else(|| object.reason.as_deref().filter(|reason| !reason.is_empty()).map(in_words))
}

/// What the reasons say that have no message of their own.
fn in_words(reason: &str) -> String {
    let words = match reason {
        "SecretsNotRead" => "Secrets are not read",
        "AnotherCluster" => "it is in another cluster",
        "NotWatchedYet" => "it was not looked at yet",
        other => other,
    };
    words.to_owned()
}

/// The tone of a state of health.
pub(crate) const fn health_tone(health: HealthState) -> Tone {
    match health {
        HealthState::Healthy => Tone::Good,
        HealthState::Progressing | HealthState::Terminating | HealthState::Unknown => Tone::Busy,
        HealthState::Degraded | HealthState::Missing => Tone::Bad,
        HealthState::Suspended | HealthState::NotObserved => Tone::Faint,
    }
}

/// The mark of an object.
pub(crate) const fn mark_of(health: HealthState) -> &'static str {
    match health {
        HealthState::Healthy => "✔",
        HealthState::Progressing | HealthState::Terminating => "…",
        HealthState::Degraded | HealthState::Missing => "✗",
        HealthState::Unknown | HealthState::NotObserved => "?",
        HealthState::Suspended => "‖",
    }
}

/// Those that need attention.
pub(super) fn open(shown: &Shown<'_>, room: usize) -> Vec<Line> {
    let all: Vec<&ObjectExplanation> =
        shown.explanation.objects.iter().filter(|object| shown.all || is_open(object)).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let most = if shown.all { usize::MAX } else { room.saturating_sub(4).min(ROWS) };
    let mut table = Table::new(["OBJECT", "SYNC", "HEALTH", "FOR", "WHY"].map(Column::new).to_vec());
    for object in all.iter().take(most) {
        table.row(vec![
            Line::plain(name(&object.id)),
            Line::plain(object.sync.as_str()),
            Line::of(health_tone(object.health), object.health.as_str()),
            Line::plain(age(object.since.0, shown.now)),
            Line::plain(why(object).unwrap_or_default()),
        ]);
    }
    let title = if shown.all { "Objects:" } else { "Objects that are not as they should be:" };
    let mut lines = vec![Line::of(Tone::Strong, title)];
    lines.extend(table.lines(Shape { width: shown.width, wide: false, indent: 2 }));
    let more = all.len().saturating_sub(most);
    if more > 0 {
        lines.push(Line::of(Tone::Faint, format!("  and {more} more, which --all shows")));
    }
    lines
}

/// An object of an inventory as people write it.
fn name(id: &str) -> String {
    ObjectId::from_inventory(id).map_or_else(|_| id.to_owned(), |id| id.to_string())
}

/// How many there are of which kind, in one line.
pub(super) fn summary(explanation: &Explanation) -> Vec<Line> {
    vec![Line::plain(counted(&explanation.counts))]
}

/// `12 objects: 10 healthy, 1 progressing`.
pub(super) fn counted(counts: &Counts) -> String {
    let parts: Vec<String> = [
        (counts.healthy, "healthy"),
        (counts.suspended, "suspended"),
        (counts.progressing, "progressing"),
        (counts.terminating, "terminating"),
        (counts.degraded, "degraded"),
        (counts.missing, "missing"),
        (counts.unknown, "unknown"),
        (counts.not_observed, "not looked at"),
        (counts.drifted, "drifted"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    match counts.total {
        0 => "no objects".to_owned(),
        1 => format!("1 object: {}", parts.join(", ")),
        total => format!("{total} objects: {}", parts.join(", ")),
    }
}
