//! JSON and YAML inside strings: written back as they were, comments included.

use manifest::yaml::{Node, to_value_v3, write_node};

use crate::json_text;

/// The changed content of a string as text again; none when it cannot be written.
///
/// JSON is compact or spread out as it was. YAML keeps order, quoting and comments; empty lines go, as in the original.
pub(crate) fn serialize(before: &Node, after: &Node, original: &str) -> Option<String> {
    if original.trim_start().starts_with(['{', '[']) {
        let value = to_value_v3(after).ok()?;
        let pretty = original.contains('\n') && original.contains("  ");
        return Some(json_text::write(&value, pretty));
    }
    let written = write_node(after);
    let text = if original.contains('#') {
        with_comments(&write_node(before), &written, original).unwrap_or(written)
    } else {
        written
    };
    Some(text.trim().to_owned())
}

/// A line of the written text with the comments that stand above and behind it in the original.
#[derive(Default)]
struct Line<'a> {
    above: Vec<&'a str>,
    behind: Option<&'a str>,
    indent: usize,
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Puts the original's comments into the written text. None when the original is written too differently to tell which line is
/// which.
fn with_comments(before: &str, after: &str, original: &str) -> Option<String> {
    let old: Vec<&str> = before.lines().collect();
    let Located { lines, rest, rest_apart, top_apart } = locate(&old, original)?;
    let new: Vec<&str> = after.lines().collect();
    let prefix = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - prefix;
    let suffix = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    // One changed line is still the same line.
    let same_count = old.len() == new.len();
    let mut out = String::new();
    for (i, text) in new.iter().enumerate() {
        let from = if i < prefix || same_count {
            Some(i)
        } else if i >= new.len() - suffix {
            Some(i + old.len() - new.len())
        } else {
            None
        };
        let line = from.and_then(|from| lines.get(from));
        for comment in line.into_iter().flat_map(|line| &line.above) {
            if comment.is_empty() {
                out.push('\n');
                continue;
            }
            let moved = line.is_some_and(|line| line.indent == indent_of(comment));
            let indent = if moved { indent_of(text) } else { indent_of(comment) };
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(comment.trim());
            out.push('\n');
        }
        if i == 0 && top_apart {
            out.push('\n');
        }
        out.push_str(text);
        if let Some(comment) = line.and_then(|line| line.behind) {
            out.push(' ');
            out.push_str(comment);
        }
        out.push('\n');
    }
    let appended = prefix == old.len() && new.len() > old.len();
    if !rest.is_empty() && (rest_apart || appended) {
        out.push('\n');
    }
    for comment in rest {
        out.push_str(comment.trim_end());
        out.push('\n');
    }
    Some(out)
}

/// What surrounds the written lines in the original.
struct Located<'a> {
    lines: Vec<Line<'a>>,
    /// Comments behind the last line, and whether an empty line stands before them.
    rest: Vec<&'a str>,
    rest_apart: bool,
    /// Whether an empty line follows a comment at the top.
    top_apart: bool,
}

/// Finds the written lines in the original. An empty text among the comments stands for an empty line, which is kept only behind comments
/// that directly follow a line.
fn locate<'a>(old: &[&str], original: &'a str) -> Option<Located<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::with_capacity(old.len());
    let mut above: Vec<&'a str> = Vec::new();
    let (mut top_apart, mut attached, mut apart) = (false, false, false);
    for text in original.lines() {
        let trimmed = text.trim();
        let wanted = old.get(lines.len()).map(|line| line.trim());
        let behind = if wanted == Some(trimmed) {
            None
        } else if trimmed.is_empty() {
            if above.is_empty() {
                apart = true;
            } else if lines.is_empty() {
                top_apart = true;
            } else if attached {
                above.push("");
            }
            attached = false;
            continue;
        } else if trimmed.starts_with('#') {
            if above.is_empty() {
                attached = !apart;
            }
            above.push(text);
            continue;
        } else {
            let at = trimmed
                .match_indices(" #")
                .map(|(at, _)| at)
                .find(|at| trimmed.get(..*at).map(str::trim_end) == wanted)?;
            Some(trimmed.get(at..).unwrap_or_default().trim_start())
        };
        lines.push(Line { above: std::mem::take(&mut above), behind, indent: indent_of(text) });
        (attached, apart) = (false, false);
    }
    (lines.len() == old.len()).then_some(Located { lines, rest: above, rest_apart: apart, top_apart })
}
