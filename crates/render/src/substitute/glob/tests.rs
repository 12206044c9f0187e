//! Prefixes.

use super::Glob;

fn ends(pattern: &str, text: &str) -> [usize; 2] {
    let glob = Glob::new(pattern.chars());
    [false, true].map(|longest| glob.prefix(text.chars(), longest))
}

#[test]
fn the_shortest_and_the_longest() {
    for (pattern, text, expected) in [
        ("*", "abc", [1, 3]),
        ("a*", "aba", [1, 3]),
        ("?", "éa", [2, 2]),
        ("", "a", [0, 0]),
        ("x", "", [0, 0]),
        ("*", "", [0, 0]),
        ("\\*", "*a*", [1, 1]),
        ("[a-c]b", "bbxab", [2, 2]),
        ("[^a]", "ba", [1, 1]),
        ("[!a]", "!a", [1, 1]),
        ("[!a]", "ba", [0, 0]),
        ("*/", "a/b/c", [2, 4]),
        ("a*c", "abcbc", [3, 5]),
        ("[\\]x]", "]", [1, 1]),
    ] {
        assert_eq!(ends(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn what_is_malformed_matches_nothing() {
    for pattern in ["[", "[a", "a\\", "[]", "[-]", "[a-]", "[]a]", "*[", "[^]"] {
        assert_eq!(ends(pattern, "a"), [0, 0], "{pattern}");
    }
}
