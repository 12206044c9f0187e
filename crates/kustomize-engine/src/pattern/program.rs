//! Compiled expressions: each text once per build, with bounds on what one costs to compile, to keep and to match. The
//! syntax is translated in `go_syntax`.

use std::collections::HashMap;
use std::rc::Rc;

use regex::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::go_syntax;
use crate::cost::{Cost, Held};
use crate::error::{Error, Result};

/// Bytes of the text of an expression: a class of three letters takes some five thousand bytes once it is read.
const MOST_TEXT: usize = 32 << 10;
/// Bytes of one compiled expression.
const MOST_BYTES: usize = 1 << 20;
/// Bytes of compiled expressions that are kept for their next use.
const MOST_KEPT: usize = 64 << 20;
/// Bytes of what an expression remembers of its last matches, which it may fill.
const MEMORY: usize = 64 << 10;
/// Bytes of memory for each part of an expression, and for each byte of its text while it is read.
const BYTES_PER_PART: usize = 64;
const BYTES_PER_LETTER: usize = 2048;
/// Parts of an expression times bytes of a text that one match may go over: nothing ends it on the way.
const MOST_PER_MATCH: usize = 32 << 20;
/// How much of that one step stands for.
const MATCHED_PER_STEP: usize = 256;
/// Steps of compiling the smallest expression, and parts that are compiled in one more.
const STEPS_TO_COMPILE: usize = 100;
const COMPILED_PER_STEP: usize = 4;

/// Expressions by their text.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    programs: HashMap<String, Rc<Program>>,
    bytes: usize,
}

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Program {
    regex: Regex,
    /// Letters, ranges of classes and branches, as often as repetitions ask for them.
    parts: usize,
    _held: Held,
}

impl Compiled {
    pub(super) fn get(&self, pattern: &str) -> Option<Rc<Program>> {
        self.programs.get(pattern).cloned()
    }

    /// Keeps an expression for its next use.
    pub(super) fn keep(&mut self, pattern: &str, program: &Rc<Program>) {
        self.bytes += program.bytes();
        if self.bytes > MOST_KEPT {
            // Who still uses one keeps it, and is charged for it.
            self.programs.clear();
            self.bytes = program.bytes();
        }
        self.programs.insert(pattern.to_owned(), Rc::clone(program));
    }
}

impl Program {
    /// Compiles a regular expression of Go's.
    pub(super) fn compile(pattern: &str, cost: &Cost) -> Result<Self> {
        if pattern.len() > MOST_TEXT {
            return Err(Error::Budget { what: "bytes in a regular expression", limit: MOST_TEXT });
        }
        cost.step(STEPS_TO_COMPILE + pattern.len())?;
        let _reading = cost.held(pattern.len() * BYTES_PER_LETTER)?;
        let translated = go_syntax::to_rust(pattern)?;
        let parts = ParserBuilder::new()
            .nest_limit(go_syntax::MOST_LEVELS)
            .build()
            .parse(&translated)
            .map_or(usize::MAX, |tree| parts(&tree));
        // What is larger is refused before all of it is compiled.
        let compiled = parts.min(MOST_BYTES);
        cost.step(compiled / COMPILED_PER_STEP)?;
        let held = cost.held(bytes(compiled))?;
        let regex = RegexBuilder::new(&translated)
            .nest_limit(go_syntax::MOST_LEVELS)
            .size_limit(MOST_BYTES)
            .dfa_size_limit(MEMORY)
            .build()
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(limit) => {
                    Error::Budget { what: "bytes in a compiled regular expression", limit }
                }
                _ => Error::input("error parsing regexp: it is refused"),
            })?;
        Ok(Self { regex, parts, _held: held })
    }

    /// The expression itself, to hold it against Go's answers.
    #[cfg(test)]
    pub(super) fn regex(&self) -> &Regex {
        &self.regex
    }

    fn bytes(&self) -> usize {
        bytes(self.parts)
    }

    pub(super) fn is_match(&self, text: &str, cost: &Cost) -> Result<bool> {
        let size = self.parts.saturating_mul(text.len());
        if size > MOST_PER_MATCH {
            let what = "parts of a regular expression times bytes of a text that it is matched with";
            return Err(Error::Budget { what, limit: MOST_PER_MATCH });
        }
        cost.step(1 + size / MATCHED_PER_STEP)?;
        Ok(self.regex.is_match(text))
    }
}

fn bytes(parts: usize) -> usize {
    MEMORY.saturating_add(parts.saturating_mul(BYTES_PER_PART))
}

/// Of how many parts an expression is compiled, with every copy that repetitions ask for.
fn parts(tree: &Hir) -> usize {
    match tree.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => 1 + 2 * class.ranges().len(),
        HirKind::Class(Class::Bytes(class)) => 1 + class.ranges().len(),
        HirKind::Capture(capture) => parts(&capture.sub),
        HirKind::Concat(list) | HirKind::Alternation(list) => {
            list.iter().fold(1, |sum, one| usize::saturating_add(sum, parts(one)))
        }
        HirKind::Repetition(repetition) => {
            let copies = repetition.max.unwrap_or(repetition.min.saturating_add(1)).max(repetition.min);
            let copies = usize::try_from(copies).unwrap_or(usize::MAX).max(1);
            parts(&repetition.sub).saturating_add(1).saturating_mul(copies)
        }
    }
}
