//! One rule of an ignore file: its parser and its matcher. In which folder it holds is the list's.
//! The glob of a single segment follows Go's `filepath.Match`; a malformed glob matches nothing.

use manifest::budget::Exceeded;

use super::meter::Meter;

/// A rule.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    includes: bool,
    dirs_only: bool,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    /// Without a slash: matches any segment of the path.
    Name(Glob),
    /// With a slash: matches segment by segment from the folder on.
    Path(Vec<Segment>),
    /// Malformed.
    Nothing,
}

#[derive(Clone, Debug)]
enum Segment {
    Empty,
    AnyDepth,
    Glob(Glob),
}

impl Pattern {
    pub(super) fn parse(line: &str) -> Self {
        let (includes, text) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let text = if text.ends_with("\\ ") { text } else { text.trim_end_matches(' ') };
        let (dirs_only, text) = text.strip_suffix('/').map_or((false, text), |rest| (true, rest));
        let body = if text.contains('/') {
            text.split('/').map(segment).collect::<Option<_>>().map(Body::Path)
        } else {
            Glob::parse(text).map(Body::Name)
        };
        Self { includes, dirs_only, body: body.unwrap_or(Body::Nothing) }
    }

    /// Whether a match includes (`!`) rather than excludes.
    pub(super) const fn includes(&self) -> bool {
        self.includes
    }

    /// Whether a path matches, by its segments below the folder that the rule holds in.
    pub(super) fn matches(
        &self,
        below: &[Vec<char>],
        is_dir: bool,
        meter: &mut Meter<'_>,
    ) -> Result<bool, Exceeded> {
        match &self.body {
            Body::Nothing => Ok(false),
            // The first segment that matches decides; a rule for folders does not take a file of that name,
            // but everything below a folder of that name.
            Body::Name(glob) => {
                for (at, name) in below.iter().enumerate() {
                    if glob.matches(name, meter)? {
                        return Ok(!self.dirs_only || is_dir || at + 1 < below.len());
                    }
                }
                Ok(false)
            }
            Body::Path(segments) => {
                let left = matches_path(segments, below, meter)?;
                Ok(left.is_some_and(|left| !self.dirs_only || is_dir || left > 0))
            }
        }
    }
}

/// `None` when the segment is malformed or glues `**` to text, which never matches.
fn segment(text: &str) -> Option<Segment> {
    match text {
        "" => Some(Segment::Empty),
        "**" => Some(Segment::AnyDepth),
        _ if text.contains("**") => None,
        _ => Glob::parse(text).map(Segment::Glob),
    }
}

/// Matches the segments from the start of `path`; gives how many segments of the path are left below the match.
/// `**` takes the first segment that fits, without trying later ones, as Flux does; at the end it takes nothing, so that
/// `sub/**` takes `sub` as well.
fn matches_path(
    segments: &[Segment],
    path: &[Vec<char>],
    meter: &mut Meter<'_>,
) -> Result<Option<usize>, Exceeded> {
    let mut rest = path.iter();
    let mut any_depth = false;
    let mut matched = false;
    for (index, segment) in segments.iter().enumerate() {
        meter.compare(1)?;
        let last = index + 1 == segments.len();
        match segment {
            Segment::Empty => any_depth = false,
            Segment::AnyDepth => any_depth = !last,
            Segment::Glob(glob) => {
                let Some(name) = rest.next() else { return Ok(None) };
                if any_depth {
                    any_depth = false;
                    matched = glob.matches(name, meter)?;
                    while !matched && let Some(name) = rest.next() {
                        matched = glob.matches(name, meter)?;
                    }
                } else if glob.matches(name, meter)? {
                    matched = true;
                } else {
                    return Ok(None);
                }
            }
        }
    }
    Ok(matched.then_some(rest.len()))
}

/// A glob over one segment.
#[derive(Clone, Debug)]
struct Glob(Vec<Token>);

#[derive(Clone, Debug)]
enum Token {
    Literal(char),
    One,
    Many,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    fn parse(text: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                '*' => Token::Many,
                '?' => Token::One,
                '\\' => Token::Literal(chars.next()?),
                '[' => class(&mut chars)?,
                _ => Token::Literal(c),
            });
        }
        Some(Self(tokens))
    }

    /// Linear in practice, quadratic at worst: only the last `*` is ever taken back. Each comparison is charged.
    fn matches(&self, name: &[char], meter: &mut Meter<'_>) -> Result<bool, Exceeded> {
        let (mut token, mut at) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while at < name.len() || token < self.0.len() {
            meter.compare(self.0.get(token).map_or(1, Token::cost))?;
            let step = match (self.0.get(token), name.get(at)) {
                (Some(Token::Many), _) => {
                    star = Some((token, at));
                    token += 1;
                    continue;
                }
                (Some(pattern), Some(c)) => pattern.takes(*c),
                _ => false,
            };
            if step {
                token += 1;
                at += 1;
            } else {
                match star {
                    Some((star_token, star_at)) if star_at < name.len() => {
                        star = Some((star_token, star_at + 1));
                        token = star_token + 1;
                        at = star_at + 1;
                    }
                    _ => return Ok(false),
                }
            }
        }
        Ok(true)
    }
}

impl Token {
    /// How many characters a comparison looks at.
    fn cost(&self) -> u64 {
        match self {
            Self::Class { ranges, .. } => 1 + ranges.len() as u64,
            _ => 1,
        }
    }

    fn takes(&self, c: char) -> bool {
        match self {
            Self::Literal(literal) => *literal == c,
            Self::One => true,
            Self::Many => false,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

/// The rest of a class after `[`; `None` when it is malformed.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Token> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
            return Some(Token::Class { negated, ranges });
        }
        let low = class_char(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { class_char(chars)? } else { low };
        ranges.push((low, high));
    }
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    match chars.next()? {
        '\\' => chars.next(),
        '-' | ']' => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests;
