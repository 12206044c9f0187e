//! Regular expressions that users write in targets and image names. Most are plain names, so only those that need a
//! regex engine get one: compiling costs more than a small build.

use regex::Regex;

use crate::error::{Error, Result};

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

/// Compiles a regular expression with Go's meaning of `$`, as far as the engines agree.
fn compile(pattern: &str) -> Result<Regex> {
    if let Some(reason) = refused_by_go(pattern) {
        return Err(Error::input(format!("error parsing regexp: {reason}")));
    }
    Regex::new(pattern).map_err(|error| {
        let line = error.to_string();
        let reason = line.lines().last().unwrap_or_default().trim().to_owned();
        Error::input(format!("error parsing regexp: {reason}: `{pattern}`"))
    })
}

/// What Go's engine refuses and ours takes: repetitions of repetitions, and more than a thousand of them.
fn refused_by_go(pattern: &str) -> Option<String> {
    let mut rest = pattern;
    let mut repeated: Option<&str> = None;
    let mut class = false;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        let repetition = match c {
            '\\' => {
                length += rest.chars().nth(1).map_or(0, char::len_utf8);
                0
            }
            '[' if !class => {
                class = true;
                let negated = rest.get(1..).is_some_and(|rest| rest.starts_with('^'));
                length += usize::from(negated);
                length += usize::from(rest.get(length..).is_some_and(|rest| rest.starts_with(']')));
                0
            }
            ']' => {
                class = false;
                0
            }
            '*' | '+' | '?' if !class => 1,
            '{' if !class => counted(rest).unwrap_or(0),
            _ => 0,
        };
        if repetition == 0 {
            repeated = None;
        } else {
            if let Some(before) = repeated {
                let end = before.len() - rest.len() + repetition;
                return Some(format!(
                    "invalid nested repetition operator: `{}`",
                    before.get(..end).unwrap_or(before)
                ));
            }
            let operator = rest.get(..repetition).unwrap_or_default();
            let most =
                operator.trim_matches(['{', '}']).split(',').filter_map(|n| n.parse::<u32>().ok()).max();
            if most.is_some_and(|most| most > 1000) {
                return Some(format!("invalid repeat count: `{operator}`"));
            }
            repeated = Some(rest);
            // A question mark behind makes it lazy.
            length =
                repetition + usize::from(rest.get(repetition..).is_some_and(|rest| rest.starts_with('?')));
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    None
}

/// Length of `{n}`, `{n,}` or `{n,m}`.
fn counted(text: &str) -> Option<usize> {
    let (inside, _) = text.strip_prefix('{')?.split_once('}')?;
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (!least.is_empty() && digits(least) && digits(most)).then_some(inside.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_patterns_match_as_their_regular_expressions() {
        let patterns = ["a", "apps", "a.b", "rbac.io", "..", "x/y:z@w", "a-_", ".", "nginx", "r.io:5000/a"];
        let texts = [
            "",
            "a",
            "apps",
            "appsx",
            "a.b",
            "aXb",
            "a\nb",
            "aéb",
            "é",
            "éé",
            "rbac.io",
            "x/y:z@w",
            "a-_",
            "\n",
            "nginx:",
            "nginx:1",
            "nginx:1@sha256:ab",
            "nginx@sha256:",
            "nginx@sha512:a",
            "nginx:1:2",
            "nginx@sha256:a@sha256:b",
            "nginx:a b",
            "nginx:{v}",
            "nginx:1@",
            "nginxx",
            "r.io:5000/a:1.0",
            "rxio:5000/a",
            "nginx:1\n",
        ];
        for pattern in patterns {
            assert!(!matches!(Pattern::new(pattern), Ok(Pattern::Regex(_))), "{pattern} needs no engine");
            let whole = compile(&format!("^(?:{pattern})$")).expect("a regular expression");
            let image = format!("^{pattern}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
            let image = compile(&image).expect("a regular expression");
            for text in texts {
                let ours = Pattern::new(pattern).expect("a pattern").matches(text);
                assert_eq!(ours, whole.is_match(text), "{pattern:?} on {text:?}");
                let ours = ImagePattern::new(pattern).expect("a pattern").matches(text);
                assert_eq!(ours, image.is_match(text), "image {pattern:?} on {text:?}");
            }
        }
    }

    #[test]
    fn other_patterns_are_regular_expressions() {
        assert!(Pattern::new("a.*").expect("a pattern").matches("abc"));
        assert!(!Pattern::new("a|b").expect("a pattern").matches("ab"));
        assert!(ImagePattern::new("ng(inx)?").expect("a pattern").matches("nginx:1"));
        for bad in ["(", "a**", "a+*", "a{2}{3}", "a*??", "a{1001}", "a{2,1001}"] {
            Pattern::new(bad).expect_err(bad);
        }
        for good in ["a*?", "a+?b*", "[*+]*", "\\**", "[]*]+", "a{2}?b{0,1000}", "(a*)*"] {
            Pattern::new(good).expect(good);
        }
    }
}
