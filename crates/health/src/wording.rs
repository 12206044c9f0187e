//! Texts made by others, made fit to be published: one line, bounded, without credentials and without values of
//! Secrets. It does not decide what is said.

/// Longest text that is taken over from somebody else.
const MAX: usize = 400;

/// One line of at most [`MAX`] characters, masked.
#[must_use]
pub fn quoted(text: &str) -> String {
    let line = masked(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    cut(&line, MAX)
}

/// The text with credentials in URLs masked, and in each line that speaks of a Secret also every value that the API
/// server quotes as invalid.
#[must_use]
pub fn masked(text: &str) -> String {
    text.split('\n').map(masked_line).collect::<Vec<_>>().join("\n")
}

/// At most `max` characters, with an ellipsis when something is missing.
#[must_use]
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn masked_line(line: &str) -> String {
    let line = mask_user_info(line);
    if line.contains("Secret") { mask_invalid_values(&line) } else { line }
}

/// `https://user:password@host` loses what stands before the `@`.
fn mask_user_info(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let end = after.find(|c: char| matches!(c, '/' | '?' | '#' | '"' | '\'') || c.is_whitespace());
        let (authority, tail) = after.split_at(end.unwrap_or(after.len()));
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                out.push_str("***@");
                out.push_str(host);
            }
            None => out.push_str(authority),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// `Invalid value: "…"` and its like lose the value. Without a closing quote everything to the end goes.
fn mask_invalid_values(line: &str) -> String {
    const MARKS: [&str; 3] = ["Invalid value: ", "Unsupported value: ", "Duplicate value: "];
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((at, mark)) =
        MARKS.iter().filter_map(|mark| rest.find(mark).map(|at| (at, *mark))).min_by_key(|(at, _)| *at)
    {
        let (before, after) = rest.split_at(at.saturating_add(mark.len()));
        out.push_str(before);
        out.push_str("***");
        rest = after_value(after);
    }
    out.push_str(rest);
    out
}

fn after_value(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('"') else {
        // A value that is no text is printed as Go prints it, and ends before the explanation.
        return text.find(": ").map_or("", |end| text.split_at(end).1);
    };
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return inner.split_at(at.saturating_add(1)).1,
            _ => {}
        }
    }
    ""
}
