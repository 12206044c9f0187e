//! Searches a text for many words at once, in about the time of one: a sorted list, in which all words that begin at a
//! place of the text are found by one look. What the words are is not decided here.

use super::strip::{MASK, head};

/// A word of at least this many bytes is recognised by its beginning, because programs shorten what they quote.
const BEGINNING: usize = 40;
/// More of them would take too much memory: then the text goes as a whole.
const MOST: usize = 400_000;
/// And more bytes.
const MOST_BYTES: usize = 64 << 20;

/// A word to be masked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Needle {
    pub(super) text: Box<str>,
    /// It counts only where no letter or digit stands beside it.
    pub(super) alone: bool,
    /// What follows belongs to it, to the end of the text.
    pub(super) open: bool,
}

/// Words in order, ready to be searched for.
#[derive(Default)]
pub(super) struct Needles {
    sorted: Vec<Needle>,
    /// For each word the longest other one that it begins with.
    shorter: Vec<Option<usize>>,
    bytes: usize,
    /// There were too many.
    overflowed: bool,
}

impl Needles {
    pub(super) fn add(&mut self, needle: Needle) {
        self.bytes = self.bytes.saturating_add(needle.text.len()).saturating_add(64);
        if self.sorted.len() >= MOST || self.bytes > MOST_BYTES {
            self.overflowed = true;
            return;
        }
        self.sorted.push(needle);
    }

    /// Whether there is no use in adding more.
    pub(super) fn is_full(&self) -> bool {
        self.overflowed
    }

    /// Brings the words into order; nothing is found before.
    pub(super) fn ready(mut self) -> Self {
        self.sorted.sort();
        // The more cautious of two that differ in their flags alone sorts last for `open`, first for `alone`.
        self.sorted.dedup_by(|later, kept| {
            let same = later.text == kept.text;
            if same {
                kept.alone &= later.alone;
                kept.open |= later.open;
            }
            same
        });
        let mut stack: Vec<usize> = Vec::new();
        self.shorter = Vec::with_capacity(self.sorted.len());
        for (at, needle) in self.sorted.iter().enumerate() {
            while stack
                .last()
                .and_then(|top| self.sorted.get(*top))
                .is_some_and(|top| !needle.text.starts_with(&*top.text))
            {
                stack.pop();
            }
            self.shorter.push(stack.last().copied());
            stack.push(at);
        }
        self
    }

    /// How many bytes at the start of `rest` are to be masked.
    fn longest(&self, rest: &str, previous: Option<char>, free: &[Box<str>]) -> usize {
        let next = self.sorted.partition_point(|needle| &*needle.text <= rest);
        let mut longest = 0;
        for neighbour in [next.checked_sub(1), Some(next)].into_iter().flatten() {
            let Some(needle) = self.sorted.get(neighbour) else { continue };
            let common = common(&needle.text, rest);
            if common >= BEGINNING {
                longest = longest.max(common);
            }
            let mut chain = Some(neighbour);
            while let Some(at) = chain {
                let Some(needle) = self.sorted.get(at) else { break };
                if needle.text.len() <= common && needle.fits(rest, previous) && !free.contains(&needle.text)
                {
                    longest = longest.max(if needle.open { rest.len() } else { needle.text.len() });
                    break;
                }
                chain = self.shorter.get(at).copied().flatten();
            }
        }
        longest
    }
}

/// The text with every word of all lists replaced, but for those of the second list that are `free`. With `whole` false
/// the end of the text was cut off, and what may be the beginning of a word there goes, too.
pub(super) fn mask(text: &str, whole: bool, own: &Needles, others: &Needles, free: &[Box<str>]) -> String {
    if own.overflowed || others.overflowed {
        return format!("{MASK} (there are too many values of Secrets to be masked one by one)");
    }
    let end = if whole { text.len() } else { text.len().saturating_sub(4 * BEGINNING) };
    let mut out = String::with_capacity(text.len());
    let mut covered = 0;
    let mut previous = None;
    for (at, c) in text.char_indices().take_while(|(at, _)| *at < end) {
        let rest = text.get(at..).unwrap_or_default();
        let len = own.longest(rest, previous, &[]).max(others.longest(rest, previous, free));
        previous = Some(c);
        // Two that touch are one, so that nobody counts them.
        if len > 0 && (at > covered || at == 0) {
            out.push_str(MASK);
        }
        covered = covered.max(at.saturating_add(len));
        if at >= covered {
            out.push(c);
        }
    }
    out
}

impl Needle {
    fn fits(&self, rest: &str, previous: Option<char>) -> bool {
        let next = rest.get(self.text.len()..).and_then(|rest| rest.chars().next());
        !self.alone || ![previous, next].into_iter().flatten().any(char::is_alphanumeric)
    }
}

/// How many bytes two texts have in common, whole characters only.
fn common(one: &str, other: &str) -> usize {
    let bytes = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    head(other, bytes).len()
}
