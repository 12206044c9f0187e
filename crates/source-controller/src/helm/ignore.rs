//! `.helmignore`: which files of a folder are no part of its chart. Helm's own dialect, which is not Git's.

use manifest::budget::{Budget, Exceeded};

#[cfg(test)]
mod tests;

/// Bytes of a file of rules.
const BYTES: usize = 64 << 10;
/// Rules of a chart.
const RULES: usize = 1_000;

/// The rules of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    glob: Vec<char>,
    is_negated: bool,
    only_folders: bool,
    /// Whether the whole path is looked at, or its last part.
    whole: bool,
}

impl Rules {
    /// Reads the rules of a file.
    pub(crate) fn read(content: &[u8]) -> Result<Self, &'static str> {
        if content.len() > BYTES {
            return Err("it is larger than 64 KiB");
        }
        Self::parse(&String::from_utf8_lossy(content))
    }

    /// Reads the rules; those that every chart has are added.
    fn parse(text: &str) -> Result<Self, &'static str> {
        let mut rules = Self::default();
        for line in text.strip_prefix('\u{feff}').unwrap_or(text).lines() {
            rules.add(line)?;
        }
        if rules.0.len() > RULES {
            return Err("it has more than 1,000 rules");
        }
        rules.add("templates/.?*")?;
        Ok(rules)
    }

    fn add(&mut self, line: &str) -> Result<(), &'static str> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.contains("**") {
            return Err("double-star (**) syntax is not supported");
        }
        if !is_glob(&line.chars().collect::<Vec<_>>()) {
            return Err("syntax error in pattern");
        }
        let (is_negated, line) = line.strip_prefix('!').map_or((false, line), |line| (true, line));
        let (only_folders, line) = line.strip_suffix('/').map_or((false, line), |line| (true, line));
        let whole = line.contains('/');
        let glob = line.strip_prefix('/').unwrap_or(line).chars().collect();
        self.0.push(Rule { glob, is_negated, only_folders, whole });
        Ok(())
    }

    /// Whether a path, relative to the chart, is left out.
    pub(crate) fn ignores(&self, path: &str, is_folder: bool, budget: &Budget) -> Result<bool, Exceeded> {
        let path: Vec<char> = path.chars().collect();
        let base = path.rsplit(|c| *c == '/').next().unwrap_or_default();
        for rule in &self.0 {
            budget.step(1)?;
            let matches = || matches(&rule.glob, if rule.whole { path.as_slice() } else { base }, budget);
            if rule.is_negated {
                if (rule.only_folders && !is_folder) || !matches()? {
                    return Ok(true);
                }
            } else if (!rule.only_folders || is_folder) && matches()? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether brackets and escapes are closed.
fn is_glob(mut glob: &[char]) -> bool {
    while let Some((first, rest)) = glob.split_first() {
        glob = match first {
            '[' => match class(rest) {
                Some((_, rest)) => rest,
                None => return false,
            },
            '\\' if rest.is_empty() => return false,
            '\\' => rest.get(1..).unwrap_or_default(),
            _ => rest,
        };
    }
    true
}

/// A class without its opening bracket, and what follows it.
type Class = (bool, Vec<(char, char)>);

fn class(glob: &[char]) -> Option<(Class, &[char])> {
    let (is_negated, mut rest) = match glob.split_first() {
        Some(('^', rest)) => (true, rest),
        _ => (false, glob),
    };
    let mut ranges = Vec::new();
    loop {
        if let Some((']', after)) = rest.split_first().map(|(first, after)| (*first, after))
            && !ranges.is_empty()
        {
            return Some(((is_negated, ranges), after));
        }
        let (low, after) = member(rest)?;
        let (high, after) = match after.split_first() {
            Some(('-', after)) => member(after)?,
            _ => (low, after),
        };
        ranges.push((low, high));
        rest = after;
    }
}

fn member(glob: &[char]) -> Option<(char, &[char])> {
    match glob.split_first()? {
        ('-' | ']', _) => None,
        ('\\', rest) => rest.split_first().map(|(c, rest)| (*c, rest)),
        (c, rest) => Some((*c, rest)),
    }
}

/// One element of a pattern against one character: what follows, or nothing when it does not fit.
fn one<'a>(glob: &'a [char], c: char, budget: &Budget) -> Result<Option<&'a [char]>, Exceeded> {
    budget.step(1)?;
    let Some((first, rest)) = glob.split_first() else { return Ok(None) };
    Ok(match first {
        '?' => (c != '/').then_some(rest),
        '[' => {
            let Some(((is_negated, ranges), after)) = class(rest) else { return Ok(None) };
            // It is read anew for each character.
            budget.step((rest.len() - after.len()) as u64)?;
            let is_in = ranges.iter().any(|(low, high)| (*low..=*high).contains(&c));
            (is_in != is_negated).then_some(after)
        }
        '\\' => rest.split_first().and_then(|(escaped, rest)| (*escaped == c).then_some(rest)),
        plain => (*plain == c).then_some(rest),
    })
}

/// Go's `filepath.Match`: a star stands for anything but a slash.
fn matches(glob: &[char], text: &[char], budget: &Budget) -> Result<bool, Exceeded> {
    let (mut glob, mut text) = (glob, text);
    // The last star: what follows it, and how much of the text it does not stand for.
    let mut star: Option<(&[char], &[char])> = None;
    loop {
        if let Some(('*', rest)) = glob.split_first() {
            star = Some((rest, text));
            glob = rest;
            continue;
        }
        let Some((c, rest)) = text.split_first() else {
            return Ok(glob.is_empty());
        };
        if let Some(next) = one(glob, *c, budget)? {
            (glob, text) = (next, rest);
            continue;
        }
        match star {
            Some((after, held)) => match held.split_first() {
                Some((c, held)) if *c != '/' => {
                    star = Some((after, held));
                    (glob, text) = (after, held);
                }
                _ => return Ok(false),
            },
            None => return Ok(false),
        }
    }
}
