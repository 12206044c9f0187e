//! Paths as texts, without asking a tree: `.` and `..` resolved, on either side of a root that may or may not be left. What
//! stands at a path, and links, are not looked at.

/// A path seen from a directory, clean; none when it leaves the root.
#[must_use]
pub fn clean(directory: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// As [`clean`] where the root is that of a file system, or is taken for one: `..` above it stays there (`securejoin`).
#[must_use]
pub fn clean_from_top(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Joins paths as Go's `filepath.Join` does, `..` in front kept.
pub(crate) fn join_lexically(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() && !(directory.is_empty() && path.is_empty()) {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

#[cfg(test)]
mod tests;
