//! Go's regular expressions (package `regexp` of Go 1.26) in the syntax of Rust's `regex` crate. Here stands what the
//! two spell differently; groups, repetitions and their nesting are judged by the tree of `regex-syntax`. Says nothing
//! of where a group matched: groups do not capture, and no repetition is lazy. Go's limit on the size of the compiled
//! program is left to Rust's.

mod classes;
mod escapes;
mod text;
mod tree;

use self::text::{NOTHING, refused, up_to, write_char};
pub(super) use self::tree::MOST_LEVELS;
use self::tree::{Fault, MOST_COPIES};
use crate::error::{Error, Result};

/// The pattern for the `regex` crate.
pub(super) fn to_rust(pattern: &str) -> Result<String> {
    let mut translator = Translator {
        whole: pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() * 2),
        flags: String::new(),
        repeated: None,
        operators: Vec::new(),
    };
    let read = translator.read();
    match tree::check(&translator.out) {
        // Go stops at the first fault: one in the tree stands before the one that ended the reading.
        Err(fault) if read.is_ok() || !matches!(fault, Fault::Unclosed) => {
            Err(translator.in_go_words(&fault))
        }
        _ => read.map(|()| translator.out),
    }
}

struct Translator<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    /// Flags that are not written yet: an operator behind them repeats what stands before them.
    flags: String,
    /// Begins with the repetition just read.
    repeated: Option<&'a str>,
    /// Where each repetition begins in `out`, and how it was written.
    operators: Vec<(usize, &'a str)>,
}

impl<'a> Translator<'a> {
    fn read(&mut self) -> Result<()> {
        while let Some(c) = self.rest.chars().next() {
            let before = self.rest;
            let repeated = self.repeated.take();
            if let Some((operator, rest)) = repetition(before)? {
                self.repeat(&operator, repeated, before, rest.strip_prefix('?').unwrap_or(rest))?;
                continue;
            }
            let after = before.get(c.len_utf8()..).unwrap_or_default();
            self.rest = after;
            match c {
                '(' if after.starts_with('?') => self.group_or_flags(before)?,
                '(' => self.push("(?:"),
                '|' => self.push("|"),
                ')' => self.push(")"),
                '^' => self.push("^"),
                '$' => self.push("$"),
                '.' => self.push("."),
                '[' => {
                    let (class, rest) = classes::bracketed(before)?;
                    self.rest = rest;
                    self.push(&class);
                }
                '\\' => self.escape(before, after)?,
                _ => self.literal(c.into()),
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(&std::mem::take(&mut self.flags));
        self.out.push_str(text);
    }

    fn literal(&mut self, c: u32) {
        let mut text = String::new();
        match char::from_u32(c) {
            Some(c) => write_char(&mut text, c),
            // No text has half a surrogate pair; that a leading one is U+FFFD to Go is left out.
            None => text.push_str(NOTHING),
        }
        self.push(&text);
    }

    /// One operator behind another is refused, unless flags stand between them.
    fn repeat(
        &mut self,
        operator: &str,
        repeated: Option<&'a str>,
        before: &'a str,
        rest: &'a str,
    ) -> Result<()> {
        if let Some(repeated) = repeated {
            return Err(refused("invalid nested repetition operator", up_to(repeated, rest)));
        }
        self.operators.push((self.out.len(), up_to(before, rest)));
        self.out.push_str(operator);
        self.repeated = Some(before);
        self.rest = rest;
        Ok(())
    }

    fn escape(&mut self, before: &'a str, after: &'a str) -> Result<()> {
        let assertion = match after.bytes().next() {
            Some(b'A') => r"\A",
            Some(b'z') => r"\z",
            Some(b'b') => r"(?-u:\b)",
            Some(b'B') => r"(?-u:\B)",
            Some(b'Q') => {
                let quoted = after.get(1..).unwrap_or_default();
                let (literals, rest) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
                self.rest = rest;
                literals.chars().for_each(|c| self.literal(c.into()));
                return Ok(());
            }
            _ => {
                if let Some((class, rest)) = classes::escaped(before)? {
                    self.rest = rest;
                    self.push(&format!("[{class}]"));
                } else {
                    let (c, rest) = escapes::character(before)?;
                    self.rest = rest;
                    self.literal(c);
                }
                return Ok(());
            }
        };
        self.rest = after.get(1..).unwrap_or_default();
        self.push(assertion);
        Ok(())
    }

    /// What begins with `(?`: a named group, or flags for the rest of this group or for a new one. Go may repeat both a
    /// name and a flag.
    fn group_or_flags(&mut self, before: &'a str) -> Result<()> {
        let named = before.strip_prefix("(?P<").or_else(|| before.strip_prefix("(?<"));
        if let Some(named) = named.filter(|named| !named.is_empty()) {
            let Some((name, rest)) = named.split_once('>') else {
                return Err(refused("invalid named capture", before));
            };
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                return Err(refused("invalid named capture", up_to(before, rest)));
            }
            self.rest = rest;
            self.push("(?:");
            return Ok(());
        }
        let (mut set, mut cleared) = (String::new(), String::new());
        let (mut clears, mut is_complete) = (false, true);
        let mut rest = before.get(2..).unwrap_or_default();
        while let Some(c) = rest.chars().next() {
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                // Which repetitions are lazy does not matter.
                'U' => is_complete = true,
                'i' | 'm' | 's' => {
                    set.retain(|flag| flag != c);
                    cleared.retain(|flag| flag != c);
                    if clears { &mut cleared } else { &mut set }.push(c);
                    is_complete = true;
                }
                '-' if !clears => (clears, is_complete) = (true, false),
                ':' | ')' if is_complete => {
                    self.rest = rest;
                    let dash = if cleared.is_empty() { "" } else { "-" };
                    let text = format!("(?{set}{dash}{cleared}{c}");
                    match text.as_str() {
                        "(?)" => {}
                        _ if c == ')' => self.flags.push_str(&text),
                        _ => self.push(&text),
                    }
                    return Ok(());
                }
                _ => break,
            }
        }
        Err(refused("invalid or unsupported Perl syntax", up_to(before, rest)))
    }

    fn in_go_words(&self, fault: &Fault) -> Error {
        let operator = |at: &usize| {
            let found = self.operators.iter().find(|(place, _)| place == at);
            found.map_or(self.whole, |(_, operator)| operator)
        };
        match fault {
            Fault::Unclosed => refused("missing closing )", self.whole),
            Fault::Unopened => refused("unexpected )", self.whole),
            Fault::TooDeep => refused("expression nests too deeply", self.whole),
            Fault::NothingToRepeat(at) => refused("missing argument to repetition operator", operator(at)),
            Fault::TooManyCopies(at) => refused("invalid repeat count", operator(at)),
            Fault::Other(problem) => refused(problem, self.whole),
        }
    }
}

/// The repetition operator at the beginning as Rust writes it, and what stands behind. Behind another operator Rust takes
/// a question mark for the sign of a lazy one.
fn repetition(text: &str) -> Result<Option<(String, &str)>> {
    let (first, rest) = text.split_at_checked(1).unwrap_or((text, ""));
    match first {
        "*" | "+" => return Ok(Some((first.to_owned(), rest))),
        "?" => return Ok(Some(("{0,1}".to_owned(), rest))),
        _ => {}
    }
    let Some((least, most, rest)) = counts(text) else { return Ok(None) };
    let operator = up_to(text, rest);
    if least.max(most.unwrap_or(0)) > MOST_COPIES || most.is_some_and(|most| most < least) {
        return Err(refused("invalid repeat count", operator));
    }
    Ok(Some((operator.to_owned(), rest)))
}

/// `{n}`, `{n,}` or `{n,m}` and what stands behind; other braces are literals.
fn counts(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (inside, rest) = text.strip_prefix('{')?.split_once('}')?;
    let number = |text: &str| {
        let is_number = text.bytes().all(|b| b.is_ascii_digit())
            && !text.is_empty()
            && (text == "0" || !text.starts_with('0'));
        is_number.then(|| text.parse().unwrap_or(u32::MAX))
    };
    Some(match inside.split_once(',') {
        None => {
            let count = number(inside)?;
            (count, Some(count), rest)
        }
        Some((least, "")) => (number(least)?, None, rest),
        Some((least, most)) => (number(least)?, Some(number(most)?), rest),
    })
}
