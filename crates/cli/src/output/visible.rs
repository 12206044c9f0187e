//! Foreign text made safe for a terminal: what would move its cursor, change its colours or turn its line around is
//! written out instead. What is said is not changed otherwise.

use std::borrow::Cow;
use std::fmt::Write as _;

#[cfg(test)]
mod tests;

/// The text with control characters shown as `\x1b` or `\u{202e}`; line feeds and tabs stay.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\r' => shown.push_str("\\r"),
            c if !is_active(c) => shown.push(c),
            // Writing to a String does not fail.
            c if u32::from(c) < 0x100 => drop(write!(shown, "\\x{:02x}", u32::from(c))),
            c => drop(write!(shown, "\\u{{{:x}}}", u32::from(c))),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character does something to a terminal, or hides, instead of being shown.
pub(crate) fn is_active(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Bidirectional controls, line and paragraph separators, what has no width, and tags.
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}
