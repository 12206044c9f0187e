//! Patterns against the answers of Go's package `regexp`.

mod answers;

use super::*;

use regex::Regex;

/// The regular expression that the original would use.
fn compile(pattern: &str) -> Result<Regex> {
    Ok(program(pattern, &Work::default())?.regex().clone())
}

#[test]
fn plain_patterns_match_as_their_regular_expressions() {
    let patterns = ["a", "apps", "a.b", "rbac.io", "..", "x/y:z@w", "a-_", ".", "nginx", "r.io:5000/a"];
    let texts = [
        "",
        "a",
        "apps",
        "appsx",
        "a.b",
        "aXb",
        "a\nb",
        "aéb",
        "é",
        "éé",
        "rbac.io",
        "x/y:z@w",
        "a-_",
        "\n",
        "nginx:",
        "nginx:1",
        "nginx:1@sha256:ab",
        "nginx@sha256:",
        "nginx@sha512:a",
        "nginx:1:2",
        "nginx@sha256:a@sha256:b",
        "nginx:a b",
        "nginx:{v}",
        "nginx:1@",
        "nginxx",
        "r.io:5000/a:1.0",
        "rxio:5000/a",
        "nginx:1\n",
    ];
    for pattern in patterns {
        assert!(
            !matches!(Pattern::new(pattern, &Work::default()), Ok(Pattern::Regex(_))),
            "{pattern} needs no engine"
        );
        let whole = compile(&format!("^(?:{pattern})$")).expect("a regular expression");
        let image = format!("^{pattern}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
        let image = compile(&image).expect("a regular expression");
        for text in texts {
            let ours = Pattern::new(pattern, &Work::default())
                .expect("a pattern")
                .matches(text, &Work::default())
                .expect("a match");
            assert_eq!(ours, whole.is_match(text), "{pattern:?} on {text:?}");
            let ours = ImagePattern::new(pattern, &Work::default())
                .expect("a pattern")
                .matches(text, &Work::default())
                .expect("a match");
            assert_eq!(ours, image.is_match(text), "image {pattern:?} on {text:?}");
        }
    }
}

#[test]
fn other_patterns_are_regular_expressions() {
    assert!(
        Pattern::new("a.*", &Work::default())
            .expect("a pattern")
            .matches("abc", &Work::default())
            .expect("a match")
    );
    assert!(
        !Pattern::new("a|b", &Work::default())
            .expect("a pattern")
            .matches("ab", &Work::default())
            .expect("a match")
    );
    assert!(
        ImagePattern::new("ng(inx)?", &Work::default())
            .expect("a pattern")
            .matches("nginx:1", &Work::default())
            .expect("a match")
    );
    for bad in ["(", "a**", "a+*", "a{2}{3}", "a*??", "a{1001}", "a{2,1001}"] {
        Pattern::new(bad, &Work::default()).expect_err(bad);
    }
    for good in ["a*?", "a+?b*", "[*+]*", "\\**", "[]*]+", "a{2}?b{0,1000}", "(a*)*"] {
        Pattern::new(good, &Work::default()).expect(good);
    }
}

/// Patterns that Go 1.26 refuses, with its reasons.
const REFUSED: &[(&str, &str)] = &[
    ("a**", "invalid nested repetition operator: `**`"),
    ("a+*", "invalid nested repetition operator: `+*`"),
    ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
    ("a*??", "invalid nested repetition operator: `*??`"),
    ("a{2}??", "invalid nested repetition operator: `{2}??`"),
    ("a{1001}", "invalid repeat count: `{1001}`"),
    ("a{2,1001}", "invalid repeat count: `{2,1001}`"),
    ("a{3,2}", "invalid repeat count: `{3,2}`"),
    ("a{99999999999}", "invalid repeat count: `{99999999999}`"),
    ("(a{40}){26}", "invalid repeat count: `{26}`"),
    ("((a{10}){10}){11}", "invalid repeat count: `{11}`"),
    ("(a{600,}){2}", "invalid repeat count: `{2}`"),
    ("*", "missing argument to repetition operator: `*`"),
    ("^(?:+)", "missing argument to repetition operator: `+`"),
    ("a|*", "missing argument to repetition operator: `*`"),
    ("(?i)*", "missing argument to repetition operator: `*`"),
    ("(?:a|*)", "missing argument to repetition operator: `*`"),
    (r"\Q\E*", "missing argument to repetition operator: `*`"),
    ("(", "missing closing ): `(`"),
    ("(a", "missing closing ): `(a`"),
    ("a)", "unexpected ): `a)`"),
    ("[", "missing closing ]: `[`"),
    ("[a", "missing closing ]: `[a`"),
    ("[]", "missing closing ]: `[]`"),
    ("[^", "missing closing ]: `[^`"),
    ("[^]", "missing closing ]: `[^]`"),
    (r"[a-\d]", r"invalid escape sequence: `\d`"),
    ("[z-a]", "invalid character class range: `z-a`"),
    ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
    ("[[:a]b:]", "invalid character class range: `[:a]b:]`"),
    (r"[\b]", r"invalid escape sequence: `\b`"),
    (r"[\Q]", r"invalid escape sequence: `\Q`"),
    (r"[\x{110000}]", r"invalid escape sequence: `\x{110000`"),
    (r"\", "trailing backslash at end of expression: ``"),
    (r"a\", "trailing backslash at end of expression: ``"),
    (r"\x", r"invalid escape sequence: `\x`"),
    (r"\x4", r"invalid escape sequence: `\x4`"),
    (r"\xg1", r"invalid escape sequence: `\xg1`"),
    (r"\x{}", r"invalid escape sequence: `\x{}`"),
    (r"\x{4", r"invalid escape sequence: `\x{4`"),
    (r"\x{110000}", r"invalid escape sequence: `\x{110000`"),
    (r"\u0041", r"invalid escape sequence: `\u`"),
    (r"\U00000041", r"invalid escape sequence: `\U`"),
    (r"\1", r"invalid escape sequence: `\1`"),
    (r"\8", r"invalid escape sequence: `\8`"),
    (r"\C", r"invalid escape sequence: `\C`"),
    (r"\Z", r"invalid escape sequence: `\Z`"),
    (r"\G", r"invalid escape sequence: `\G`"),
    (r"\K", r"invalid escape sequence: `\K`"),
    (r"\R", r"invalid escape sequence: `\R`"),
    (r"\X", r"invalid escape sequence: `\X`"),
    (r"\h", r"invalid escape sequence: `\h`"),
    (r"\e", r"invalid escape sequence: `\e`"),
    (r"\é", r"invalid escape sequence: `\é`"),
    ("(?x)", "invalid or unsupported Perl syntax: `(?x`"),
    ("(?R)", "invalid or unsupported Perl syntax: `(?R`"),
    ("(?-)", "invalid or unsupported Perl syntax: `(?-)`"),
    ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
    ("(?i", "invalid or unsupported Perl syntax: `(?i`"),
    ("(?", "invalid or unsupported Perl syntax: `(?`"),
    ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
    ("(?!a)", "invalid or unsupported Perl syntax: `(?!`"),
    ("(?<=a)", "invalid named capture: `(?<=a)`"),
    ("(?<n", "invalid named capture: `(?<n`"),
    ("(?<n->", "invalid named capture: `(?<n->`"),
    ("(?P<>", "invalid named capture: `(?P<>`"),
    ("(?P=n)", "invalid or unsupported Perl syntax: `(?P`"),
    ("(?'n'a)", "invalid or unsupported Perl syntax: `(?'`"),
    (r"\p", r"invalid character class range: `\p`"),
    (r"\p{", r"invalid character class range: `\p{`"),
    (r"\p{}", r"invalid character class range: `\p{}`"),
    (r"\p{Grek}", r"invalid character class range: `\p{Grek}`"),
    (r"\p{sc=Greek}", r"invalid character class range: `\p{sc=Greek}`"),
    (r"\p{Alphabetic}", r"invalid character class range: `\p{Alphabetic}`"),
    (r"\p{Old_Italic}", r"invalid character class range: `\p{Old_Italic}`"),
    (r"\p^", r"invalid character class range: `\p^`"),
    ("^[a--b]$", "invalid character class range: `a--`"),
];

/// Patterns that Go 1.26 takes, texts that they match there, and texts that they do not.
const ACCEPTED: &[(&str, &[&str], &[&str])] = &[
    (r"^\<", &["<a"], &["a"]),
    (r"\>$", &["a>"], &["a"]),
    (r"\Qa.*\E+$", &["a.*", "a.***"], &["a.**a", "ab*"]),
    (r"^\Qa.b", &["a.b"], &["axb"]),
    (r"a\Q\E*$", &["", "aa", "b"], &[]),
    ("{", &["{"], &["a"]),
    ("a{", &["a{"], &["a"]),
    ("a{,2}", &["a{,2}"], &["aa"]),
    ("^a{01}$", &["a{01}"], &["a"]),
    ("a{1", &["a{1"], &["a"]),
    ("^{{.*}}$", &["{{x}}"], &["x"]),
    ("^[[]$", &["["], &["]"]),
    ("^[]a]$", &["]", "a"], &["["]),
    ("^[^]a]$", &["b"], &["]", "a"]),
    ("^[a[b]]$", &["a]", "[]", "b]"], &["b"]),
    ("^[a&&b]$", &["a", "b", "&"], &["c"]),
    ("^[+--a]$", &["+", ",", "-", "a"], &["."]),
    ("^[a~~b]$", &["a", "~", "b"], &["c"]),
    ("^[a-]$", &["a", "-"], &["b"]),
    (r"^[\d-z]$", &["5", "-", "z"], &["a"]),
    (r"^[#\ \-]$", &["#", " ", "-"], &["a"]),
    ("^[[:word:]é]$", &["a", "_", "é"], &["ü"]),
    ("^[[:^digit:]]$", &["a"], &["1"]),
    ("^[[:]$", &["[", ":"], &["a"]),
    (r"\071", &["9"], &["71"]),
    (r"\123", &["S"], &[]),
    (r"\07", &["\u{7}"], &["7"]),
    (r"\777", &["ǿ"], &[]),
    (r"\x41\x{3c3}", &["Aσ"], &["aσ"]),
    (r"\x{D800}*a", &["a"], &["b"]),
    (r"^[\x{D7FF}-\x{E000}]$", &["\u{d7ff}", "\u{e000}"], &["a"]),
    (r"^[^\x{D800}]$", &["a"], &["ab"]),
    (r"^\d$", &["5"], &["٣"]),
    (r"^\D$", &["٣"], &["5"]),
    (r"^\w$", &["a", "_"], &["é"]),
    (r"^\W$", &["-", "é"], &["a"]),
    (r"^\s$", &[" ", "\n", "\u{c}"], &["\u{b}", "\u{a0}"]),
    ("^[[:space:]]$", &[" ", "\u{b}"], &["\u{a0}"]),
    (r"\bb", &["éb", "-b"], &["ab"]),
    (r"b\B", &["bb"], &["bé"]),
    ("(?i)^K$", &["k", "\u{212a}"], &["x"]),
    ("(?i)^[^k]$", &["x"], &["K", "\u{212a}"]),
    (r"(?i)^\w$", &["ſ"], &["é"]),
    (r"(?i)^\W$", &["é"], &["ſ"]),
    ("(?i)^σ$", &["ς", "Σ"], &["s"]),
    ("a(?i)b|c", &["aB", "C"], &["AB"]),
    ("^(?:(?i)a)b$", &["Ab"], &["AB"]),
    ("^(?i:a)(?-i:b)$", &["Ab"], &["AB"]),
    ("^a(?i)*$", &["aa", ""], &["AA"]),
    ("^a*(?i)*$", &["aa"], &["A"]),
    ("(?)a", &["a"], &["b"]),
    ("(?i-i)a", &["a"], &["A"]),
    ("(?ii-s:a)", &["A"], &["b"]),
    ("(?U)^a+?b*$", &["aab"], &["b"]),
    ("a$", &["a"], &["a\n", "a\nb"]),
    ("(?m)a$", &["a\nb"], &["a\r\nb", "ab"]),
    ("(?m)^b", &["a\nb"], &["ab"]),
    (r"(?m)\Ab\z", &["b"], &["a\nb"]),
    ("^.$", &["a", "é", "\r"], &["\n"]),
    ("(?s)^.$", &["\n"], &["ab"]),
    ("^*a", &["a"], &["b"]),
    ("^(|a)+$", &["", "aa"], &["b"]),
    ("^(?:)*$", &[""], &["a"]),
    ("^((a{1000}){0}){2}$", &[""], &["a"]),
    ("^(a{25}){0,40}$", &["", "aaaaaaaaaaaaaaaaaaaaaaaaa"], &["a"]),
    ("^a{2}?$", &["aa"], &["a"]),
    ("(?P<n>a)(?<n>b)", &["ab"], &["a"]),
    ("(?P<1>a)", &["a"], &[]),
    (r"^\pN$", &["5", "٣"], &["a"]),
    (r"^\PN$", &["a"], &["5"]),
    (r"^\p{Greek}$", &["σ"], &["a"]),
    (r"^\p{^Greek}$", &["a"], &["σ"]),
    (r"^\P{^greek}$", &["σ"], &["a"]),
    (r"^[\p{Lu}\d]$", &["A", "É", "5"], &["a"]),
    (r"(?i)^\p{Lu}$", &["a"], &["5"]),
    (r"^\p{Lowercase Letter}$", &["a"], &["A"]),
    (r"^\p{Any}\p{ascii}$", &["éa"], &["aé"]),
    (r"^\p{Cs}*$", &[""], &["a"]),
    (r"^\P{Cs}$", &["a"], &[""]),
    (r"\/\#\_\-", &["/#_-"], &[]),
    ("a b # c", &["a b # c"], &["ab"]),
    ("^a\u{a0}\n$", &["a\u{a0}\n"], &["a"]),
];

#[test]
fn patterns_that_go_refuses_fail_with_its_words() {
    for (pattern, reason) in REFUSED {
        let error = compile(pattern).expect_err(pattern);
        assert_eq!(error.to_string(), format!("error parsing regexp: {reason}"));
    }
}

#[test]
fn patterns_match_what_they_match_in_go() {
    for (pattern, matching, others) in ACCEPTED {
        let regex = compile(pattern).expect(pattern);
        for text in *matching {
            assert!(regex.is_match(text), "{pattern:?} matches {text:?}");
        }
        for text in *others {
            assert!(!regex.is_match(text), "{pattern:?} does not match {text:?}");
        }
    }
}

#[test]
fn deep_patterns_are_refused_before_they_exhaust_the_stack() {
    let nested = |times: usize| format!("{}a{}", "(b|c".repeat(times), ")*".repeat(times));
    compile(&nested(200)).expect("a pattern");
    for times in [300, 5000] {
        let error = compile(&nested(times)).expect_err("too deep");
        assert!(error.to_string().contains("expression nests too deeply"), "{error}");
    }
    compile(&format!("a{}", "(?i)*".repeat(5000))).expect_err("too deep");
}

#[test]
fn answers_to_a_table_of_patterns_equal_those_of_go() {
    for (pattern, go) in answers::ANSWERS {
        let ours = match compile(pattern) {
            Ok(regex) => {
                answers::TEXTS.iter().map(|text| if regex.is_match(text) { '1' } else { '0' }).collect()
            }
            Err(error) => error.to_string().replace("error parsing regexp: ", ""),
        };
        assert_eq!(ours, *go, "{pattern:?}");
    }
}

/// Compares with a file that `GO_ANSWERS` names, written by a Go program: texts, then pairs of a pattern and either
/// Go's error or a digit for each text, 1 where it matches.
#[test]
#[ignore = "needs answers from Go"]
fn answers_equal_those_of_go() {
    let path = std::env::var("GO_ANSWERS").expect("a path");
    let answers = std::fs::read_to_string(path).expect("a file");
    let (texts, cases): (Vec<String>, Vec<(String, String)>) = serde_json::from_str(&answers).expect("JSON");
    let mut differences = 0;
    for (pattern, go) in &cases {
        let ours = match compile(pattern) {
            Ok(regex) => texts.iter().map(|text| if regex.is_match(text) { '1' } else { '0' }).collect(),
            Err(error) => error.to_string(),
        };
        if ours != *go {
            differences += 1;
            println!("{pattern:?}\n  go   {go}\n  ours {ours}\n  {:?}", go_syntax::to_rust(pattern));
        }
    }
    assert_eq!(differences, 0);
}
