//! Files and lines as build errors name them: absolute paths in a temporary folder become paths in the repository.

use health::wording;

/// A path as the repository has it.
pub(super) fn shown(path: &str) -> String {
    let path = path.trim_matches(['\'', '"', '`', ' ']);
    let inner = path.split_once("/kustomization-").and_then(|(_, rest)| {
        let (digits, inner) = rest.split_once('/')?;
        digits.chars().all(|c| c.is_ascii_digit()).then_some(inner)
    });
    wording::word(inner.unwrap_or(path).trim_start_matches("./"))
}

/// The file that a message speaks of.
pub(super) fn file_of(message: &str) -> Option<String> {
    let behind = |start: &str, ends: &[char]| {
        let (_, rest) = message.rsplit_once(start)?;
        rest.split(ends).next().filter(|found| !found.is_empty())
    };
    behind("Kubernetes YAML from ", &[':', ' '])
        .or_else(|| behind("in File: ", &[' ', '\n', '\'', ':']))
        .or_else(|| behind("accumulating resources from '", &['\'']))
        .or_else(|| behind("merging resources from '", &['\'']))
        .or_else(|| behind("[path: \"", &['"']))
        .map(shown)
}

/// The line that a message speaks of; it may be off by a few, where YAML notices late.
pub(super) fn line_of(message: &str) -> Option<u64> {
    let (_, rest) = message.split_once("line ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// What stands between two marks.
pub(super) fn between<'a>(text: &'a str, start: &str, end: char) -> Option<&'a str> {
    text.split_once(start)?.1.split_once(end).map(|(found, _)| found)
}
