//! What kustomize-controller reports: what somebody changed, what became of it, and what is fought over.

use api::drift_report::{DriftMode, DriftReportStatus, DriftState, DriftedObject, FieldDrift, Fight};
use manifest::ObjectId;

use super::shown::Shown;
use crate::present::age::age;
use crate::present::line::{Line, Tone, wrapped};

/// The section; empty where nothing drifted. What was put back is counted and not listed.
pub(super) fn lines(shown: &Shown<'_>, room: usize) -> Vec<Line> {
    let Some(report) = shown.drift else { return Vec::new() };
    let Some(title) = title(report) else { return Vec::new() };
    let mut lines = vec![Line::of(Tone::Strong, "Drift: ").then(Tone::Plain, title)];
    let fights = report.fights.iter().map(|fight| of_fight(fight, shown));
    let open = report.objects.iter().filter(|object| shown.all || object.state != DriftState::Healed);
    let details = fights.chain(open.flat_map(|object| of_object(object, shown)));
    let mut left_out = 0_usize;
    for line in details {
        let line = wrapped(line, shown.width, 4);
        if shown.all || lines.len().saturating_add(line.len()) < room.saturating_sub(1) {
            lines.extend(line);
        } else {
            left_out = left_out.saturating_add(1);
        }
    }
    if left_out > 0 {
        lines.push(Line::of(Tone::Faint, format!("  and {left_out} more, which --all shows")));
    }
    lines
}

fn title(report: &DriftReportStatus) -> Option<String> {
    let counts = report.counts.clone().unwrap_or_default();
    let mode = match report.mode {
        Some(DriftMode::Report) => ", which is only told",
        Some(DriftMode::Heal) | None => "",
    };
    let parts: Vec<String> = [
        (counts.drifted, "object differs now", "objects differ now"),
        (counts.healed, "was put back", "were put back"),
        (counts.fights, "field is fought over", "fields are fought over"),
        (counts.ignored, "ignored field differs", "ignored fields differ"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, several)| format!("{count} {}", if count == 1 { one } else { several }))
    .collect();
    (!parts.is_empty()).then(|| format!("{}{mode}", parts.join(", ")))
}

fn of_fight(fight: &Fight, shown: &Shown<'_>) -> Line {
    let who = fight.manager.as_deref().unwrap_or("somebody");
    let wants = values(fight.desired.as_deref(), fight.live.as_deref());
    let since = age(fight.since.0, shown.now);
    Line::of(Tone::Bad, format!("  {} {}", name(&fight.id), fight.path)).then(
        Tone::Plain,
        format!(": {who} keeps changing it, {} times for {since}{wants}", fight.corrections),
    )
}

fn of_object(object: &DriftedObject, shown: &Shown<'_>) -> Vec<Line> {
    let name = name(&object.id);
    let state = match (object.state, &object.message) {
        (DriftState::Drifted, _) => format!(", for {}", age(object.since.0, shown.now)),
        (DriftState::Failed, Some(why)) => format!("; putting it back failed: {why}"),
        (DriftState::Failed, None) => "; putting it back failed".to_owned(),
        (DriftState::Healed, _) => match &object.healed_at {
            Some(healed) => format!("; put back {} ago", age(healed.0, shown.now)),
            None => "; put back".to_owned(),
        },
    };
    if object.deleted {
        return vec![
            Line::of(Tone::Busy, format!("  {name}"))
                .then(Tone::Plain, format!(": somebody deleted it{state}")),
        ];
    }
    let is_healed = object.state == DriftState::Healed;
    object.paths.iter().map(|path| of_path(&name, path, is_healed, &state)).collect()
}

fn of_path(name: &str, path: &FieldDrift, is_healed: bool, state: &str) -> Line {
    let who = path.manager.as_deref().map(|manager| format!(", set by {manager}")).unwrap_or_default();
    let (desired, live) = (path.desired.as_deref(), path.live.as_deref());
    let wants = if is_healed { past_values(desired, live) } else { values(desired, live) };
    Line::of(Tone::Busy, format!("  {name} {}", path.path)).then(Tone::Plain, format!("{wants}{who}{state}"))
}

/// `: "a" is to be "b"`.
fn values(desired: Option<&str>, live: Option<&str>) -> String {
    match (desired, live) {
        (Some(desired), Some(live)) => format!(": {live} is to be {desired}"),
        (Some(desired), None) => format!(": it is gone and is to be {desired}"),
        (None, Some(live)) => format!(": {live} is not to be there"),
        (None, None) => String::new(),
    }
}

/// `: "a" was to be "b"`.
fn past_values(desired: Option<&str>, live: Option<&str>) -> String {
    match (desired, live) {
        (Some(desired), Some(live)) => format!(": {live} was to be {desired}"),
        (Some(desired), None) => format!(": it was gone and was to be {desired}"),
        (None, Some(live)) => format!(": {live} was not to be there"),
        (None, None) => String::new(),
    }
}

fn name(id: &str) -> String {
    ObjectId::from_inventory(id).map_or_else(|_| id.to_owned(), |id| id.to_string())
}
