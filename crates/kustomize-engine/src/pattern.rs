//! Regular expressions that users write in targets and image names. Most are plain names, so only those that need a
//! regex engine get one: compiling costs more than a small build. What is compiled is in [`program`].

mod go_syntax;
mod program;

use std::rc::Rc;

pub(crate) use self::program::Compiled;
use self::program::Program;
use crate::error::Result;
use crate::work::Work;

/// A pattern that must fit a whole text: none matches anything; one without special characters is compared.
#[derive(Debug)]
pub(crate) enum Pattern {
    Any,
    Literal(String),
    /// Of the special characters only `.`, which stands for any one character but a line break.
    Dotted(String),
    Regex(Rc<Program>),
}

impl Pattern {
    pub(crate) fn new(text: &str, work: &Work) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if !is_plain(text) {
            return Ok(Self::Regex(program(&format!("^(?:{text})$"), work)?));
        }
        let text = text.to_owned();
        Ok(if text.contains('.') { Self::Dotted(text) } else { Self::Literal(text) })
    }

    pub(crate) fn matches(&self, text: &str, work: &Work) -> Result<bool> {
        Ok(match self {
            Self::Any => true,
            Self::Literal(literal) => {
                charge(literal, text, work)?;
                literal == text
            }
            Self::Dotted(pattern) => {
                charge(pattern, text, work)?;
                behind(pattern, text) == Some("")
            }
            Self::Regex(program) => program.is_match(text, work)?,
        })
    }
}

/// A pattern that may fit any part of a text.
#[derive(Debug)]
pub(crate) enum Search {
    Plain(String),
    Regex(Rc<Program>),
}

impl Search {
    pub(crate) fn new(text: &str, work: &Work) -> Result<Self> {
        if is_plain(text) && !text.contains('.') {
            return Ok(Self::Plain(text.to_owned()));
        }
        program(text, work).map(Self::Regex)
    }

    pub(crate) fn matches(&self, text: &str, work: &Work) -> Result<bool> {
        match self {
            Self::Plain(plain) => {
                work.text(plain.len() + text.len())?;
                Ok(text.contains(plain.as_str()))
            }
            Self::Regex(program) => program.is_match(text, work),
        }
    }
}

/// An image's name, with any tag and digest.
#[derive(Debug)]
pub(crate) enum ImagePattern {
    Plain(String),
    Regex(Rc<Program>),
}

impl ImagePattern {
    /// The name is a regular expression, unescaped as in the original.
    pub(crate) fn new(name: &str, work: &Work) -> Result<Self> {
        if is_plain(name) {
            return Ok(Self::Plain(name.to_owned()));
        }
        program(&format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$"), work)
            .map(Self::Regex)
    }

    pub(crate) fn matches(&self, text: &str, work: &Work) -> Result<bool> {
        match self {
            Self::Plain(name) => {
                charge(name, text, work)?;
                Ok(behind(name, text).is_some_and(is_version))
            }
            Self::Regex(program) => program.is_match(text, work),
        }
    }
}

/// Whether the text is `:tag`, `@sha256:digest`, both or neither.
fn is_version(text: &str) -> bool {
    let word = |text: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'{' | b'}' | b'-'))
    };
    let (tag, digest) = text.split_once('@').map_or((text, None), |(tag, digest)| (tag, Some(digest)));
    (tag.is_empty() || tag.strip_prefix(':').is_some_and(word))
        && digest.is_none_or(|digest| digest.strip_prefix("sha256:").is_some_and(word))
}

fn is_plain(pattern: &str) -> bool {
    pattern.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/' | b'.' | b':' | b'@'))
}

/// What stands behind the pattern at the beginning of the text.
fn behind<'a>(pattern: &str, text: &'a str) -> Option<&'a str> {
    let mut rest = text.chars();
    let fits = pattern
        .chars()
        .all(|wanted| rest.next().is_some_and(|c| if wanted == '.' { c != '\n' } else { c == wanted }));
    fits.then_some(rest.as_str())
}

/// Compiles a regular expression of Go's, or finds what was compiled before.
fn program(pattern: &str, work: &Work) -> Result<Rc<Program>> {
    work.text(pattern.len())?;
    if let Some(known) = work.compiled().borrow().get(pattern) {
        return Ok(known);
    }
    let program = Rc::new(Program::compile(pattern, work)?);
    work.compiled().borrow_mut().keep(pattern, &program);
    Ok(program)
}

/// Charges a comparison of long texts; whoever compares many short ones charges that they are many.
fn charge(pattern: &str, text: &str, work: &Work) -> Result<()> {
    const SHORT: usize = 256;
    let compared = pattern.len().min(text.len());
    if compared > SHORT { work.text(compared) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
