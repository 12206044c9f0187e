//! Blockers: code, object, what is wrong, by what that was seen, and the next step. Those for which there is no room for
//! all of it lose their evidence; what is wrong and the next step stay.

use api::convergence::Blocker;
use jiff::Timestamp;

use crate::present::age::age;
use crate::present::line::{Line, Tone, wrapped};

/// Lines of one message.
const MESSAGE: usize = 6;
/// Pieces of evidence of one blocker.
const EVIDENCE: usize = 6;

/// As many as there is room for, the first one whole in any case.
pub(crate) fn blockers(blockers: &[Blocker], now: Timestamp, width: Option<usize>, room: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (number, blocker) in blockers.iter().enumerate() {
        let others = blockers.len().saturating_sub(number).saturating_sub(1);
        // The last line may have to say how many are left out.
        let left = room.saturating_sub(lines.len()).saturating_sub(usize::from(others > 0));
        // What follows is to have its two lines each.
        let reserved = others.saturating_mul(2).min(left.saturating_mul(3) / 4);
        let number = number.saturating_add(1);
        let whole = whole(number, blocker, now, width);
        let short = || short(number, blocker, now, width);
        if number == 1 || whole.len() <= left.saturating_sub(reserved) {
            lines.extend(whole);
        } else if let short = short()
            && short.len() <= left
        {
            lines.extend(short);
        } else {
            let more = others.saturating_add(1);
            lines.push(Line::of(Tone::Faint, format!("   and {more} more, which --all shows")));
            break;
        }
    }
    lines
}

fn whole(number: usize, blocker: &Blocker, now: Timestamp, width: Option<usize>) -> Vec<Line> {
    let mut lines = wrapped(title(number, blocker, now), width, 3);
    let message: Vec<&str> = blocker.message.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in message.iter().take(MESSAGE) {
        lines.extend(wrapped(Line::plain(format!("   {line}")), width, 3));
    }
    if message.len() > MESSAGE {
        lines.push(Line::of(Tone::Faint, "   …"));
    }
    for seen in blocker.evidence.iter().take(EVIDENCE) {
        let line = Line::of(Tone::Faint, "   seen: ").then(Tone::Plain, seen.clone());
        lines.extend(wrapped(line, width, 9));
    }
    lines.extend(next(blocker, width));
    lines
}

fn short(number: usize, blocker: &Blocker, now: Timestamp, width: Option<usize>) -> Vec<Line> {
    let message = blocker.message.lines().next().unwrap_or_default();
    let line = title(number, blocker, now).then(Tone::Plain, format!(": {message}"));
    [wrapped(line, width, 3), next(blocker, width)].concat()
}

/// `1. HealthFailed  Deployment/apps/web, for 5m`.
fn title(number: usize, blocker: &Blocker, now: Timestamp) -> Line {
    let line = Line::of(Tone::Faint, format!("{number}. ")).then(Tone::Bad, blocker.code.as_str());
    let line = match &blocker.object {
        Some(object) => line.then(Tone::Strong, format!("  {object}")),
        None => line,
    };
    line.then(Tone::Faint, format!(", for {}", age(blocker.since.0, now)))
}

fn next(blocker: &Blocker, width: Option<usize>) -> Vec<Line> {
    let line = |hint: &String| {
        let line = Line::of(Tone::Good, "   next: ").then(Tone::Plain, hint.clone());
        wrapped(line, width, 9)
    };
    blocker.hint.iter().flat_map(line).collect()
}
