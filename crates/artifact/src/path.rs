//! Which paths an artifact may contain, and in which order they are walked.
//! Paths here are text with `/` between segments; no disk is involved.

use std::cmp::Ordering;

use crate::error::PathError;

/// Longest path in bytes.
pub const MAX_LENGTH: usize = 4096;
/// Most segments of a path.
pub const MAX_DEPTH: usize = 128;
/// Characters of a path that an error quotes.
const QUOTED: usize = 200;

/// Checks that `path` is relative, without empty, `.` or `..` segments, NUL or backslash, and neither too long nor too deep
/// (architecture D10). Names that differ only in case are allowed: a tree in memory knows no folding.
pub fn check(path: &str) -> Result<(), PathError> {
    if path.len() > MAX_LENGTH {
        return Err(PathError::TooLong { path: quoted(path), limit: MAX_LENGTH });
    }
    if path.split('/').count() > MAX_DEPTH {
        return Err(PathError::TooDeep { path: quoted(path), limit: MAX_DEPTH });
    }
    let clean = !path.is_empty()
        && !path.contains(['\\', '\0'])
        && path.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    if clean { Ok(()) } else { Err(PathError::Unclean(quoted(path))) }
}

/// As much of a path as an error quotes.
pub fn quoted(path: &str) -> String {
    path.chars().take(QUOTED).collect()
}

/// The order of Go's `filepath.Walk`: depth first, names of one folder by bytes (contracts/source-controller.md 5.2).
pub fn walk_order(a: &str, b: &str) -> Ordering {
    a.split('/').cmp(b.split('/'))
}

/// The folder that holds `path` and the last segment; the root is `""`.
pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
mod tests;
