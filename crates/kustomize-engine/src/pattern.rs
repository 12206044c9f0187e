//! Regular expressions that users write in targets and image names. Most are plain names, so only those that need a
//! regex engine get one: compiling costs more than a small build.

mod go_syntax;

use regex::{Regex, RegexBuilder};

use crate::error::{Error, Result};

/// Bytes of a compiled expression. Go takes more than Rust's default allows.
const MOST_BYTES: usize = 64 << 20;

/// A pattern that must fit a whole text: none matches anything; one without special characters is compared.
#[derive(Debug)]
pub(crate) enum Pattern {
    Any,
    Literal(String),
    /// Of the special characters only `.`, which stands for any one character but a line break.
    Dotted(String),
    Regex(Regex),
}

impl Pattern {
    pub(crate) fn new(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Self::Any);
        }
        if !is_plain(text) {
            return Ok(Self::Regex(compile(&format!("^(?:{text})$"))?));
        }
        let text = text.to_owned();
        Ok(if text.contains('.') { Self::Dotted(text) } else { Self::Literal(text) })
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Literal(literal) => literal == text,
            Self::Dotted(pattern) => behind(pattern, text) == Some(""),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// A pattern that may fit any part of a text.
#[derive(Debug)]
pub(crate) enum Search {
    Plain(String),
    Regex(Regex),
}

impl Search {
    pub(crate) fn new(text: &str) -> Result<Self> {
        if is_plain(text) && !text.contains('.') {
            return Ok(Self::Plain(text.to_owned()));
        }
        compile(text).map(Self::Regex)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Plain(plain) => text.contains(plain.as_str()),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// An image's name, with any tag and digest.
#[derive(Debug)]
pub(crate) enum ImagePattern {
    Plain(String),
    Regex(Regex),
}

impl ImagePattern {
    /// The name is a regular expression, unescaped as in the original.
    pub(crate) fn new(name: &str) -> Result<Self> {
        if is_plain(name) {
            return Ok(Self::Plain(name.to_owned()));
        }
        compile(&format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$")).map(Self::Regex)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Plain(name) => behind(name, text).is_some_and(is_version),
            Self::Regex(regex) => regex.is_match(text),
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

/// Compiles a regular expression of Go's.
fn compile(pattern: &str) -> Result<Regex> {
    RegexBuilder::new(&go_syntax::to_rust(pattern)?)
        .nest_limit(go_syntax::MOST_LEVELS)
        .size_limit(MOST_BYTES)
        .build()
        .map_err(|error| {
            let reason = match error {
                regex::Error::CompiledTooBig(_) => "expression too large".to_owned(),
                other => other.to_string(),
            };
            Error::input(format!("error parsing regexp: {reason}: `{pattern}`"))
        })
}

#[cfg(test)]
mod tests;
