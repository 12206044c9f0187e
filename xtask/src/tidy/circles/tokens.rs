//! The words and signs of a source file, without comments, texts, lifetimes and test code. No full grammar: it knows
//! just enough to find paths.

/// A piece of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A name or a keyword.
    Word(&'a str),
    /// `::`.
    Then,
    /// Any other sign.
    Sign(char),
}

/// A file's code outside of its tests.
#[derive(Debug, Default)]
pub(super) struct Code<'a> {
    /// In order.
    pub(super) tokens: Vec<Token<'a>>,
    /// Modules in files of their own that are compiled for tests only.
    pub(super) test_modules: Vec<&'a str>,
}

/// Words that begin an item, besides its visibility.
const ITEMS: [&str; 14] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "unsafe",
    "use",
];

/// Reads a file.
pub(super) fn code(text: &str) -> Code<'_> {
    let tokens = tokens(text);
    let mut code = Code::default();
    let mut at = 0;
    while at < tokens.len() {
        if is_test_attribute(&tokens[at..]) {
            let end = end_of_item(&tokens, at);
            code.test_modules.extend(file_module(&tokens[at..end]));
            at = end;
        } else {
            code.tokens.push(tokens[at]);
            at += 1;
        }
    }
    code
}

/// `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn is_test_attribute(tokens: &[Token<'_>]) -> bool {
    use Token::{Sign, Word};
    let Some(rest) = tokens.strip_prefix(&[Sign('#'), Sign('['), Word("cfg"), Sign('(')]) else {
        return false;
    };
    rest.starts_with(&[Word("test")]) || rest.starts_with(&[Word("all"), Sign('('), Word("test")])
}

/// `mod name;` at the end.
fn file_module<'a>(tokens: &[Token<'a>]) -> Option<&'a str> {
    match tokens {
        [.., Token::Word("mod"), Token::Word(name), Token::Sign(';')] => Some(name),
        _ => None,
    }
}

/// The place behind what the attributes at `at` belong to: an item, or a field, arm or statement.
fn end_of_item(tokens: &[Token<'_>], mut at: usize) -> usize {
    while tokens.get(at) == Some(&Token::Sign('#')) {
        at = end_of_group(tokens, at + 1);
    }
    if tokens.get(at) == Some(&Token::Word("pub")) {
        at += 1;
        if tokens.get(at) == Some(&Token::Sign('(')) {
            at = end_of_group(tokens, at);
        }
    }
    let item = matches!(tokens.get(at), Some(Token::Word(word)) if ITEMS.contains(word));
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Sign(';') => return at + 1,
            Token::Sign(',') if !item => return at + 1,
            Token::Sign('{') => return end_of_group(tokens, at),
            // The end of what it stands in.
            Token::Sign('}') => return at,
            Token::Sign('(' | '[') => at = end_of_group(tokens, at),
            _ => at += 1,
        }
    }
    at
}

/// The place behind the bracket that closes the one at `at`.
fn end_of_group(tokens: &[Token<'_>], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            _ => {}
        }
    }
    at
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if let Some(length) = ignored(rest, first) {
            length
        } else if first == '_' || first.is_alphanumeric() {
            let length = word(rest);
            found.push(Token::Word(&rest[..length]));
            length
        } else if rest.starts_with("::") {
            found.push(Token::Then);
            2
        } else {
            found.push(Token::Sign(first));
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

/// How long the space, comment, text, character or lifetime at the beginning is, if one is there.
fn ignored(rest: &str, first: char) -> Option<usize> {
    if first.is_whitespace() {
        return Some(first.len_utf8());
    }
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    if first == '\'' {
        return Some(quoted_char(rest));
    }
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|text| text.trim_start_matches('#').starts_with('"'))
    })?;
    let text = &rest[prefix.len()..];
    let hashes = text.len() - text.trim_start_matches('#').len();
    let raw = prefix.ends_with('r');
    if hashes > 0 && !raw {
        return None;
    }
    let body = prefix.len() + hashes + 1;
    Some(body + if raw { raw_text(&rest[body..], hashes) } else { plain_text(&rest[body..]) })
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

/// A character, or the quote of a lifetime, whose name is taken along.
fn quoted_char(rest: &str) -> usize {
    let body = &rest[1..];
    if let Some(escaped) = body.strip_prefix('\\') {
        let skipped = escaped.chars().next().map_or(0, char::len_utf8);
        return 2 + skipped + escaped[skipped..].find('\'').map_or(0, |at| at + 1);
    }
    let first = body.chars().next().map_or(0, char::len_utf8);
    if body[first..].starts_with('\'') { first + 2 } else { 1 + word(body) }
}

fn plain_text(body: &str) -> usize {
    let mut escaped = false;
    for (at, character) in body.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    body.len()
}

fn raw_text(body: &str, hashes: usize) -> usize {
    let end = format!("\"{}", "#".repeat(hashes));
    body.find(&end).map_or(body.len(), |at| at + end.len())
}

fn word(rest: &str) -> usize {
    rest.find(|character: char| character != '_' && !character.is_alphanumeric()).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = |token: &Token<'_>| match token {
            Token::Word(word) => (*word).to_owned(),
            Token::Then => "::".to_owned(),
            Token::Sign(sign) => sign.to_string(),
        };
        assert_eq!(code(text).tokens.iter().map(shown).collect::<Vec<_>>().join(" "), expected, "{text}");
    }

    #[test]
    fn comments_texts_and_lifetimes_are_not_code() {
        check("a::b // c\n/* d /* e */ f */ g", "a :: b g");
        check(r##"x("a\"b", r#"c"d"#, b"e", r"f\") y"##, "x ( , , , ) y");
        check(r"'a' '\'' '\u{1F600}' 'é' &'a str '{'", "& str");
        check("for<'de> 1..2 r#type", "for < > 1 . . 2 r # type");
    }

    #[test]
    fn test_code_is_left_out() {
        check("a; #[cfg(test)] mod tests { use x::{y}; } b", "a ; b");
        check("#[cfg(test)]\n#[expect(unused)]\npub(super) const fn f<A, B>(a: [A; 2]) { b } c", "c");
        check("struct S { a: A, #[cfg(test)] b: B, c: C }", "struct S { a : A , c : C }");
        check("struct S { #[cfg(test)] b: B }", "struct S { }");
        check("#[cfg(all(test, unix))] use a::b; #[cfg(unix)] c", "# [ cfg ( unix ) ] c");
        assert_eq!(code("#[cfg(test)]\npub(crate) mod fakes;\nmod real;").test_modules, ["fakes"]);
    }
}
