//! Which paths an artifact may contain, and in which order they are walked.
//! Paths here are bytes, mostly text, with `/` between segments; no disk is involved.

use std::cmp::Ordering;

use crate::error::PathError;

/// Longest path in bytes.
pub const MAX_LENGTH: usize = 4096;
/// Most segments of a path.
pub const MAX_DEPTH: usize = 128;
/// Characters of a path that an error quotes.
const QUOTED: usize = 200;

/// Checks that `path` is relative, without empty, `.` or `..` segments or NUL, and neither too long nor too deep
/// (architecture D10). Anything else that a Git repository can have is a name: backslashes, control characters, other
/// encodings than UTF-8, words that some systems reserve, names that differ only in case. A tree in memory knows no
/// folding, and no other separator than `/`.
pub fn check(path: impl AsRef<[u8]>) -> Result<(), PathError> {
    let path = path.as_ref();
    let whole = || quoted(&String::from_utf8_lossy(path));
    if path.len() > MAX_LENGTH {
        return Err(PathError::TooLong { path: whole(), limit: MAX_LENGTH });
    }
    if segments(path).count() > MAX_DEPTH {
        return Err(PathError::TooDeep { path: whole(), limit: MAX_DEPTH });
    }
    let clean = !path.is_empty()
        && !path.contains(&0)
        && segments(path).all(|segment| !matches!(segment, b"" | b"." | b".."));
    if clean { Ok(()) } else { Err(PathError::Unclean(whole())) }
}

fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/')
}

/// A path as text: what is not UTF-8 is written `\xNN`, and so is the backslash of a name that looks as if it were
/// written so. Names that differ stay different: [`unescaped`] gives each back.
pub fn escaped(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for part in path.utf8_chunks() {
        let mut rest = part.valid();
        while let Some((before, behind)) = rest.split_once('\\') {
            text.push_str(before);
            text.push_str(if escape(behind.as_bytes()).is_some() { "\\x5C" } else { "\\" });
            rest = behind;
        }
        text.push_str(rest);
        text.extend(part.invalid().iter().map(|byte| format!("\\x{byte:02X}")));
    }
    text
}

/// The path that [`escaped`] made a text of.
pub fn unescaped(text: &str) -> Vec<u8> {
    let mut path = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        match escape(behind).filter(|_| *first == b'\\') {
            Some(byte) => {
                path.push(byte);
                rest = behind.get(3..).unwrap_or_default();
            }
            None => {
                path.push(*first);
                rest = behind;
            }
        }
    }
    path
}

/// The byte that is written behind a backslash: one that is never a character by itself, or the backslash. `\x20` and
/// `\x2d`, as systemd writes names, are names.
fn escape(text: &[u8]) -> Option<u8> {
    let &[b'x', high, low, ..] = text else { return None };
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    };
    let byte = 16 * digit(high)? + digit(low)?;
    (byte >= 0x80 || byte == b'\\').then_some(byte)
}

/// As much of a path as an error quotes.
pub fn quoted(path: &str) -> String {
    path.chars().take(QUOTED).collect()
}

/// The order of Go's `filepath.Walk`: depth first, names of one folder by bytes (contracts/source-controller.md 5.2).
pub fn walk_order(a: impl AsRef<[u8]>, b: impl AsRef<[u8]>) -> Ordering {
    segments(a.as_ref()).cmp(segments(b.as_ref()))
}

/// The folder that holds `path` and the last segment; the root is `""`.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests;
