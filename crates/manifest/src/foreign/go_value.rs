//! Where a value ends that a Go program printed, and what type it has. Where that is not certain, it ends late: what is
//! cut too much is a word of explanation, what is cut too little is a password.

/// A value at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its type in a word; empty where that is not said.
    pub(super) kind: &'static str,
    /// Where it ends.
    pub(super) end: usize,
}

/// `%T` instead of a value: nothing to hide.
pub(super) fn is_type_name(line: &str) -> bool {
    let names =
        ["string", "int64", "float64", "bool", "<nil>", "nil", "map[string]interface {}", "[]interface {}"];
    names.contains(&line.trim_end_matches([',', '.', ')', ']']).trim_end())
        || names.contains(&line.trim_end())
}

/// What structured-merge-diff got: it ends with the last brace of its line. With `greedy`, lines that are not the next
/// entry of a list of complaints belong to it, too.
pub(super) fn got(text: &str, greedy: bool) -> Found {
    let mut lines = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let next = line.starts_with(' ') && line.trim_start().starts_with(['.', '[']);
        if number > 0 && (next || !greedy) {
            break;
        }
        lines += line.len();
    }
    let (value, _) = text.split_at(lines);
    let value = value.trim_end();
    let end = match value.rfind('}') {
        Some(brace) if value.starts_with('&') && !value.contains('\n') => brace.saturating_add(1),
        _ => value.len(),
    };
    Found { kind: kind_of(value), end }
}

fn kind_of(value: &str) -> &'static str {
    let inner = value.strip_prefix("&value.valueUnstructured{Value:").or_else(|| value.strip_prefix("&{"));
    let inner = inner.unwrap_or(value);
    let scalar = inner.trim_end_matches('}');
    if inner.starts_with('"') {
        "string"
    } else if inner.starts_with("map[") || inner.starts_with('{') {
        "map"
    } else if inner.starts_with('[') {
        "list"
    } else if matches!(scalar, "true" | "false") {
        "boolean"
    } else if matches!(scalar, "<nil>" | "interface {}(nil)" | "nil" | "null") {
        "null"
    } else if scalar.parse::<f64>().is_ok() && scalar.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        "number"
    } else {
        "value"
    }
}

/// A value that validation complains of; the rule follows behind a colon.
pub(super) fn value(text: &str) -> Found {
    let end = match text.chars().next() {
        Some('"') => quoted(text),
        Some('<') => text.find('>').map(|at| at.saturating_add(1)),
        _ => nested(text),
    };
    let line = text.find('\n').unwrap_or(text.len());
    let end = match end {
        Some(end) if is_end(text.split_at(end).1) => end,
        // Never closed: a text with line feeds, printed bare.
        None if text.starts_with(['"', '{', '[']) => text.len(),
        _ => line,
    };
    Found { kind: "", end }
}

/// `Value: "…"` of a comparison, after the colon; spaces align it.
pub(super) fn compared(text: &str) -> Option<Found> {
    let value = text.trim_start_matches([' ', '\u{a0}', '\t']);
    let blanks = text.len().saturating_sub(value.len());
    if !value.starts_with(['"', '`', 's']) || blanks == 0 {
        return None;
    }
    let line = value.find('\n').unwrap_or(value.len());
    let end = quoted(value).unwrap_or(line);
    Some(Found { kind: "", end: blanks.saturating_add(end) })
}

/// What may follow a value that was printed whole.
fn is_end(rest: &str) -> bool {
    rest.is_empty()
        || rest.starts_with([',', ']', '\n', ')', ';'])
        || rest.starts_with(": ")
        || rest.trim_end() == ":"
}

/// The end of a text in quotes with Go's escapes.
fn quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at.saturating_add(1)),
            _ => {}
        }
    }
    None
}

/// The end of a number, a word, or a structure with brackets of any kind: before a colon or comma outside of them.
fn nested(text: &str) -> Option<usize> {
    let (mut depth, mut in_quotes, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            _ if in_quotes => {}
            '{' | '[' | '(' => depth = depth.saturating_add(1),
            '}' | ']' | ')' if depth > 0 => depth = depth.saturating_sub(1),
            ':' | ',' | '\n' | ']' | ')' | ';' if depth == 0 => return Some(at),
            // A sentence, or a text that was printed bare; but `interface {}` is a type.
            ' ' if depth == 0 && !text.split_at(at).1.starts_with(" {") => return None,
            _ => {}
        }
    }
    (depth == 0 && !in_quotes).then_some(text.len())
}
