//! An explanation on one screen: the answer, what stands in the way with the next step, the last run, drift, the objects
//! that are not well, and how many there are. Pure; what there is no room for is counted.

mod blockers;
mod drift;
mod objects;
mod shown;

use api::condition::reason::RECONCILIATION_SUCCEEDED;
use api::condition::{FALSE, TRUE};
use api::convergence::{RevisionSince, Target};
use api::explain::Explanation;

use super::age::{age, instant};
use super::line::{Line, Tone, wrapped};

pub(crate) use blockers::blockers;
pub(crate) use objects::{health_tone, is_open, mark_of, why};
pub(crate) use shown::Shown;

#[cfg(test)]
mod tests;

/// Lines of one screen.
pub(crate) const SCREEN: usize = 60;
/// Lines that are kept for what follows the blockers.
const AFTER: usize = 16;

/// All lines.
pub(crate) fn lines(shown: &Shown<'_>) -> Vec<Line> {
    let explanation = shown.explanation;
    let limit = if shown.all { usize::MAX } else { SCREEN };
    let mut lines = wrapped(headline(explanation), shown.width, 2);
    lines.extend(facts(shown));
    if explanation.blockers.is_empty()
        && let Some(step) = next_step(explanation)
    {
        let line = Line::of(Tone::Good, "  next      ").then(Tone::Plain, step);
        lines.extend(wrapped(line, shown.width, 12));
    }
    if !explanation.blockers.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::of(Tone::Strong, "In the way, root causes first:"));
        let room = limit.saturating_sub(lines.len()).saturating_sub(AFTER);
        lines.extend(blockers(&explanation.blockers, shown.now, shown.width, room));
    }
    let tail = [notes(shown.notes, shown.width), objects::summary(explanation)].concat();
    let mut room = limit.saturating_sub(lines.len()).saturating_sub(tail.len()).saturating_sub(2);
    for section in [drift::lines(shown, room.min(10)), objects::open(shown, room)] {
        if section.is_empty() || section.len() >= room {
            continue;
        }
        room = room.saturating_sub(section.len()).saturating_sub(1);
        lines.push(Line::empty());
        lines.extend(section);
    }
    lines.push(Line::empty());
    lines.extend(tail);
    lines
}

/// The answer in one sentence.
pub(crate) fn headline(explanation: &Explanation) -> Line {
    let Target { kind, namespace, name, .. } = &explanation.target;
    let verdict = &explanation.verdict;
    let subject = format!("{kind}/{namespace}/{name}");
    let (mark, tone, is) = answer(explanation);
    let summary = without_subject(&verdict.summary, &subject);
    Line::of(tone, mark)
        .then(Tone::Strong, format!(" {subject}"))
        .then(tone, format!(" {is}"))
        .then(Tone::Plain, format!(": {summary}"))
}

/// What is said of an object, where the object is named in front of it anyway: it names itself once.
pub(crate) fn without_subject<'s>(said: &'s str, subject: &str) -> &'s str {
    said.strip_prefix(subject).and_then(|said| said.strip_prefix(": ")).unwrap_or(said)
}

/// The mark, the tone and the words of an answer.
pub(crate) fn answer(explanation: &Explanation) -> (&'static str, Tone, &'static str) {
    match explanation.verdict.status.as_str() {
        TRUE => ("✔", Tone::Good, "is converged"),
        FALSE if explanation.blockers.is_empty() && is_under_way(&explanation.verdict.reason) => {
            ("…", Tone::Busy, "is on its way")
        }
        FALSE => ("✗", Tone::Bad, "is not converged"),
        _ => ("?", Tone::Busy, "may be converged"),
    }
}

/// Reasons of an answer that time changes by itself.
fn is_under_way(reason: &str) -> bool {
    matches!(reason, "Progressing" | "RevisionPending" | "Deleting")
}

fn facts(shown: &Shown<'_>) -> Vec<Line> {
    let explanation = shown.explanation;
    let mut facts = vec![("source", shown.source.to_owned())];
    let text = |revision: &Option<RevisionSince>| revision.as_ref().map(|revision| revision.revision.clone());
    match (text(&explanation.desired), text(&explanation.applied)) {
        (Some(desired), Some(applied)) if desired != applied => {
            facts.push(("revision", format!("{desired} is not applied yet")));
            facts.push(("applied", applied));
        }
        (Some(desired), None) => facts.push(("revision", format!("{desired}; none was applied yet"))),
        (_, Some(applied)) => facts.push(("revision", format!("{applied} is applied"))),
        (None, None) => {}
    }
    if let Some(last) = &explanation.last_result {
        // That it succeeded says all; a revision stands above.
        let said = last.message.as_deref().filter(|_| last.reason != RECONCILIATION_SUCCEEDED);
        let said = said.map(|said| first_line(said, 200)).filter(|said| !said.is_empty());
        facts.push((
            "last run",
            match said {
                Some(said) => format!("{}: {said}", last.reason),
                None => last.reason.clone(),
            },
        ));
    }
    let since = explanation.verdict.since.0;
    facts.push(("since", format!("{} ({})", instant(since), age(since, shown.now))));
    let line = |(name, text): (&str, String)| {
        let line = Line::of(Tone::Faint, format!("  {name:<10}")).then(Tone::Plain, text);
        wrapped(line, shown.width, 12)
    };
    facts.into_iter().flat_map(line).collect()
}

/// What to do about what is not as it should be and blocks nothing yet.
fn next_step(explanation: &Explanation) -> Option<String> {
    if explanation.is_converged() {
        return None;
    }
    let Target { namespace, name, .. } = &explanation.target;
    let of =
        |command: &str, flag: &str| format!("`flyball {command} kustomization/{name} -n {namespace}{flag}`");
    let hinted =
        explanation.objects.iter().filter(|object| is_open(object)).find_map(|object| object.hint.clone());
    match explanation.verdict.reason.as_str() {
        "Deleting" => Some("it goes once its objects have; then nothing is left to do".to_owned()),
        "RevisionPending" => Some(format!(
            "kustomize-controller takes it up by itself, and {} at once; `flyball check` says whether it runs",
            of("reconcile", "")
        )),
        "Drifted" => Some(format!(
            "{} shows what differs; {} puts it back",
            of("diff", ""),
            of("reconcile", " --full")
        )),
        "Missing" => {
            Some(hinted.unwrap_or_else(|| format!("{} has it made again", of("reconcile", " --full"))))
        }
        _ => Some(hinted.unwrap_or_else(|| {
            format!(
                "{} waits for it; if nothing moves, `flyball check` says whether the controllers run",
                of("wait", "")
            )
        })),
    }
}

fn first_line(text: &str, limit: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= limit && text.lines().count() <= 1 {
        return line.to_owned();
    }
    let cut: String = line.chars().take(limit).collect();
    format!("{}…", cut.trim_end())
}

fn notes(notes: &[String], width: Option<usize>) -> Vec<Line> {
    const MOST: usize = 5;
    let mut lines: Vec<Line> = notes
        .iter()
        .take(MOST)
        .flat_map(|note| {
            wrapped(Line::of(Tone::Busy, "not looked at: ").then(Tone::Plain, note.clone()), width, 2)
        })
        .collect();
    let more = notes.len().saturating_sub(MOST);
    if more > 0 {
        lines.push(Line::of(Tone::Faint, format!("not looked at: {more} more")));
    }
    lines
}
