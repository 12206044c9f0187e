//! Characters written with a backslash. Holds no classes and no assertions.

use super::text::{refused, up_to};
use crate::error::Result;

/// The character that the escape sequence at the beginning stands for, and what stands behind.
pub(super) fn character(text: &str) -> Result<(u32, &str)> {
    let mut rest = text.get(1..).unwrap_or_default();
    let Some(c) = next(&mut rest) else {
        return Err(refused("trailing backslash at end of expression", ""));
    };
    let found = match c {
        '0' => octal(c, &mut rest),
        // A single digit would refer back to a group.
        '1'..='7' if rest.starts_with(|c: char| c.is_digit(8)) => octal(c, &mut rest),
        'x' => hexadecimal(&mut rest),
        'a' => Some(0x07),
        'f' => Some(0x0C),
        'n' => Some(0x0A),
        'r' => Some(0x0D),
        't' => Some(0x09),
        'v' => Some(0x0B),
        _ => (c.is_ascii() && !c.is_ascii_alphanumeric()).then_some(c.into()),
    };
    found.map(|c| (c, rest)).ok_or_else(|| refused("invalid escape sequence", up_to(text, rest)))
}

fn next(rest: &mut &str) -> Option<char> {
    let mut chars = rest.chars();
    let c = chars.next();
    *rest = chars.as_str();
    c
}

/// Up to three digits, the first of which is read.
fn octal(first: char, rest: &mut &str) -> Option<u32> {
    let mut value = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
        next(rest);
        value = value * 8 + digit;
    }
    Some(value)
}

/// Two digits, or any number in braces.
fn hexadecimal(rest: &mut &str) -> Option<u32> {
    let first = next(rest)?;
    if first != '{' {
        // Both are read even when the first is none: the error's text shows them.
        let second = next(rest);
        return Some(first.to_digit(16)? * 16 + second?.to_digit(16)?);
    }
    let mut value = None;
    loop {
        let c = next(rest)?;
        if c == '}' {
            return value;
        }
        let all = value.unwrap_or(0) * 16 + c.to_digit(16)?;
        if all > u32::from(char::MAX) {
            return None;
        }
        value = Some(all);
    }
}
