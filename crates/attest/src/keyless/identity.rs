//! Patterns of identities: regular expressions, in the part of Go's syntax that Rust's `regex` reads alike
//! (`common_syntax`). Where the two read a pattern differently it is refused, or matches less: never more than it does in Go.

use std::fmt;

use regex::bytes::{Regex, RegexBuilder};

use super::trust_error::TrustError;
use crate::refusal::Signer;

mod common_syntax;

/// Most patterns of a policy, and most bytes of one.
const MOST: usize = 64;
const LONGEST: usize = 4096;
/// Characters of a pattern that are quoted.
const SHOWN: usize = 200;
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
            let issuer = compile(pattern.issuer, "issuer")?;
            Ok(Compiled { issuer, subject: compile(pattern.subject, "subject")? })
        };
        patterns.iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of them matches, issuer and subject both.
    pub(super) fn match_one(&self, signer: &Signer) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let (Some(issuer), Some(subject)) = (&signer.issuer, &signer.subject) else { return false };
        // Bytes are matched, and what is white space is not the same. Addresses and URIs have nothing else.
        let is_plain = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !(is_plain(issuer) && is_plain(subject)) {
            return false;
        }
        let fits = |one: &Compiled| {
            one.issuer.is_match(issuer.as_bytes()) && one.subject.is_match(subject.as_bytes())
        };
        self.0.iter().any(fits)
    }
}

fn compile(pattern: &str, field: &'static str) -> Result<Regex, TrustError> {
    if pattern.is_empty() {
        return Err(TrustError::EmptyPattern(field));
    }
    let shown = || pattern.chars().take(SHOWN).collect();
    if pattern.len() > LONGEST || !common_syntax::is_common(pattern) {
        return Err(TrustError::UnsupportedPattern(shown()));
    }
    // Go's classes are those of ASCII.
    let built = RegexBuilder::new(pattern).unicode(false).size_limit(SIZE).dfa_size_limit(SIZE).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => TrustError::UnsupportedPattern(shown()),
        _ => TrustError::Pattern(shown()),
    })
}
