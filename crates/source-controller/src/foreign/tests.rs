//! What is left of somebody else's words.

use super::{MOST, clean};

#[test]
fn ordinary_words_stay_as_they_are() {
    for text in ["", "Repository not found.", "two\nlines\tand a tab", "Ünïcödé 日本語 🙂", "a b"] {
        assert_eq!(clean(text), text);
    }
}

#[test]
fn what_terminals_and_browsers_obey_goes() {
    for (text, left) in [
        ("\u{1b}[31mred\u{1b}[0m", "[31mred[0m"),
        ("a\rb\u{0}c\u{8}d\u{7f}e\u{9b}f", "abcdef"),
        ("user\u{202e}txt.exe\u{202c}", "usertxt.exe"),
    ] {
        assert_eq!(clean(text), left, "{text:?}");
    }
}

#[test]
fn words_are_bounded() {
    let exact = "ä".repeat(MOST);
    assert_eq!(clean(&exact), exact);
    let longer = clean(&format!("{exact}ä\u{1b}"));
    assert_eq!(longer, format!("{exact}..."));
    assert_eq!(clean(&format!("{exact}\u{1b}\u{202e}")), exact, "only what is shown counts");
}
