//! Which regular expressions Go and Rust read alike. What only one of them takes, or takes for something else, is not among
//! them. That a pattern is one at all is not looked at here. Pure, and one pass over the text.

/// Escapes with a letter or digit that mean the same.
const ESCAPES: &str = "dDsSwWbBAzafnrtvx";
/// Flags that mean the same.
const FLAGS: &str = "imsU";
/// What may stand between `[:` and `:]`.
const CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];
/// Go repeats nothing more often.
const MOST_REPEATS: u32 = 1000;

/// Whether both read it alike.
pub(super) fn is_common(pattern: &str) -> bool {
    pattern.is_ascii() && read(pattern).is_some()
}

/// Reads it to its end; `None` where they part.
fn read(mut rest: &str) -> Option<()> {
    // Whether what stands before is a repetition, which Go does not let be repeated.
    let mut is_repeated = false;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(1..)?;
        let is_repetition = matches!(c, '*' | '+' | '?' | '{');
        if is_repetition && is_repeated {
            return None;
        }
        rest = match c {
            '\\' => escape(tail)?,
            '[' => class(tail)?,
            '(' => group(tail)?,
            '{' => count(tail)?,
            _ => tail,
        };
        if is_repetition {
            rest = rest.strip_prefix('?').unwrap_or(rest);
        }
        is_repeated = is_repetition;
    }
    Some(())
}

/// Behind a backslash. `\<`, `\>` and `\b{start}` are borders of words in Rust only.
fn escape(rest: &str) -> Option<&str> {
    let c = rest.chars().next()?;
    let tail = rest.get(1..)?;
    let is_known = if c.is_ascii_alphanumeric() { ESCAPES.contains(c) } else { !matches!(c, '<' | '>') };
    let is_border = matches!(c, 'b' | 'B') && tail.starts_with('{');
    (is_known && !is_border).then_some(tail)
}

/// Behind the bracket that opens a class. Classes within classes, and what is made of two of them, are Rust's.
fn class(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix('^').unwrap_or(rest);
    // The first one is no end.
    let mut rest = rest.strip_prefix(']').unwrap_or(rest);
    loop {
        let c = rest.chars().next()?;
        let tail = rest.get(1..)?;
        rest = match c {
            ']' => return Some(tail),
            '\\' => escape(tail)?,
            '[' => {
                let (name, tail) = tail.strip_prefix(':')?.split_once(":]")?;
                CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)).then_some(tail)?
            }
            '&' | '-' | '~' if tail.starts_with(c) => return None,
            _ => tail,
        };
    }
}

/// Behind the bracket that opens a group.
fn group(rest: &str) -> Option<&str> {
    let Some(rest) = rest.strip_prefix('?') else { return Some(rest) };
    let named = rest.strip_prefix("P<").or_else(|| rest.strip_prefix('<'));
    if let Some(named) = named {
        let (name, tail) = named.split_once('>')?;
        return name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(tail);
    }
    let end = rest.find([':', ')'])?;
    let (flags, tail) = rest.split_at_checked(end)?;
    flags.chars().all(|c| c == '-' || FLAGS.contains(c)).then_some(tail)?.get(1..)
}

/// Behind the brace that opens a count. Go takes `{,5}` and `{ 5}` for what they are.
fn count(rest: &str) -> Option<&str> {
    let (counts, tail) = rest.split_once('}')?;
    let is_number = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse().is_ok_and(|count: u32| count <= MOST_REPEATS)
    };
    let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
    (is_number(least) && (most.is_empty() || is_number(most))).then_some(tail)
}
