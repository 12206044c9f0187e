//! Characters that steer a terminal or turn the reading direction, and texts cut to a line or a length. Nothing is masked
//! here; what stands for it is.

use std::borrow::Cow;

/// What stands where something was taken out.
pub(super) const MASK: &str = "***";

/// Whether a character shows nothing and steers what shows it: C0 and C1 controls, marks of direction, line separators
/// and marks of byte order.
#[must_use]
pub fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Line feeds and tabs stay: texts of API servers have several lines.
fn is_stripped(c: char) -> bool {
    is_control(c) && !matches!(c, '\n' | '\t')
}

/// The text without characters of control, line feeds and tabs excepted.
#[must_use]
pub fn without_controls(text: &str) -> Cow<'_, str> {
    if text.contains(is_stripped) {
        Cow::Owned(text.chars().filter(|c| !is_stripped(*c)).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A name or word of somebody else on one line: characters of control become `\u{fffd}`, and at most `max` characters
/// are shown.
#[must_use]
pub fn line(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max && !text.contains(is_control) {
        return Cow::Borrowed(text);
    }
    let shown = |c| if is_control(c) { '\u{fffd}' } else { c };
    let mut short: String = text.chars().map(shown).take(max).collect();
    if text.chars().nth(max).is_some() {
        short.pop();
        short.push('…');
    }
    Cow::Owned(short)
}

/// At most `max` bytes, whole characters only.
pub(super) fn head(text: &str, max: usize) -> &str {
    if text.len() <= max {
        return text;
    }
    let end = (0..=max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.get(..end).unwrap_or_default()
}
