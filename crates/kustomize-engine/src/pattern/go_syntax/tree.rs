//! What the tree of a translated pattern says against it. Go's words for it are the caller's.

use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{Ast, Error, ErrorKind, RepetitionKind, RepetitionRange, Visitor, visit};

/// The most copies that counted repetitions, one in another, may ask for.
pub(super) const MOST_COPIES: u32 = 1000;

/// Levels of a tree. Go counts neither groups without capture nor classes: it takes a little more.
pub(in crate::pattern) const MOST_LEVELS: u32 = 1000;

/// Why Go refuses a tree, with the place of the operator where it names one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Unclosed,
    Unopened,
    TooDeep,
    NothingToRepeat(usize),
    TooManyCopies(usize),
    Other(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::GroupUnclosed => Self::Unclosed,
            ErrorKind::GroupUnopened => Self::Unopened,
            ErrorKind::NestLimitExceeded(_) => Self::TooDeep,
            ErrorKind::RepetitionMissing => Self::NothingToRepeat(error.span().start.offset),
            other => Self::Other(other.to_string()),
        }
    }
}

/// Parses the pattern and looks for repetitions that ask for too much.
pub(super) fn check(pattern: &str) -> Result<(), Fault> {
    let tree = ParserBuilder::new().nest_limit(MOST_LEVELS).build().parse(pattern)?;
    visit(&tree, Copies(Vec::new()))
}

/// The most copies that counted repetitions ask for in each node from the root to where the visit is.
struct Copies(Vec<u32>);

impl Visitor for Copies {
    type Output = ();
    type Err = Fault;

    fn finish(self) -> Result<(), Fault> {
        Ok(())
    }

    fn visit_pre(&mut self, _: &Ast) -> Result<(), Fault> {
        self.0.push(1);
        Ok(())
    }

    fn visit_post(&mut self, node: &Ast) -> Result<(), Fault> {
        let mut copies = self.0.pop().unwrap_or(1);
        if let Ast::Repetition(repetition) = node
            && let RepetitionKind::Range(range) = &repetition.op.kind
        {
            // Without an upper bound, the lower one counts; what is there zero times needs no copy.
            let most = match range {
                RepetitionRange::Exactly(count) | RepetitionRange::AtLeast(count) => *count,
                RepetitionRange::Bounded(_, most) => *most,
            };
            let is_unbounded = matches!(range, RepetitionRange::AtLeast(_));
            copies = if most == 0 && !is_unbounded { 1 } else { copies.saturating_mul(most.max(1)) };
            if copies > MOST_COPIES && most >= 2 {
                return Err(Fault::TooManyCopies(repetition.op.span.start.offset));
            }
        }
        if let Some(above) = self.0.last_mut() {
            *above = copies.max(*above);
        }
        Ok(())
    }
}
