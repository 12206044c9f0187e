//! Go's regular expressions (package `regexp` of Go 1.26) in the syntax of Rust's `regex` crate: what Go refuses is
//! refused with Go's words, all else is written anew without flags. Says nothing of where a group matched: groups do
//! not capture. Go's limit on the size of the compiled program is left to Rust's.

mod classes;
mod escapes;
mod text;
mod tree;

use self::text::{NOTHING, refused, up_to, write_char};
use self::tree::{Atom, Group, Kind, Level};
use crate::error::{Error, Result};

const FOLD_CASE: u8 = 1;
const LINES: u8 = 2;
const DOT_LINE_BREAK: u8 = 4;
const LAZY: u8 = 8;

/// The most copies that counted repetitions, one in another, may ask for.
const MOST_COPIES: u32 = 1000;

/// Groups within each other, and levels of the tree that Go makes of a pattern.
const MOST_NESTED: usize = 1000;

/// The pattern for the `regex` crate.
pub(super) fn to_rust(pattern: &str) -> Result<String> {
    let mut parser = Parser {
        whole: pattern,
        rest: pattern,
        out: String::with_capacity(pattern.len() * 2),
        flags: 0,
        atom: None,
        level: Level::new(),
        repeated: None,
        open: Vec::new(),
    };
    while let Some(c) = parser.rest.chars().next() {
        parser.item(c)?;
    }
    if parser.open.is_empty() { Ok(parser.out) } else { Err(refused("missing closing )", pattern)) }
}

struct Parser<'a> {
    whole: &'a str,
    rest: &'a str,
    out: String,
    flags: u8,
    atom: Option<Atom>,
    /// The open group.
    level: Level,
    /// Begins with the repetition just read.
    repeated: Option<&'a str>,
    open: Vec<Group>,
}

impl<'a> Parser<'a> {
    fn item(&mut self, c: char) -> Result<()> {
        let before = self.rest;
        let after = before.get(c.len_utf8()..).unwrap_or_default();
        self.rest = after;
        let repeated = self.repeated.take();
        match c {
            '(' if after.starts_with('?') => self.group_or_flags(before)?,
            '(' => self.open(self.flags, true)?,
            '|' => {
                self.settle();
                self.level.end_branch();
                self.level.is_alternation = true;
                self.out.push('|');
            }
            ')' => self.close()?,
            '^' => self.text(if self.has(LINES) { "(?m:^)" } else { r"\A" }),
            '$' => self.text(if self.has(LINES) { "(?m:$)" } else { r"\z" }),
            '.' => self.text(if self.has(DOT_LINE_BREAK) { "(?s:.)" } else { "." }),
            '[' => {
                let (class, rest) = classes::bracketed(before)?;
                self.rest = rest;
                self.folded(&class, Kind::Other);
            }
            '*' | '+' | '?' => {
                self.repeat(before, repeated)?;
                self.out.push(c);
                self.lazy();
            }
            '{' => match counts(before) {
                Some((least, most, rest)) => {
                    self.rest = rest;
                    self.repeat_counted(before, repeated, least, most)?;
                }
                None => self.literal('{'.into()),
            },
            '\\' => self.escape(before, after)?,
            _ => self.literal(c.into()),
        }
        Ok(())
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The last atom can no longer be repeated.
    fn settle(&mut self) {
        if let Some(atom) = self.atom.take() {
            self.level.add(&atom);
        }
    }

    fn begin(&mut self, kind: Kind) {
        self.settle();
        self.atom = Some(Atom { start: self.out.len(), copies: 1, height: 1, kind });
    }

    fn text(&mut self, text: &str) {
        self.begin(Kind::Other);
        self.out.push_str(text);
    }

    /// A literal or a class.
    fn folded(&mut self, text: &str, kind: Kind) {
        self.begin(kind);
        if self.has(FOLD_CASE) {
            self.out.push_str("(?i:");
        }
        self.out.push_str(text);
        if self.has(FOLD_CASE) {
            self.out.push(')');
        }
    }

    fn literal(&mut self, c: u32) {
        let mut text = String::new();
        match char::from_u32(c) {
            Some(c) => write_char(&mut text, c),
            // No text has half a surrogate pair; that a leading one is U+FFFD to Go is left out.
            None => text.push_str(NOTHING),
        }
        self.folded(&text, Kind::Literal);
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
                    self.folded(&format!("[{class}]"), Kind::Other);
                } else {
                    let (c, rest) = escapes::character(before)?;
                    self.rest = rest;
                    self.literal(c);
                }
                return Ok(());
            }
        };
        self.rest = after.get(1..).unwrap_or_default();
        self.text(assertion);
        Ok(())
    }

    fn open(&mut self, inner_flags: u8, captures: bool) -> Result<()> {
        if self.open.len() >= MOST_NESTED {
            return Err(self.too_deep());
        }
        self.settle();
        let level = std::mem::replace(&mut self.level, Level::new());
        self.open.push(Group { start: self.out.len(), flags: self.flags, level, captures });
        self.out.push_str("(?:");
        self.flags = inner_flags;
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let group = self.open.pop().ok_or_else(|| refused("unexpected )", self.whole))?;
        self.settle();
        self.level.end_branch();
        self.out.push(')');
        let inner = std::mem::replace(&mut self.level, group.level);
        let height = inner.height + usize::from(inner.is_alternation) + usize::from(group.captures);
        if height > MOST_NESTED {
            return Err(self.too_deep());
        }
        self.atom = Some(Atom { start: group.start, copies: inner.copies, height, kind: Kind::Other });
        self.flags = group.flags;
        Ok(())
    }

    fn too_deep(&self) -> Error {
        refused("expression nests too deeply", self.whole)
    }

    /// What begins with `(?`: a named group, or flags for the rest of this group or for a new one.
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
            return self.open(self.flags, true);
        }
        let (mut flags, mut clears, mut is_complete) = (self.flags, false, true);
        let mut rest = before.get(2..).unwrap_or_default();
        while let Some(c) = rest.chars().next() {
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            let flag = match c {
                'i' => FOLD_CASE,
                'm' => LINES,
                's' => DOT_LINE_BREAK,
                'U' => LAZY,
                '-' if !clears => {
                    (clears, is_complete) = (true, false);
                    continue;
                }
                ':' if is_complete => {
                    self.rest = rest;
                    return self.open(flags, false);
                }
                ')' if is_complete => {
                    self.rest = rest;
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            };
            flags = if clears { flags & !flag } else { flags | flag };
            is_complete = true;
        }
        Err(refused("invalid or unsupported Perl syntax", up_to(before, rest)))
    }

    /// Makes the last atom ready for the repetition, which begins at `before` and ends here or behind a question mark.
    fn repeat(&mut self, before: &'a str, repeated: Option<&str>) -> Result<()> {
        let rest = self.after_lazy();
        if let Some(repeated) = repeated {
            return Err(refused("invalid nested repetition operator", up_to(repeated, rest)));
        }
        let Some(atom) = &mut self.atom else {
            return Err(refused("missing argument to repetition operator", up_to(before, rest)));
        };
        if atom.kind == Kind::Repetition {
            self.out.insert_str(atom.start, "(?:");
            self.out.push(')');
        }
        atom.kind = Kind::Repetition;
        atom.height += 1;
        if atom.height > MOST_NESTED {
            return Err(self.too_deep());
        }
        self.repeated = Some(before);
        Ok(())
    }

    fn repeat_counted(
        &mut self,
        before: &'a str,
        repeated: Option<&str>,
        least: u32,
        most: Option<u32>,
    ) -> Result<()> {
        let operator = up_to(before, self.rest);
        if least.max(most.unwrap_or(0)) > MOST_COPIES || most.is_some_and(|most| most < least) {
            return Err(refused("invalid repeat count", operator));
        }
        self.repeat(before, repeated)?;
        let with_lazy = up_to(before, self.after_lazy());
        if let Some(atom) = &mut self.atom {
            atom.copies = match most {
                Some(0) => 1,
                _ => atom.copies.saturating_mul(most.unwrap_or(least).max(1)),
            };
            if atom.copies > MOST_COPIES && (least >= 2 || most.is_some_and(|most| most >= 2)) {
                return Err(refused("invalid repeat count", with_lazy));
            }
        }
        self.out.push_str(operator);
        self.lazy();
        Ok(())
    }

    fn after_lazy(&self) -> &'a str {
        self.rest.strip_prefix('?').unwrap_or(self.rest)
    }

    /// Reads and writes the question mark that makes a repetition lazy.
    fn lazy(&mut self) {
        let rest = self.after_lazy();
        let is_marked = rest.len() < self.rest.len();
        self.rest = rest;
        if is_marked != self.has(LAZY) {
            self.out.push('?');
        }
    }
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
