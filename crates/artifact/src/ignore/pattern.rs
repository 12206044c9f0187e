//! One rule of an ignore file: its parser and its matcher.
//! The glob of a single segment follows Go's `filepath.Match`; a malformed glob matches nothing.

/// A rule and the folder it holds in.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    folder: Vec<String>,
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
    pub(super) fn parse(line: &str, folder: &str) -> Self {
        let (includes, text) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let text = if text.ends_with("\\ ") { text } else { text.trim_end_matches(' ') };
        let (dirs_only, text) = text.strip_suffix('/').map_or((false, text), |rest| (true, rest));
        let body = if text.contains('/') {
            text.split('/').map(segment).collect::<Option<_>>().map(Body::Path)
        } else {
            Glob::parse(text).map(Body::Name)
        };
        let folder = folder.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { folder, includes, dirs_only, body: body.unwrap_or(Body::Nothing) }
    }

    /// Whether a match includes (`!`) rather than excludes.
    pub(super) const fn includes(&self) -> bool {
        self.includes
    }

    pub(super) fn matches(&self, path: &[&str], is_dir: bool) -> bool {
        let Some((above, below)) = path.split_at_checked(self.folder.len()) else { return false };
        if below.is_empty() || self.folder.iter().zip(above).any(|(a, b)| a != b) {
            return false;
        }
        match &self.body {
            Body::Nothing => false,
            // The first segment that matches decides; a rule for folders does not take a file of that name,
            // but everything below a folder of that name.
            Body::Name(glob) => {
                let found = below.iter().position(|name| glob.matches(name));
                found.is_some_and(|at| !self.dirs_only || is_dir || at + 1 < below.len())
            }
            Body::Path(segments) => {
                matches_path(segments, below).is_some_and(|left| !self.dirs_only || is_dir || left > 0)
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
/// `**` takes the first segment that fits, without trying later ones, as go-git does.
fn matches_path(segments: &[Segment], path: &[&str]) -> Option<usize> {
    let mut rest = path.iter();
    let mut any_depth = false;
    let mut matched = false;
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        match segment {
            Segment::Empty => any_depth = false,
            Segment::AnyDepth => any_depth = !last,
            Segment::Glob(glob) => {
                if rest.len() == 0 {
                    return None;
                }
                if any_depth {
                    any_depth = false;
                    matched = rest.any(|name| glob.matches(name));
                } else if glob.matches(rest.next()?) {
                    // A file that matches a folder's part of the rule does not match.
                    matched = rest.len() > 0 || last;
                } else {
                    return None;
                }
            }
        }
    }
    matched.then_some(rest.len())
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

    /// Linear in practice, quadratic at worst: only the last `*` is ever taken back.
    fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let (mut token, mut at) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while at < name.len() || token < self.0.len() {
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
                    _ => return false,
                }
            }
        }
        true
    }
}

impl Token {
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
