//! Tokens: structure, scalars, properties, and the marks that problems carry.

use super::{Kind, Problem, Scanner};
use crate::yaml::{Dialect, Style};

fn scan(text: &str) -> Result<Vec<(Kind, u32, u32)>, Problem> {
    let mut scanner = Scanner::new(text, Dialect::V2);
    let mut tokens = Vec::new();
    loop {
        let token = scanner.take()?;
        let end = token.kind == Kind::StreamEnd;
        tokens.push((token.kind, token.start.line, token.start.column));
        if end {
            return Ok(tokens);
        }
    }
}

fn short(kind: &Kind) -> String {
    match kind {
        Kind::StreamStart => String::new(),
        Kind::StreamEnd => "end".to_owned(),
        Kind::VersionDirective => "%YAML".to_owned(),
        Kind::TagDirective(tagging) => format!("%TAG({} {})", tagging.handle, tagging.rest),
        Kind::DocumentStart => "---".to_owned(),
        Kind::DocumentEnd => "...".to_owned(),
        Kind::BlockSequenceStart => "seq<".to_owned(),
        Kind::BlockMappingStart => "map<".to_owned(),
        Kind::BlockEnd => ">".to_owned(),
        Kind::FlowSequenceStart => "[".to_owned(),
        Kind::FlowSequenceEnd => "]".to_owned(),
        Kind::FlowMappingStart => "{".to_owned(),
        Kind::FlowMappingEnd => "}".to_owned(),
        Kind::BlockEntry => "-".to_owned(),
        Kind::FlowEntry => ",".to_owned(),
        Kind::Key => "?".to_owned(),
        Kind::Value => ":".to_owned(),
        Kind::Alias(name) => format!("*{name}"),
        Kind::Anchor(name) => format!("&{name}"),
        Kind::Tag(tagging) => format!("tag({}|{})", tagging.handle, tagging.rest),
        Kind::Scalar { text, style } => {
            let style = match style {
                Style::Plain => "",
                Style::Single => "'",
                Style::Double => "\"",
                Style::Literal => "|",
                Style::Folded => ">",
            };
            format!("{style}{}{style}", text.escape_debug())
        }
    }
}

/// The tokens of a text on one line.
fn tokens(text: &str) -> String {
    let tokens = scan(text).unwrap_or_else(|problem| panic!("{text:?}: {}", problem.message));
    tokens.iter().map(|(kind, ..)| short(kind)).collect::<Vec<_>>().join(" ").trim().to_owned()
}

#[track_caller]
fn check(text: &str, wanted: &str) {
    assert_eq!(tokens(text), wanted, "{text:?}");
}

/// The only scalar of a text.
#[track_caller]
fn scalar(text: &str, wanted: &str) {
    let scalars: Vec<String> = scan(text)
        .unwrap_or_else(|problem| panic!("{text:?}: {}", problem.message))
        .into_iter()
        .filter_map(|(kind, ..)| match kind {
            Kind::Scalar { text, .. } => Some(text.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(scalars, [wanted], "{text:?}");
}

/// What is wrong, and the line that is reported.
#[track_caller]
fn problem(text: &str, message: &str, line: u32) {
    let problem = scan(text).expect_err(text);
    assert_eq!((problem.message, problem.line()), (message, line), "{text:?}");
}

#[test]
fn block_structure() {
    check("a: b\nc:\n  d: e\n", "map< ? a : b ? c : map< ? d : e > > end");
    check("- a\n- - b\n", "seq< - a - seq< - b > > end");
    check("a:\n- b\n- c\n", "map< ? a : - b - c > end");
    check("? a\n: b\n", "map< ? a : b > end");
    check("a:\n  - b\nc: d\n", "map< ? a : seq< - b > ? c : d > end");
}

#[test]
fn flow_structure() {
    check("{a: b, c: [d, e]}", "{ ? a : b , ? c : [ d , e ] } end");
    check("[a: b, ? c : d]", "[ ? a : b , ? c : d ] end");
    check("{'a':b}", "{ ? 'a' : b } end");
    check("[a:b]", "[ a:b ] end");
    check("[\na,\n# c\nb]", "[ a , b ] end");
}

#[test]
fn documents_and_directives() {
    check("---\na\n...\n--- b\n", "--- a ... --- b end");
    check("---a\n", "---a end");
    check("%YAML 1.1\n---\na", "%YAML --- a end");
    check("%TAG !e! tag:example.com,2024:\n---\na", "%TAG(!e! tag:example.com,2024:) --- a end");
    problem("%YAML 1.2\n", "found incompatible YAML document", 0);
    problem("%FOO\n", "found unknown directive name", 0);
    problem("% x\n", "could not find expected directive name", 0);
    problem("%TAG e x\n", "did not find expected tag URI", 0);
    problem("a: b\n...\n%YAML 1.1 x\n", "did not find expected comment or line break", 3);
}

#[test]
fn anchors_aliases_and_tags() {
    check("&a b", "&a b end");
    check("[*a, *b-1]", "[ *a , *b-1 ] end");
    check("!!str a", "tag(!!|str) a end");
    check("!a b", "tag(!|a) b end");
    check("!e!a b", "tag(!e!|a) b end");
    check("!<tag:a,2024:b> c", "tag(|tag:a,2024:b) c end");
    check("! a", "tag(|!) a end");
    problem("& a", "did not find expected alphabetic or numeric character", 0);
    problem("&a.b c", "did not find expected alphabetic or numeric character", 0);
    problem("!<a b", "did not find the expected '>'", 0);
    problem("!<> b", "did not find expected tag URI", 0);
    problem("!e! b", "did not find expected tag URI", 0);
    problem("!a%4 b", "did not find URI escaped octet", 0);
    problem("!a%zz b", "did not find URI escaped octet", 0);
}

#[test]
fn plain_scalars_end_at_comments_colons_and_dedents() {
    scalar("a b  # c", "a b");
    scalar("a#b", "a#b");
    scalar("a:b", "a:b");
    scalar("-a", "-a");
    scalar("?a", "?a");
    scalar("a\n b\n\n  c", "a b\nc");
    scalar("a\u{85} b", "a b");
    check("a: b\n  c\nd: e", "map< ? a : b c ? d : e > end");
    problem("a:\n  b\n\tc\n", "found a tab character that violates indentation", 2);
}

#[test]
fn quoted_scalars_fold_their_lines() {
    scalar("'a ''b'''", "a 'b'");
    scalar("'a\n  b\n\n  c'", "a b\nc");
    scalar("\"a  \\\n  b\"", "a  b");
    scalar("\"a\\nb\\x41\\u00e9\\U0001F680\"", "a\nbA\u{e9}\u{1f680}");
    scalar(
        "\"\\0\\a\\b\\t\\v\\f\\r\\e\\ \\\"\\'\\\\\\N\\_\\L\\P\"",
        "\0\u{7}\u{8}\t\u{b}\u{c}\r\u{1b} \"'\\\u{85}\u{a0}\u{2028}\u{2029}",
    );
    problem("\"a", "found unexpected end of stream", 0);
    problem("k: 1\nl: 'a\nb\n", "found unexpected end of stream", 2);
    problem("'a\n--- b'", "found unexpected document indicator", 2);
    problem("\"\\q\"", "found unknown escape character", 0);
    problem("\"\\u12g4\"", "did not find expected hexdecimal number", 0);
    problem("\"\\ud800\"", "found invalid Unicode character escape code", 0);
}

#[test]
fn blocks_keep_or_fold_and_chomp() {
    scalar("|\n  a\n   b\n\n", "a\n b\n");
    scalar("|-\n  a\n\n", "a");
    scalar("|+\n  a\n\n", "a\n\n");
    scalar("|2\n   a\n  b\n", " a\nb\n");
    scalar("|1-\n  a\n", " a");
    scalar("|-1\n  a\n", " a");
    scalar("| # c\n  a\n", "a\n");
    scalar(">\n  a\n  b\n\n  c\n", "a b\nc\n");
    scalar(">\n  a\n   b\n  c\n", "a\n b\nc\n");
    scalar("|\n\n  a\n", "\na\n");
    scalar("|\n", "");
    problem("|0\n a", "found an indentation indicator equal to 0", 0);
    problem("|x\n a", "did not find expected comment or line break", 0);
    problem("|\n\ta", "found a tab character where an indentation space is expected", 2);
}

#[test]
fn a_key_ends_on_its_line_and_is_not_too_long() {
    let key = "k".repeat(1020);
    check(&format!("{key}: a"), &format!("map< ? {key} : a > end"));
    problem(&format!("{}: a", "k".repeat(1100)), "mapping values are not allowed in this context", 0);
    problem("a\nb: c\n", "mapping values are not allowed in this context", 2);
    problem("x: y\na\nb: c\n", "could not find expected ':'", 2);
}

#[test]
fn what_cannot_begin_a_token() {
    for text in ["@a", "`a", "a: %b", "a:\n\tb: c"] {
        let problem = scan(text).expect_err(text);
        assert_eq!(problem.message, "found character that cannot start any token", "{text}");
    }
    problem("a: - b", "block sequence entries are not allowed in this context", 0);
    problem("a: ? b", "mapping keys are not allowed in this context", 0);
}

#[test]
fn tokens_know_where_they_start() {
    let found = scan("\u{feff}a: 'b'\n# c\n\u{e9}: d\r\ne: f").expect("tokens");
    let scalars: Vec<(String, u32, u32)> = found
        .into_iter()
        .filter(|(kind, ..)| matches!(kind, Kind::Scalar { .. }))
        .map(|(kind, line, column)| (short(&kind), line, column))
        .collect();
    let wanted = [("a", 0, 0), ("'b'", 0, 3), ("\u{e9}", 2, 0), ("d", 2, 3), ("e", 3, 0), ("f", 3, 3)];
    assert_eq!(scalars, wanted.map(|(text, line, column)| (text.to_owned(), line, column)));
}
