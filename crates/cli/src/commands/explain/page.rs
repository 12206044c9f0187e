//! What is printed of one object that is no Kustomization. Pure.

use api::condition::{FALSE, TRUE};
use api::convergence::HealthState;
use jiff::Timestamp;

use super::about::{About, Applied, SourceFacts};
use crate::present::explanation::{SCREEN, blockers, health_tone, mark_of, why};
use crate::present::{Column, Line, Shape, Table, Tone, age, wrapped};

#[cfg(test)]
mod tests;

/// Lines of blockers, conditions and events.
const BLOCKERS: usize = 24;
const CONDITIONS: usize = 8;
const EVENTS: usize = 6;
/// Where an object is that this cluster does not have.
const ELSEWHERE: &str = "another one, to which that Kustomization applies; here is none of that name";
/// Names in one line.
const NAMES: usize = 6;

/// All lines.
pub(super) fn lines(about: &About, now: Timestamp, width: Option<usize>, all: bool) -> Vec<Line> {
    let mut lines = wrapped(headline(about), width, 2);
    for line in facts(about, now) {
        lines.extend(wrapped(line, width, 13));
    }
    if !about.blockers.is_empty() {
        let room = if all { usize::MAX } else { BLOCKERS };
        lines.push(Line::empty());
        lines.extend(blockers(&about.blockers, now, width, room));
    } else if let Some(hint) = &about.object.hint {
        lines.extend(wrapped(Line::of(Tone::Good, "  next: ").then(Tone::Plain, hint.clone()), width, 8));
    }
    for section in [conditions(about, now, width, all), events(about, now, width, all)] {
        let is_room = all || lines.len().saturating_add(section.len()) < SCREEN;
        if !section.is_empty() && is_room {
            lines.push(Line::empty());
            lines.extend(section);
        }
    }
    lines
}

/// How it is, in one sentence.
fn headline(about: &About) -> Line {
    let object = &about.object;
    let tone = health_tone(object.health);
    let is = match object.health {
        HealthState::Healthy => "is healthy",
        HealthState::Progressing => "is on its way",
        HealthState::Suspended => "is suspended",
        HealthState::Terminating => "is being deleted",
        HealthState::Degraded => "has failed",
        HealthState::Missing => "is missing",
        HealthState::Unknown => "is in a state that cannot be told",
        HealthState::NotObserved => "is not looked at",
    };
    let (is_well, mark) = (about.is_well(), mark_of(object.health));
    let (mark, tone) =
        if is_well || object.health != HealthState::Healthy { (mark, tone) } else { ("✗", Tone::Bad) };
    let line = Line::of(tone, mark).then(Tone::Strong, format!(" {}", about.subject));
    let line = line.then(tone, format!(" {is}"));
    match (why(object), about.blockers.first()) {
        (Some(why), _) => line.then(Tone::Plain, format!(": {why}")),
        (None, Some(blocker)) => line.then(Tone::Plain, format!(": {}", blocker.message)),
        (None, None) => line,
    }
}

/// What a fact begins with.
fn label(name: &str) -> Line {
    Line::of(Tone::Faint, format!("  {name:<11}"))
}

fn facts(about: &About, now: Timestamp) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(source) = &about.source {
        lines.extend(of_source(source, now));
    }
    if !about.owners.is_empty() {
        lines.push(label("owner").then(Tone::Plain, about.owners.join(" of ")));
    }
    match &about.kustomization {
        Some(applied) => {
            lines.extend(of_kustomization(applied));
            if about.is_elsewhere {
                lines.push(label("cluster").then(Tone::Plain, ELSEWHERE));
            }
            lines.push(label("sync").then(Tone::Plain, about.object.sync.as_str()));
        }
        None if about.source.is_none() => {
            let nobody = "no Kustomization, as far as labels and owners tell";
            lines.push(label("applied by").then(Tone::Plain, nobody));
        }
        None => {}
    }
    lines.push(label("for").then(Tone::Plain, age(about.object.since.0, now)));
    let note = |note: &String| Line::of(Tone::Busy, "not looked at: ").then(Tone::Plain, note.clone());
    lines.extend(about.notes.iter().map(note));
    lines
}

fn of_kustomization(applied: &Applied) -> Vec<Line> {
    let Applied { namespace, name, converged, summary } = applied;
    let (tone, is) = match converged.as_deref() {
        Some(TRUE) => (Tone::Good, ", converged"),
        Some(FALSE) => (Tone::Bad, ", not converged"),
        _ => (Tone::Busy, ""),
    };
    let line = label("applied by")
        .then(Tone::Strong, format!("Kustomization/{namespace}/{name}"))
        .then(tone, is)
        .then(Tone::Plain, format!(": {summary}"));
    if converged.as_deref() == Some(TRUE) {
        return vec![line];
    }
    let command = format!("flyball explain kustomization/{name} -n {namespace}");
    vec![line, label("").then(Tone::Faint, format!("`{command}` says more"))]
}

fn of_source(source: &SourceFacts, now: Timestamp) -> Vec<Line> {
    let line = |name: &str, text: String| label(name).then(Tone::Plain, text);
    let mut lines = Vec::new();
    lines.extend(source.url.iter().map(|url| line("url", url.clone())));
    lines.push(line(
        "artifact",
        match (&source.revision, source.stored) {
            (Some(revision), Some(stored)) => format!("{revision}, stored {} ago", age(stored, now)),
            (Some(revision), None) => revision.clone(),
            (None, _) => "none yet".to_owned(),
        },
    ));
    if source.suspended {
        lines.push(line("suspended", "it does not look for new revisions".to_owned()));
    }
    let names: Vec<&str> = source.used_by.iter().take(NAMES).map(String::as_str).collect();
    let more = source.used_by.len().saturating_sub(names.len());
    lines.push(line(
        "used by",
        match (names.as_slice(), more) {
            ([], _) => "no Kustomization".to_owned(),
            (names, 0) => format!("Kustomizations {}", names.join(", ")),
            (names, more) => format!("Kustomizations {} and {more} more", names.join(", ")),
        },
    ));
    lines
}

fn conditions(about: &About, now: Timestamp, width: Option<usize>, all: bool) -> Vec<Line> {
    let mut table = Table::new(["CONDITION", "STATUS", "REASON", "FOR", "MESSAGE"].map(Column::new).to_vec());
    let most = if all { usize::MAX } else { CONDITIONS };
    for condition in about.conditions.iter().take(most) {
        table.row(vec![
            Line::plain(&condition.kind),
            Line::plain(&condition.status),
            Line::plain(&condition.reason),
            Line::plain(condition.since.map(|since| age(since, now)).unwrap_or_default()),
            Line::plain(&condition.message),
        ]);
    }
    if table.is_empty() { Vec::new() } else { table.lines(Shape { width, wide: all, indent: 0 }) }
}

fn events(about: &About, now: Timestamp, width: Option<usize>, all: bool) -> Vec<Line> {
    let mut table = Table::new(["EVENT", "REASON", "AGO", "TIMES", "MESSAGE"].map(Column::new).to_vec());
    let most = if all { usize::MAX } else { EVENTS };
    for event in about.events.iter().take(most) {
        let tone = if event.kind == "Warning" { Tone::Busy } else { Tone::Plain };
        table.row(vec![
            Line::of(tone, &event.kind),
            Line::plain(&event.reason),
            Line::plain(age(event.last, now)),
            Line::plain(event.count.to_string()),
            Line::plain(&event.message),
        ]);
    }
    if table.is_empty() { Vec::new() } else { table.lines(Shape { width, wide: all, indent: 0 }) }
}
