//! Texts made by others, made fit to be published: one line, bounded, without credentials and without values of
//! Secrets. What is taken out is [`manifest::foreign`]'s; it is not decided here what is said.

use manifest::foreign::{self, Foreign};

/// Longest text that is taken over from somebody else.
const MAX: usize = 400;

/// One line of at most [`MAX`] characters, masked.
#[must_use]
pub fn quoted(text: &str) -> String {
    // Masked first: where a value ends is told by line feeds, too.
    let line = masked(text).split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&line, MAX)
}

/// The text without control characters, with credentials in URLs masked, and in each part that speaks of a Secret also
/// every value that the API server quotes.
#[must_use]
pub fn masked(text: &str) -> String {
    Foreign::from(text).shown()
}

/// A name or reason on one line, without characters that steer what shows it.
#[must_use]
pub fn word(text: &str) -> String {
    foreign::line(text, MAX).into_owned()
}

/// At most `max` characters, with an ellipsis when something is missing.
#[must_use]
pub fn cut(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    short
}
