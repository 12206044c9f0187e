//! What an expression gives: values by the functions of the dialect, over bytes as Flux counts them
//! (contracts/kustomize-controller.md 10.2). What the expressions are is `expression`'s.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeSet;

use manifest::budget::{Budget, Exceeded};

use super::error::Problem;
use super::expression::{End, Expression, Function, Part, Which};
use super::glob::Glob;
use super::variables::Variables;

/// Bytes that are copied or compared for one step.
const PER_STEP: usize = 256;

/// What one object's work holds; it is given back when that is done.
pub(super) struct Spent<'b> {
    budget: &'b Budget,
    held: Cell<u64>,
}

impl<'b> Spent<'b> {
    pub(super) fn new(budget: &'b Budget) -> Self {
        Self { budget, held: Cell::new(0) }
    }

    pub(super) fn charge(&self, steps: u64, bytes: u64) -> Result<(), Exceeded> {
        self.budget.step(steps)?;
        self.held.set(self.held.get().saturating_add(bytes));
        self.budget.hold(bytes)
    }
}

impl Drop for Spent<'_> {
    fn drop(&mut self) {
        self.budget.release(self.held.get());
    }
}

/// Evaluates parts of a text.
pub(super) struct Evaluation<'a> {
    variables: &'a Variables,
    spent: &'a Spent<'a>,
    /// Variables that are not set, and that no default stands in for: each once, in the order of evaluation.
    pub(super) missing: Vec<String>,
    seen: BTreeSet<String>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(variables: &'a Variables, spent: &'a Spent<'a>) -> Self {
        Self { variables, spent, missing: Vec::new(), seen: BTreeSet::new() }
    }

    /// The text of all parts.
    pub(super) fn text(&mut self, parts: &[Part]) -> Result<Vec<u8>, Problem> {
        let mut text = Vec::new();
        for part in parts {
            match part {
                Part::Text(plain) => self.push(&mut text, plain.as_bytes())?,
                Part::Expression(expression) => {
                    let value = self.value(expression)?;
                    self.push(&mut text, &value)?;
                }
            }
        }
        Ok(text)
    }

    fn push(&self, text: &mut Vec<u8>, more: &[u8]) -> Result<(), Problem> {
        self.work(more.len(), more.len())?;
        text.extend_from_slice(more);
        Ok(())
    }

    fn work(&self, looked_at: usize, made: usize) -> Result<(), Exceeded> {
        self.spent.charge(1 + (looked_at / PER_STEP) as u64, made as u64)
    }

    /// Arguments come before the variable itself, and what is not used must be right, too.
    fn value(&mut self, Expression { name, function }: &Expression) -> Result<Cow<'a, [u8]>, Problem> {
        let variables = self.variables;
        let known = variables.get(name);
        let value = known.unwrap_or_default();
        self.work(value.len(), 0)?;
        let result = match function {
            Function::Value => value.into(),
            Function::Length => value.len().to_string().into_bytes().into(),
            Function::Default(parts) => {
                let default = self.text(parts)?;
                return Ok(if value.is_empty() { default.into() } else { value.into() });
            }
            Function::Case { upper, all } => {
                self.work(value.len(), value.len())?;
                case(&String::from_utf8_lossy(value), *upper, *all).into_bytes().into()
            }
            Function::Trim { end, longest, pattern } => {
                let pattern = self.argument(pattern)?;
                let compared = value.len().saturating_mul(1 + pattern.len());
                self.spent.charge(1 + compared as u64 / 16, (value.len() + 32 * pattern.len()) as u64)?;
                match std::str::from_utf8(value) {
                    Ok(text) => trim(text, *end, *longest, &pattern).as_bytes().into(),
                    Err(_) => value.into(),
                }
            }
            Function::Replace { which, from, to } => {
                let from = self.argument(from)?;
                let to = to.as_ref().map(|to| self.argument(to)).transpose()?;
                self.replace(value, *which, &from, to.as_deref())?
            }
            Function::Slice { offset, length } => {
                let offset = self.argument(offset)?;
                let length = length.as_ref().map(|length| self.argument(length)).transpose()?;
                slice(value, &offset, length.as_deref()).into()
            }
        };
        if known.is_none() && !self.seen.contains(name) {
            self.work(0, 2 * name.len())?;
            self.seen.insert(name.clone());
            self.missing.push(name.clone());
        }
        Ok(result)
    }

    /// An argument as text: half a character in it is no text, and nothing matches it.
    fn argument(&mut self, part: &Part) -> Result<String, Problem> {
        Ok(match part {
            Part::Text(plain) => plain.clone(),
            Part::Expression(expression) => String::from_utf8_lossy(&self.value(expression)?).into_owned(),
        })
    }

    fn replace(
        &self,
        value: &'a [u8],
        which: Which,
        from: &str,
        to: Option<&str>,
    ) -> Result<Cow<'a, [u8]>, Problem> {
        let text = String::from_utf8_lossy(value);
        let (by, is_given) = (to.unwrap_or_default(), to.is_some());
        let made = match which {
            Which::All if from.is_empty() => text.chars().count() + 1,
            Which::All => text.matches(from).count(),
            Which::First | Which::At(_) => 1,
        };
        // Before the work: a short text can become a long one.
        let made = made.saturating_mul(by.len()).saturating_add(text.len());
        self.work(made, made)?;
        let replaced = match which {
            Which::First => text.replacen(from, by, 1),
            Which::All => text.replace(from, by),
            // Without a text to put there, an end stays as it is.
            Which::At(_) if !is_given => return Ok(value.into()),
            Which::At(End::Front) => match text.strip_prefix(from) {
                Some(rest) => [by, rest].concat(),
                None => return Ok(value.into()),
            },
            Which::At(End::Back) => match text.strip_suffix(from) {
                Some(rest) => [rest, by].concat(),
                None => return Ok(value.into()),
            },
        };
        Ok(replaced.into_bytes().into())
    }
}

/// Letters by Unicode's simple mapping, one by one, as Go does it: a letter that would become several stays.
fn case(value: &str, upper: bool, all: bool) -> String {
    let change = if upper { simple_upper } else { simple_lower };
    if all {
        return value.chars().map(change).collect();
    }
    let mut chars = value.chars();
    chars.next().map(change).into_iter().chain(chars).collect()
}

fn simple_upper(char: char) -> char {
    let single = match char {
        // Letters with an iota below: their full mapping is two letters, their simple one the title case.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => {
            let mut upper = char.to_uppercase();
            return upper.next().filter(|_| upper.next().is_none()).unwrap_or(char);
        }
    };
    char::from_u32(u32::from(char) + single).unwrap_or(char)
}

fn simple_lower(char: char) -> char {
    // Only one letter becomes two: an I with a dot, of which the simple mapping is an i.
    char.to_lowercase().next().unwrap_or(char)
}

/// What is left when the shortest or longest part that matches is cut off at an end. The original turns value and pattern
/// around to cut off at the back, so that a class in the pattern is malformed there.
fn trim<'v>(value: &'v str, end: End, longest: bool, pattern: &str) -> &'v str {
    match end {
        End::Front => {
            let cut = Glob::new(pattern.chars()).prefix(value.chars(), longest);
            value.get(cut..).unwrap_or(value)
        }
        End::Back => {
            let cut = Glob::new(pattern.chars().rev()).prefix(value.chars().rev(), longest);
            value.get(..value.len().saturating_sub(cut)).unwrap_or(value)
        }
    }
}

/// The part from an offset on, of a length if there is one. What is no number leaves the value whole.
fn slice<'v>(value: &'v [u8], offset: &str, length: Option<&str>) -> &'v [u8] {
    let number = |text: &str| text.parse::<i64>().ok();
    let Some(offset) = number(offset) else { return value };
    let from_end = |number: i64, limit: usize| -> usize {
        let distance = usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX);
        if number < 0 { limit.saturating_sub(distance) } else { distance }
    };
    let rest = value.get(from_end(offset, value.len())..).unwrap_or_default();
    match length.map(number) {
        None => rest,
        Some(None) => value,
        Some(Some(length)) => rest.get(..from_end(length, rest.len()).min(rest.len())).unwrap_or_default(),
    }
}
