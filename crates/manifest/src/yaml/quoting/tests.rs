//! Which quotes a string needs: go-yaml's choice, and the rules behind it one by one.

use super::{
    Allowed, escape, escaped, is_base60, is_printable, is_simple, is_word, style_allowed, style_of_any,
    style_v3,
};
use crate::yaml::Style;
use crate::yaml::tests::STRINGS;

#[test]
fn a_string_is_quoted_as_go_yaml_v3_quotes_it() {
    for (text, _, written) in STRINGS {
        let style = match written.chars().next() {
            Some('\'') => Style::Single,
            Some('"') => Style::Double,
            Some('|') => Style::Literal,
            _ => Style::Plain,
        };
        // A string that ends in a break between lines of its own is a block only with `\n`.
        assert_eq!(style_v3(text), style, "{text:?}");
    }
}

#[test]
fn a_word_is_plain_the_long_way_too() {
    let made =
        ["y", "No", "off", "false", "falsey", "0", "0x1", "a", "/", "/a", "a:b", "a:", "true", "Truer", "n"];
    for text in STRINGS.iter().map(|(text, _, _)| *text).chain(made) {
        assert!(!is_word(text) || style_of_any(text) == Style::Plain, "{text:?}");
    }
    assert!(is_word("falsey") && is_word("a") && is_word("registry.example.com/web:1.0"));
    assert!(["y", "No", "off", "false", "0", "0x1"].iter().all(|text| !is_word(text)));
}

#[test]
fn the_short_cut_for_plain_texts_agrees_with_the_long_way() {
    for (text, _, _) in STRINGS {
        if is_simple(text) {
            let padded = Allowed::of(&format!("{text} x"));
            assert!(padded.plain && padded.single && padded.block, "{text:?}");
        }
    }
    for (text, simple) in [
        ("a", true),
        ("5", true),
        ("a.b/c-d_e:f", true),
        ("/a", true),
        ("", false),
        ("-", false),
        ("-a", false),
        (".a", false),
        ("a:", false),
        ("a b", false),
        ("a#", false),
        ("\u{e9}", false),
    ] {
        assert_eq!(is_simple(text), simple, "{text:?}");
    }
}

#[test]
fn numbers_with_base_60() {
    for text in ["1:30", "190:20:30", "-1:00", "+1:5", "1_0:30", "1:30.5", "1:30._", "0:59"] {
        assert!(is_base60(text), "{text}");
    }
    for text in ["1", "1:60", "1:", ":30", "a:30", "1:3a", "1:300", "1:30.a", "1.5:30", "--1:30", "_1:30"] {
        assert!(!is_base60(text), "{text}");
    }
}

#[test]
fn a_wish_is_granted_where_the_text_allows_it() {
    use Style::{Double, Folded, Literal, Plain, Single};
    let all = [Plain, Single, Double, Literal, Folded];
    let check = |text, inline, flow, wanted: [Style; 5]| {
        assert_eq!(all.map(|style| style_allowed(text, style, inline, flow)), wanted, "{text:?}");
    };
    check("a", false, false, [Plain, Single, Double, Literal, Folded]);
    check("a", true, false, [Plain, Single, Double, Double, Double]);
    check("a: b", false, false, [Single, Single, Double, Literal, Folded]);
    check("a\tb", false, false, [Double, Double, Double, Literal, Folded]);
    check("a ", false, false, [Single, Single, Double, Double, Double]);
    check("a\u{7}", false, false, [Double, Double, Double, Double, Double]);
    check("a\n b", false, false, [Double, Double, Double, Literal, Folded]);
    check("", false, false, [Plain, Single, Double, Double, Double]);
    check("", true, false, [Single, Single, Double, Double, Double]);
    // Between braces a comma or a colon would end it.
    check("a,b", true, true, [Single, Single, Double, Double, Double]);
    check("a:b", true, true, [Single, Single, Double, Double, Double]);
    check("a-b", true, true, [Plain, Single, Double, Double, Double]);
}

#[test]
fn characters_in_double_quotes() {
    for (c, text) in [
        ('\0', "\\0"),
        ('\u{7}', "\\a"),
        ('\u{8}', "\\b"),
        ('\t', "\\t"),
        ('\n', "\\n"),
        ('\u{b}', "\\v"),
        ('\u{c}', "\\f"),
        ('\r', "\\r"),
        ('\u{1b}', "\\e"),
        ('"', "\\\""),
        ('\\', "\\\\"),
        ('\u{85}', "\\N"),
        ('\u{a0}', "\\_"),
        ('\u{2028}', "\\L"),
        ('\u{2029}', "\\P"),
        ('\u{1}', "\\x01"),
        ('\u{9f}', "\\x9F"),
        ('\u{feff}', "\\uFEFF"),
        ('\u{1f680}', "\\U0001F680"),
    ] {
        assert_eq!(escape(c), text);
    }
    assert_eq!(escaped("a\"b\u{e9}\n\u{a0}"), "a\\\"b\u{e9}\\n\u{a0}");
}

#[test]
fn which_characters_stand_for_themselves() {
    for c in ['\n', ' ', '~', '\u{a0}', '\u{d7ff}', '\u{e000}', '\u{fefe}', '\u{ff00}', '\u{fffd}'] {
        assert!(is_printable(c), "{c:?}");
    }
    for c in ['\t', '\r', '\u{1f}', '\u{7f}', '\u{9f}', '\u{feff}', '\u{fffe}', '\u{10000}'] {
        assert!(!is_printable(c), "{c:?}");
    }
}
