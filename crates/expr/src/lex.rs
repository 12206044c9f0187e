//! From text to tokens. What literals mean is `literal`'s.

use crate::error::{self, Issue};

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'t> {
    pub(crate) at: usize,
    pub(crate) text: &'t str,
    pub(crate) kind: TokenKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Name,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    /// A name in backticks, which is not switched on.
    Escaped,
    /// Also `in`, `true`, `false` and `null`.
    Symbol,
    End,
}

const SYMBOLS: [&str; 24] = [
    "==", "!=", "<=", ">=", "&&", "||", "[", "]", "{", "}", "(", ")", ".", ",", "-", "!", "?", ":", "+", "*",
    "/", "%", "<", ">",
];

/// All tokens up to the end, and what is none.
pub(crate) fn tokens(text: &str) -> (Vec<Token<'_>>, Vec<Issue>) {
    let mut tokens = Vec::new();
    let mut issues = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = blank(rest);
        if blank > 0 {
            at += blank;
            continue;
        }
        match token(rest) {
            Ok((kind, length)) => {
                let token = rest.get(..length).unwrap_or(rest);
                let kind =
                    if matches!(token, "in" | "true" | "false" | "null") { TokenKind::Symbol } else { kind };
                tokens.push(Token { at, text: token, kind });
                at += length;
            }
            Err(length) => {
                let none = rest.get(..length).unwrap_or(rest);
                error::add(&mut issues, text, at, || unknown(none));
                at += length.max(1);
            }
        }
    }
    tokens.push(Token { at: text.len(), text: "<EOF>", kind: TokenKind::End });
    (tokens, issues)
}

fn unknown(text: &str) -> String {
    let mut message = "Syntax error: token recognition error at: '".to_owned();
    for c in text.chars() {
        match c {
            '\n' => message.push_str("\\n"),
            '\r' => message.push_str("\\r"),
            '\t' => message.push_str("\\t"),
            c => message.push(c),
        }
    }
    message.push('\'');
    message
}

/// Bytes of blanks or of a comment.
fn blank(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    rest.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0x0c)).count()
}

/// Kind and bytes of a token, or the bytes that are none.
fn token(rest: &str) -> Result<(TokenKind, usize), usize> {
    if let Some(found) = quoted(rest) {
        return found;
    }
    let first = rest.chars().next().unwrap_or_default();
    if let Some(escaped) = rest.strip_prefix('`') {
        let length = count(escaped, |byte| byte.is_ascii_alphanumeric() || b"_.-/ ".contains(&byte));
        let is_name = length > 0 && escaped.get(length..).is_some_and(|rest| rest.starts_with('`'));
        return if is_name { Ok((TokenKind::Escaped, length + 2)) } else { Err(1) };
    }
    if first == '_' || first.is_ascii_alphabetic() {
        return Ok((TokenKind::Name, count(rest, |byte| byte == b'_' || byte.is_ascii_alphanumeric())));
    }
    if first.is_ascii_digit() || (first == '.' && digits(rest.get(1..).unwrap_or_default()) > 0) {
        return Ok(number(rest));
    }
    match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
        Some(symbol) => Ok((TokenKind::Symbol, symbol.len())),
        // A half operator is told with what stands in the other half's place.
        None if matches!(first, '|' | '&' | '=') => Err(1 + rest.chars().nth(1).map_or(0, char::len_utf8)),
        None => Err(first.len_utf8()),
    }
}

fn count(text: &str, is_part: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| is_part(*byte)).count()
}

fn digits(text: &str) -> usize {
    count(text, |byte| byte.is_ascii_digit())
}

/// A number: digits, a point with digits, an exponent; or `0x` and digits; an `u` behind it.
fn number(rest: &str) -> (TokenKind, usize) {
    let after = |at: usize| rest.get(at..).unwrap_or_default();
    let whole = if let Some(hex) =
        rest.strip_prefix("0x").filter(|hex| hex.starts_with(|c: char| c.is_ascii_hexdigit()))
    {
        2 + count(hex, |byte| byte.is_ascii_hexdigit())
    } else {
        let mut end = digits(rest);
        let mut is_double = false;
        if let Some(fraction) = after(end).strip_prefix('.')
            && digits(fraction) > 0
        {
            end += 1 + digits(fraction);
            is_double = true;
        }
        if let Some(exponent) = after(end).strip_prefix(['e', 'E']) {
            let sign = usize::from(exponent.starts_with(['+', '-']));
            let length = digits(exponent.get(sign..).unwrap_or_default());
            if length > 0 {
                end += 1 + sign + length;
                is_double = true;
            }
        }
        if is_double {
            return (TokenKind::Double, end);
        }
        end
    };
    if after(whole).starts_with(['u', 'U']) { (TokenKind::Uint, whole + 1) } else { (TokenKind::Int, whole) }
}

/// A string or bytes, with prefix and quotes; nothing if none begins here.
fn quoted(rest: &str) -> Option<Result<(TokenKind, usize), usize>> {
    let prefix = rest.find(|c: char| !matches!(c, 'r' | 'R' | 'b' | 'B'))?;
    let (letters, text) = rest.split_at_checked(prefix)?;
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let has = |letter: char| letters.chars().filter(|c| c.eq_ignore_ascii_case(&letter)).count();
    let (is_raw, is_bytes) = (has('r'), has('b'));
    // As in the grammar: bytes first, then raw, each once.
    if is_raw > 1 || is_bytes > 1 || (letters.len() == 2 && letters.starts_with(['r', 'R'])) {
        return None;
    }
    let kind = if is_bytes == 1 { TokenKind::Bytes } else { TokenKind::String };
    let triple = text.starts_with(&[quote; 3].iter().collect::<String>());
    let quotes = if triple { 3 } else { 1 };
    Some(match string(text, quote, quotes, is_raw == 1) {
        Ok(length) => Ok((kind, prefix + length)),
        // The longest token that is one: two quotes, or the letters as a name.
        Err(_) if triple => Ok((kind, prefix + 2)),
        Err(_) if prefix > 0 => return None,
        Err(length) => Err(length),
    })
}

/// Bytes of a string with its quotes, or the bytes up to where it cannot go on.
fn string(text: &str, quote: char, quotes: usize, is_raw: bool) -> Result<usize, usize> {
    let end: String = std::iter::repeat_n(quote, quotes).collect();
    let mut at = quotes;
    loop {
        let inside = text.get(at..).unwrap_or_default();
        if inside.starts_with(&end) {
            return Ok(at + quotes);
        }
        match inside.chars().next() {
            None => return Err(text.len()),
            Some('\n' | '\r') if quotes == 1 => return Err(at + 1),
            Some('\\') if !is_raw => at += escape(inside).map_err(|length| at + length)?,
            Some(c) => at += c.len_utf8(),
        }
    }
}

/// Bytes of an escape, or the bytes up to where it cannot go on.
fn escape(text: &str) -> Result<usize, usize> {
    let is_hex: fn(char) -> bool = |c| c.is_ascii_hexdigit();
    let is_octal: fn(char) -> bool = |c| c.is_digit(8);
    let (digits, is_digit) = match text.chars().nth(1) {
        None => return Err(text.len()),
        Some('a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' | '\'' | '"' | '`' | '?') => return Ok(2),
        Some('x' | 'X') => (2, is_hex),
        Some('u') => (4, is_hex),
        Some('U') => (8, is_hex),
        Some('0'..='3') => (2, is_octal),
        Some(c) => return Err(1 + c.len_utf8()),
    };
    let mut length = 2;
    for c in text.chars().skip(2).take(digits) {
        length += c.len_utf8();
        if !is_digit(c) {
            return Err(length);
        }
    }
    if length == 2 + digits { Ok(length) } else { Err(text.len()) }
}
