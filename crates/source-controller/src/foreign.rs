//! Words that a server wrote, or a library that quotes one, before they reach a condition, an event or a log: bounded,
//! and without what a terminal or a browser obeys. Pure. Secrets are `access`' to mask, before.

use manifest::foreign::without_controls;

#[cfg(test)]
mod tests;

/// Most characters of somebody else's words in a message.
pub(crate) const MOST: usize = 1024;
/// What stands for the rest.
const MORE: &str = "...";

/// `text` without control characters, and with [`MOST`] characters at most.
pub(crate) fn clean(text: &str) -> String {
    bound(&without_controls(text))
}

/// `text` with [`MOST`] characters at most.
pub(crate) fn bound(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}{MORE}", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
