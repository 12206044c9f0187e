//! What literals mean: numbers with their ranges, strings and bytes with their escapes.

use crate::ast::Literal;
use crate::lex::{Token, TokenKind};

/// The value of a literal, negative if there is a minus before it.
pub(crate) fn literal(token: Token<'_>, negative: bool) -> Result<Literal, String> {
    let text = token.text;
    match token.kind {
        TokenKind::Int => {
            int(text, negative).map(Literal::Int).ok_or_else(|| "invalid int literal".to_owned())
        }
        TokenKind::Uint => {
            let digits = text.trim_end_matches(['u', 'U']);
            let value = match digits.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            value.map(Literal::Uint).map_err(|_| "invalid uint literal".to_owned())
        }
        TokenKind::Double => {
            let value: f64 = text.parse().map_err(|_| "invalid double literal".to_owned())?;
            if value.is_infinite() {
                return Err("invalid double literal".to_owned());
            }
            Ok(Literal::Double(if negative { -value } else { value }))
        }
        TokenKind::String => {
            let bytes = unquoted(text, false)?;
            let text = String::from_utf8(bytes).map_err(|_| "invalid string literal".to_owned())?;
            Ok(Literal::String(text.into()))
        }
        TokenKind::Bytes => Ok(Literal::Bytes(unquoted(text, true)?.into())),
        TokenKind::Name | TokenKind::Escaped | TokenKind::Symbol | TokenKind::End => {
            Err("no literal".to_owned())
        }
    }
}

fn int(text: &str, negative: bool) -> Option<i64> {
    let value = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    let value = i128::from(value.ok()?);
    i64::try_from(if negative { -value } else { value }).ok()
}

/// What is between the quotes, as bytes. In a string `\x41` and `\101` are characters, in bytes they are bytes.
fn unquoted(text: &str, is_bytes: bool) -> Result<Vec<u8>, String> {
    let begin = text.find(['\'', '"']).unwrap_or_default();
    let (letters, quoted) = text.split_at_checked(begin).unwrap_or(("", text));
    let quotes =
        if quoted.len() >= 6 && (quoted.starts_with("'''") || quoted.starts_with("\"\"\"")) { 3 } else { 1 };
    let inner = quoted.get(quotes..quoted.len().saturating_sub(quotes)).unwrap_or_default();
    // Line ends are one character whatever the file has.
    let inner = inner.replace("\r\n", "\n").replace('\r', "\n");
    if letters.contains(['r', 'R']) {
        return Ok(inner.into_bytes());
    }
    let mut bytes = Vec::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            escape(&mut chars, is_bytes, &mut bytes)?;
        } else {
            push(c, &mut bytes);
        }
    }
    Ok(bytes)
}

fn push(c: char, bytes: &mut Vec<u8>) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// After a backslash.
fn escape(chars: &mut std::str::Chars<'_>, is_bytes: bool, bytes: &mut Vec<u8>) -> Result<(), String> {
    let invalid = || "invalid escape sequence".to_owned();
    let c = chars.next().ok_or_else(invalid)?;
    let (digits, radix) = match c {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' => {
            bytes.push(match c {
                'a' => 0x07,
                'b' => 0x08,
                'f' => 0x0c,
                'n' => b'\n',
                'r' => b'\r',
                't' => b'\t',
                _ => 0x0b,
            });
            return Ok(());
        }
        '\\' | '\'' | '"' | '`' | '?' => {
            push(c, bytes);
            return Ok(());
        }
        'x' | 'X' => (2, 16),
        'u' if !is_bytes => (4, 16),
        'U' if !is_bytes => (8, 16),
        '0'..='3' => (2, 8),
        _ => return Err(invalid()),
    };
    let mut value = if radix == 8 { c.to_digit(8).ok_or_else(invalid)? } else { 0 };
    for _ in 0..digits {
        let digit = chars.next().and_then(|c| c.to_digit(radix)).ok_or_else(invalid)?;
        value = value.checked_mul(radix).and_then(|value| value.checked_add(digit)).ok_or_else(invalid)?;
    }
    if is_bytes {
        bytes.push(u8::try_from(value).map_err(|_| invalid())?);
    } else {
        push(char::from_u32(value).ok_or_else(|| "invalid unicode code point".to_owned())?, bytes);
    }
    Ok(())
}
