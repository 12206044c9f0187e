//! Lines that are broken.

use super::*;

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.text().trim_end().to_owned()).collect()
}

#[test]
fn what_fits_stays() {
    let line = Line::of(Tone::Bad, "a").then(Tone::Plain, " b");
    assert_eq!(wrapped(line.clone(), Some(40), 2), std::slice::from_ref(&line));
    assert_eq!(wrapped(line.clone(), None, 2), [line]);
}

#[test]
fn what_does_not_is_broken_at_blanks() {
    let line = Line::plain("  seen: ").then(Tone::Bad, "one two three four five six");
    let lines = wrapped(line, Some(20), 8);
    assert_eq!(texts(&lines), ["  seen: one two", "        three four", "        five six"]);
    assert_eq!(lines[1].parts().last().map(|(tone, _)| tone), Some(Tone::Bad));
}

#[test]
fn what_has_one_tone_is_one_part() {
    let lines = wrapped(Line::of(Tone::Bad, "one two three four five six"), Some(16), 2);
    assert_eq!(texts(&lines), ["one two three", "  four five six"]);
    assert_eq!(lines[0].parts().count(), 1);
}

#[test]
fn a_long_word_stays_whole() {
    let word = "x".repeat(50);
    let lines = wrapped(Line::plain(format!("a {word} b")), Some(20), 2);
    assert_eq!(texts(&lines), ["a".to_owned(), format!("  {word}"), "  b".to_owned()]);
}

#[test]
fn no_part_begins_a_line_of_its_own() {
    assert_eq!(Line::plain("a\r\nb").text(), "a  b");
}
