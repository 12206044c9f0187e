//! What becomes of a `>` text that is written by go-yaml and read again.
//!
//! The writer decides about an extra line break by looking at the first character of the whole text instead of that of the next line, so
//! texts with indented lines gain or lose line breaks.

use std::borrow::Cow;

use super::Style;
use super::quoting::style_allowed;

/// The text after one round of writing and reading.
pub(super) fn refold(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') || style_allowed(text, Style::Folded, false, false) != Style::Folded {
        return Cow::Borrowed(text);
    }
    let lines = write(text);
    Cow::Owned(read(&lines, text))
}

fn is_blank(line: &str) -> bool {
    line.starts_with([' ', '\t'])
}

/// The lines of the block, without indentation.
pub(super) fn write(text: &str) -> String {
    let first = text.trim_start_matches('\n').chars().next();
    let extra = !matches!(first, None | Some(' ' | '\t'));
    let mut out = String::with_capacity(text.len() + 8);
    let (mut breaks, mut leading_spaces) = (true, true);
    for c in text.chars() {
        if c == '\n' {
            if !breaks && !leading_spaces && extra {
                out.push('\n');
            }
            out.push('\n');
            breaks = true;
        } else {
            if breaks {
                leading_spaces = matches!(c, ' ' | '\t');
            }
            out.push(c);
            breaks = false;
        }
    }
    out
}

/// Folds the lines of a block; how it ends follows from how the original text ended.
fn read(block: &str, original: &str) -> String {
    let mut text = String::with_capacity(block.len());
    let mut leading_break = "";
    let mut trailing_breaks = String::new();
    let mut previous_blank = false;
    let body = block.trim_end_matches('\n');
    let end = block.get(body.len()..).unwrap_or_default();
    for line in body.split('\n') {
        if line.is_empty() {
            trailing_breaks.push('\n');
            continue;
        }
        let blank = is_blank(line);
        if !leading_break.is_empty() && !previous_blank && !blank {
            if trailing_breaks.is_empty() {
                text.push(' ');
            }
        } else {
            text.push_str(leading_break);
        }
        text.push_str(&trailing_breaks);
        trailing_breaks.clear();
        text.push_str(line);
        leading_break = "\n";
        previous_blank = blank;
    }
    let keep = original == "\n" || original.ends_with("\n\n");
    if keep {
        text.push_str(end);
    } else if original.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
