//! Patterns in the syntax of RE2, as Go has it, for the library that we have: in Go `\w` and its like are ASCII, there are
//! literal stretches `\Q…\E`, and classes have no operators. What the pattern means otherwise is the same in both.

use regex::{Regex, RegexBuilder};

/// Bytes that a compiled pattern may take, and as much again while it matches.
const SIZE: usize = 512 << 10;
/// Groups inside each other.
const NESTING: u32 = 100;

/// Compiles a pattern.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&translated(pattern))
        .size_limit(SIZE)
        .dfa_size_limit(SIZE)
        .nest_limit(NESTING)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => {
                format!("error parsing regexp: expression is larger than {limit} bytes")
            }
            _ => format!("error parsing regexp: `{}`", manifest::foreign::line(pattern, 256)),
        })
}

/// About how many states a pattern has: what a byte of a text costs at worst.
pub(super) fn weight(pattern: &str) -> usize {
    let mut counted = 0_usize;
    let mut factor = 1_usize;
    let mut before = '(';
    for (at, c) in pattern.char_indices() {
        let most = pattern.get(at + 1..).filter(|_| c == '{').and_then(|rest| {
            let (numbers, _) = rest.split_once('}')?;
            numbers.rsplit(',').find(|number| !number.is_empty())?.parse::<usize>().ok()
        });
        if let Some(most) = most {
            // A group that is repeated repeats what is counted in it.
            if before == ')' {
                factor = factor.saturating_mul(most.max(1));
            } else {
                counted = counted.saturating_add(most);
            }
        }
        before = c;
    }
    (1 + pattern.len() / 8).saturating_add(counted).saturating_mul(factor).min(10_000)
}

fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        rest = match c {
            '\\' => escape(&mut out, after, in_class),
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                // A bracket that is the first in a class is one of its characters.
                let (caret, after) = after.strip_prefix('^').map_or(("", after), |after| ("^", after));
                out.push_str(caret);
                match after.strip_prefix(']') {
                    Some(after) => {
                        out.push_str("\\]");
                        after
                    }
                    None => after,
                }
            }
            '[' if after.starts_with(':') && after.contains(":]") => {
                let end = after.find(":]").map_or(0, |end| end + 2);
                let (name, after) = after.split_at_checked(end).unwrap_or((after, ""));
                out.push('[');
                out.push_str(name);
                after
            }
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
                after
            }
            c => {
                in_class = in_class && c != ']';
                out.push(c);
                after
            }
        };
    }
    out
}

/// What stands behind a backslash; the rest is returned.
fn escape<'p>(out: &mut String, after: &'p str, in_class: bool) -> &'p str {
    let Some(c) = after.chars().next() else {
        out.push('\\');
        return after;
    };
    let rest = after.get(c.len_utf8()..).unwrap_or_default();
    match c {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        's' => out.push_str("[\\t\\n\\x0C\\r ]"),
        'S' => out.push_str("[^\\t\\n\\x0C\\r ]"),
        'b' if !in_class => out.push_str("(?-u:\\b)"),
        'Q' if !in_class => {
            let (literal, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
            out.push_str(&regex::escape(literal));
            return rest;
        }
        c => {
            out.push('\\');
            out.push(c);
        }
    }
    rest
}

#[cfg(test)]
mod tests;
