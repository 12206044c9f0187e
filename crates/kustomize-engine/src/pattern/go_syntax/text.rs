//! Words to refuse a pattern with, and single characters as Rust reads them.

use std::fmt::Write as _;

use crate::error::Error;

/// A class that nothing is in.
pub(super) const NOTHING: &str = r"[^\x00-\x{10FFFF}]";

pub(super) fn refused(what: &str, text: &str) -> Error {
    Error::input(format!("error parsing regexp: {what}: `{text}`"))
}

/// The beginning of the text, up to its end part `rest`.
pub(super) fn up_to<'a>(text: &'a str, rest: &str) -> &'a str {
    text.get(..text.len().saturating_sub(rest.len())).unwrap_or(text)
}

/// The character as Rust reads it, inside of brackets and outside.
pub(super) fn write_char(out: &mut String, c: char) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() {
        // Writing to a string cannot fail.
        let _ = write!(out, r"\x{:02X}", u32::from(c));
    } else {
        out.push(c);
    }
}
