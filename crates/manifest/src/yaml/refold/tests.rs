//! Folded texts after a round of writing and reading, against what go-yaml v3 makes of them.

use super::{refold, write};
use crate::yaml::tests::BLOCKS;

#[test]
fn a_text_comes_back_as_it_does_from_go_yaml() {
    for (text, _, _, read) in BLOCKS {
        assert_eq!(refold(text), *read, "{text:?}");
    }
}

#[test]
fn indented_lines_gain_or_lose_breaks() {
    assert_eq!(refold("x\n y"), "x\n\n y");
    assert_eq!(refold(" x\ny\nz"), " x\ny z");
}

#[test]
fn a_text_that_cannot_be_folded_stays() {
    // A blank at the end or a control character asks for double quotes.
    for text in ["a\nb ", "a\nb\u{7}", "a", ""] {
        assert_eq!(refold(text), text);
    }
}

#[test]
fn a_break_is_doubled_in_the_block_unless_the_text_begins_with_a_blank() {
    assert_eq!(write("a\nb\n"), "a\n\nb\n\n");
    assert_eq!(write(" a\nb"), " a\nb");
    assert_eq!(write("a\n\nb"), "a\n\n\nb");
}
