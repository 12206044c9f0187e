//! Patterns of identities: regular expressions, in the part of Go's syntax that Rust's `regex` reads alike. Where the two
//! read a pattern differently it is refused, or matches less: never more than it does in Go.

use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

use super::TrustError;
use crate::refusal::Signer;

/// Most patterns of a policy, and most bytes of one.
const MOST: usize = 64;
const LONGEST: usize = 4096;
/// Bytes that a compiled pattern may take.
const SIZE: usize = 1 << 20;

/// Of whom a signature may be. Both are regular expressions that may match any part.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    /// Who says who it is.
    pub issuer: &'a str,
    /// Who it is.
    pub subject: &'a str,
}

/// The patterns of a policy; any identity matches none.
#[derive(Debug)]
pub(super) struct Identities(Vec<Compiled>);

struct Compiled {
    issuer: Regex,
    subject: Regex,
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.issuer, self.subject)
    }
}

impl Identities {
    pub(super) fn new(patterns: &[Pattern<'_>]) -> Result<Self, TrustError> {
        if patterns.len() > MOST {
            return Err(TrustError::Identities(MOST));
        }
        let compile = |pattern: &Pattern<'_>| {
            Ok(Compiled { issuer: compile(pattern.issuer)?, subject: compile(pattern.subject)? })
        };
        patterns.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of them matches, issuer and subject both.
    pub(super) fn match_one(&self, signer: &Signer) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let (Some(issuer), Some(subject)) = (&signer.issuer, &signer.subject) else { return false };
        let fits = |one: &Compiled| {
            one.issuer.is_match(issuer.as_bytes()) && one.subject.is_match(subject.as_bytes())
        };
        self.0.iter().any(fits)
    }
}

fn compile(pattern: &str) -> Result<Regex, TrustError> {
    let malformed = || TrustError::Pattern(pattern.chars().take(200).collect());
    // One that is empty would match everybody, and is rather a mistake.
    if pattern.is_empty() || pattern.len() > LONGEST || !is_common(pattern) {
        return Err(malformed());
    }
    // Go's classes are those of ASCII.
    let built = RegexBuilder::new(pattern).unicode(false).size_limit(SIZE).dfa_size_limit(SIZE).build();
    built.map_err(|_| malformed())
}

/// Whether the pattern is without what only Rust's classes know: classes within classes, and what is made of two of them.
fn is_common(pattern: &str) -> bool {
    let mut rest = pattern.chars().peekable();
    let mut is_in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                rest.next();
            }
            '[' if is_in_class => {
                // A class like `[:alpha:]`.
                if rest.next_if_eq(&':').is_none() {
                    return false;
                }
                while let Some(c) = rest.next() {
                    if c == ':' && rest.next_if_eq(&']').is_some() {
                        break;
                    }
                }
            }
            '[' => {
                is_in_class = true;
                rest.next_if_eq(&'^');
                // The first one is no end.
                rest.next_if_eq(&']');
            }
            ']' => is_in_class = false,
            '&' | '-' | '~' if is_in_class && rest.peek() == Some(&c) => return false,
            _ => {}
        }
    }
    true
}
