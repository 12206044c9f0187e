//! Which quotings a text can take, and how it stands in double quotes.

use super::{Dialect, Resolved, Style, resolve};

/// How go-yaml v3 writes a string: its quoting.
#[must_use]
pub fn style_v3(text: &str) -> Style {
    if is_word(text) { Style::Plain } else { style_of_any(text) }
}

fn style_of_any(text: &str) -> Style {
    let allowed = Allowed::of_v3(text);
    if text.contains('\n') {
        return if allowed.block { Style::Literal } else { Style::Double };
    }
    let old_bool =
        matches!(resolve(text, Dialect::V2, true), Resolved::Bool(_)) && !matches!(text, "true" | "false");
    if !matches!(resolve(text, Dialect::V3, true), Resolved::Str | Resolved::Merge)
        || is_base60(text)
        || old_bool
    {
        Style::Double
    } else if allowed.plain {
        Style::Plain
    } else if allowed.single {
        Style::Single
    } else {
        Style::Double
    }
}

/// Which quotings a text can take.
pub(super) struct Allowed {
    pub(super) plain: bool,
    pub(super) single: bool,
    pub(super) block: bool,
    pub(super) multiline: bool,
}

impl Allowed {
    /// By go-yaml v2.
    pub(super) fn of(text: &str) -> Self {
        Self::analyze(text, false)
    }

    /// By go-yaml v3, where tabs do not rule out blocks.
    fn of_v3(text: &str) -> Self {
        Self::analyze(text, true)
    }

    fn analyze(text: &str, v3: bool) -> Self {
        if text.is_empty() {
            return Self { plain: true, single: true, block: false, multiline: false };
        }
        if is_simple(text) {
            return Self { plain: true, single: true, block: true, multiline: false };
        }
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut line_breaks, mut special, mut tabs) = (false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        let (mut previous_space, mut previous_break) = (false, false);
        let mut preceded = true;
        let mut chars = text.chars().peekable();
        let mut first = true;
        while let Some(c) = chars.next() {
            let followed = chars.peek().is_none_or(|c| matches!(c, ' ' | '\t'));
            indicators |= match c {
                '#' if !first => preceded,
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
                | '`' => first,
                '?' | '-' => first && followed,
                ':' => followed,
                _ => false,
            };
            if v3 && c == '\t' {
                tabs = true;
            } else {
                special |= !is_printable(c);
            }
            if c == ' ' {
                break_space |= previous_break;
                (previous_space, previous_break) = (true, false);
            } else if is_break(c) {
                line_breaks = true;
                space_break |= previous_space;
                (previous_space, previous_break) = (false, true);
            } else {
                (previous_space, previous_break) = (false, false);
            }
            preceded = matches!(c, ' ' | '\t' | '\0') || is_break(c);
            first = false;
        }
        let edge = |c: char| c == ' ' || is_break(c);
        let trailing_space = text.ends_with(' ');
        let hard = space_break || special;
        Self {
            plain: !(text.starts_with(edge)
                || text.ends_with(edge)
                || break_space
                || hard
                || tabs
                || line_breaks
                || indicators),
            single: !(break_space || hard || tabs),
            block: !(trailing_space || hard),
            multiline: line_breaks,
        }
    }
}

/// Whether a text is so plain that nothing in it could ask for quotes: most are.
fn is_simple(text: &str) -> bool {
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b'-' | b':');
    match text.as_bytes() {
        [first, .., last] => {
            (first.is_ascii_alphanumeric() || *first == b'/')
                && *last != b':'
                && text.as_bytes().iter().all(inside)
        }
        [only] => only.is_ascii_alphanumeric(),
        [] => false,
    }
}

/// Whether a text needs no quotes and, as it begins, can be nothing but text in either dialect: what a name looks like.
fn is_word(text: &str) -> bool {
    const LONGEST_TYPED: usize = "false".len();
    let typed = || {
        matches!(text.as_bytes(), [b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O', ..])
    };
    is_simple(text)
        && !text.as_bytes().first().is_none_or(u8::is_ascii_digit)
        && (text.len() > LONGEST_TYPED || !typed())
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`
pub(super) fn is_base60(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let mut parts = rest.split(':');
    let head = parts.next().unwrap_or_default();
    if !head.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return false;
    }
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return false;
    }
    while let Some(part) = parts.next() {
        let digits = match part.split_once('.') {
            Some((digits, fraction)) if parts.peek().is_none() => {
                if !fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
                    return false;
                }
                digits
            }
            _ => part,
        };
        let ok = match digits.as_bytes() {
            [one] => one.is_ascii_digit(),
            [ten, one] => (b'0'..=b'5').contains(ten) && one.is_ascii_digit(),
            _ => false,
        };
        if !ok {
            return false;
        }
    }
    true
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// One character in double quotes.
pub(super) fn escape(c: char) -> String {
    let code = u32::from(c);
    match c {
        '\0' => "\\0".to_owned(),
        '\u{7}' => "\\a".to_owned(),
        '\u{8}' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\u{b}' => "\\v".to_owned(),
        '\u{c}' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\u{1b}' => "\\e".to_owned(),
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\u{85}' => "\\N".to_owned(),
        '\u{a0}' => "\\_".to_owned(),
        '\u{2028}' => "\\L".to_owned(),
        '\u{2029}' => "\\P".to_owned(),
        _ if code <= 0xff => format!("\\x{code:02X}"),
        _ if code <= 0xffff => format!("\\u{code:04X}"),
        _ => format!("\\U{code:08X}"),
    }
}

/// A text as it stands in double quotes.
pub(super) fn escaped(text: &str) -> String {
    text.chars()
        .map(
            |c| {
                if !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                    escape(c)
                } else {
                    c.to_string()
                }
            },
        )
        .collect()
}

/// The quoting that a text gets when one is wished for.
pub(super) fn style_allowed(text: &str, wanted: Style, inline: bool, flow: bool) -> Style {
    let allowed = Allowed::of_v3(text);
    let mut style = wanted;
    if style == Style::Plain {
        let flow_safe = !text.contains([',', '?', '[', ']', '{', '}', ':']);
        if !allowed.plain || (flow && !flow_safe) || (text.is_empty() && inline) {
            style = Style::Single;
        }
    }
    if style == Style::Single && !allowed.single {
        style = Style::Double;
    }
    if matches!(style, Style::Literal | Style::Folded) && (!allowed.block || inline) {
        style = Style::Double;
    }
    style
}

#[cfg(test)]
mod tests;
