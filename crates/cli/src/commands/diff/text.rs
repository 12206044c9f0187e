//! A comparison as lines for a terminal. Pure.

use jiff::Timestamp;

use super::report::{Act, Report};
use super::rows::{Sign, is_shown, mark, rows};
use crate::present::{Line, Tone};

#[cfg(test)]
mod tests;

/// All of it.
pub(super) fn lines(report: &Report, now: Timestamp) -> Vec<Line> {
    let mut lines = Vec::new();
    for object in report.objects.iter().filter(|object| is_shown(object)) {
        let tone = tone(object.act);
        lines.push(
            Line::of(tone, format!("{} ", mark(object.act)))
                .then(Tone::Strong, object.id.shown())
                .then(Tone::Faint, said(object.act)),
        );
        lines.extend(rows(object, Some(now)).into_iter().map(|row| match row.sign {
            Sign::Around => Line::plain(format!("    {}", row.text)),
            Sign::Live => Line::of(Tone::Bad, format!("  -   {}", row.text)),
            Sign::Desired => Line::of(Tone::Good, format!("  +   {}", row.text)),
            Sign::Remark => Line::of(Tone::Faint, format!("    # {}", row.text)),
        }));
    }
    let subject = format!("Kustomization {}/{}", report.namespace, report.name);
    lines.push(
        Line::of(Tone::Strong, subject)
            .then(Tone::Plain, format!(" with {}: {}", report.compared, report.summary())),
    );
    lines
}

const fn tone(act: Act) -> Tone {
    match act {
        Act::Create => Tone::Good,
        Act::Change | Act::Recreate | Act::Unknown | Act::Unasked => Tone::Busy,
        Act::Delete | Act::Refused => Tone::Bad,
        Act::Unchanged | Act::Skip => Tone::Faint,
    }
}

/// What the mark stands for.
const fn said(act: Act) -> &'static str {
    match act {
        Act::Create => " is created",
        Act::Change => " is changed",
        Act::Recreate => " is deleted and created again",
        Act::Delete => " is deleted",
        Act::Unchanged => " is unchanged",
        Act::Skip => " is left alone",
        Act::Unknown => " cannot be compared",
        Act::Refused => " is refused",
        Act::Unasked => " could not be asked about",
    }
}
