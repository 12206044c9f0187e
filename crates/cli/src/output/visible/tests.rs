//! Characters that act on a terminal, each shown instead.

use std::borrow::Cow;

use super::{is_active, visible};

#[test]
fn what_acts_on_a_terminal_is_shown() {
    for (text, wanted) in [
        ("\u{1b}[31mred\u{1b}[0m", "\\x1b[31mred\\x1b[0m"),
        ("\u{1b}]0;title\u{7}", "\\x1b]0;title\\x07"),
        ("\u{1b}]8;;http://x\u{1b}\\link", "\\x1b]8;;http://x\\x1b\\link"),
        ("\u{1b}]52;c;YQ==\u{7}", "\\x1b]52;c;YQ==\\x07"),
        ("\u{1b}c", "\\x1bc"),
        ("\u{1b}P+q\u{1b}\\", "\\x1bP+q\\x1b\\"),
        ("\u{9b}31m", "\\x9b31m"),
        ("\u{9d}0;x\u{9c}", "\\x9d0;x\\x9c"),
        ("\u{90}q", "\\x90q"),
        ("\u{85}", "\\x85"),
        ("a\u{8}\u{8}b", "a\\x08\\x08b"),
        ("good\rbad", "good\\rbad"),
        ("a\r\nb", "a\\r\nb"),
        ("\u{b}\u{c}", "\\x0b\\x0c"),
        ("\u{0}", "\\x00"),
        ("\u{e}\u{f}", "\\x0e\\x0f"),
        ("\u{7f}", "\\x7f"),
        ("\u{202e}cba", "\\u{202e}cba"),
        ("\u{202a}\u{202b}\u{202c}\u{202d}", "\\u{202a}\\u{202b}\\u{202c}\\u{202d}"),
        ("\u{2066}\u{2067}\u{2068}\u{2069}", "\\u{2066}\\u{2067}\\u{2068}\\u{2069}"),
        ("\u{200e}\u{200f}\u{61c}", "\\u{200e}\\u{200f}\\u{61c}"),
        ("a\u{2028}b\u{2029}c", "a\\u{2028}b\\u{2029}c"),
        ("a\u{200b}b\u{200d}c\u{feff}", "a\\u{200b}b\\u{200d}c\\u{feff}"),
        ("\u{e0041}", "\\u{e0041}"),
    ] {
        assert_eq!(visible(text), wanted);
        assert!(!visible(text).contains(is_active), "{wanted}");
    }
}

#[test]
fn what_is_shown_already_stays_as_it_is() {
    for text in ["", "Error: a\n\tb", "naïve – 日本語 🚀", "\\x1b[31m", "# Warning: 'bases' is deprecated"]
    {
        assert!(matches!(visible(text), Cow::Borrowed(same) if same == text), "{text}");
    }
}

#[test]
fn nothing_else_is_changed() {
    for c in (0..=0x10_ffff).filter_map(char::from_u32) {
        let shown = visible(c.encode_utf8(&mut [0; 4])).into_owned();
        assert_eq!(shown == c.to_string(), !is_active(c), "{c:?}");
        assert!(!shown.contains(is_active), "{c:?}");
    }
}
