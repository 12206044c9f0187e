//! The patterns of `#` and `%`: `*`, `?`, `[…]`, `[^…]` and a backslash, over characters; `*` stands for slashes, too. All
//! prefixes of a text are looked at in one pass.

/// A pattern. One that is malformed matches nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob(Option<Vec<Token>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Char(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    fn takes(&self, char: char) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Char(own) => *own == char,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&char)) != *negated
            }
        }
    }
}

impl Glob {
    pub(super) fn new(pattern: impl Iterator<Item = char>) -> Self {
        Self(tokens(pattern))
    }

    /// Bytes of the shortest or longest prefix that matches, 0 if none does. The empty one does not count: so `${a#*}` takes
    /// one character.
    pub(super) fn prefix(&self, text: impl Iterator<Item = char>, longest: bool) -> usize {
        let Some(tokens) = &self.0 else { return 0 };
        let mut states = vec![false; tokens.len() + 1];
        if let Some(first) = states.first_mut() {
            *first = true;
        }
        skip(tokens, &mut states);
        let (mut bytes, mut found) = (0, 0);
        let mut next = vec![false; states.len()];
        for char in text {
            if (found > 0 && !longest) || !states.contains(&true) {
                break;
            }
            next.fill(false);
            for ((at, token), state) in tokens.iter().enumerate().zip(&states) {
                if *state && token.takes(char) {
                    let to = if matches!(token, Token::Any) { at } else { at + 1 };
                    if let Some(state) = next.get_mut(to) {
                        *state = true;
                    }
                }
            }
            skip(tokens, &mut next);
            std::mem::swap(&mut states, &mut next);
            bytes += char.len_utf8();
            if states.last().copied().unwrap_or_default() {
                found = bytes;
            }
        }
        found
    }
}

/// A star also stands for nothing.
fn skip(tokens: &[Token], states: &mut [bool]) {
    for (at, token) in tokens.iter().enumerate() {
        if matches!(token, Token::Any)
            && states.get(at).copied().unwrap_or_default()
            && let Some(next) = states.get_mut(at + 1)
        {
            *next = true;
        }
    }
}

/// The tokens of a pattern, unless it is malformed.
fn tokens(pattern: impl Iterator<Item = char>) -> Option<Vec<Token>> {
    let mut chars = pattern.peekable();
    let mut tokens = Vec::new();
    while let Some(char) = chars.next() {
        tokens.push(match char {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Char(chars.next()?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                Token::Class { negated, ranges: ranges(&mut chars)? }
            }
            char => Token::Char(char),
        });
    }
    Some(tokens)
}

/// After `[` or `[^`, up to the `]`, which may not be the first.
fn ranges(chars: &mut std::iter::Peekable<impl Iterator<Item = char>>) -> Option<Vec<(char, char)>> {
    let mut ranges = Vec::new();
    while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
        let low = end(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { end(chars)? } else { low };
        ranges.push((low, high));
    }
    Some(ranges)
}

/// An end of a range.
fn end(chars: &mut impl Iterator<Item = char>) -> Option<char> {
    match chars.next()? {
        '\\' => chars.next(),
        '-' | ']' => None,
        char => Some(char),
    }
}

#[cfg(test)]
mod tests;
