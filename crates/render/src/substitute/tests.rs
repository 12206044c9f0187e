//! The dialect's table (contracts/kustomize-controller.md 10.2), row by row, and beside it what the original does in its odd
//! corners.

mod hostile;
mod objects;

use manifest::budget::{Budget, Cancel, Limits};

use super::{Origin, Problem, Variables, expand};

pub(super) fn variables(pairs: &[(&str, &str)]) -> Variables {
    let mut variables = Variables::default();
    variables.add(Origin::Inline, pairs.iter().copied());
    variables
}

fn known() -> Variables {
    variables(&[
        ("a", "hello"),
        ("n", "123"),
        ("p", "path/to/file.tar.gz"),
        ("empty", ""),
        ("u", "ab"),
        ("A", "XY"),
        ("k", "-2"),
        ("l", "l"),
        ("star", "*"),
        ("e", "é/ß"),
    ])
}

pub(super) fn limited(steps: u64, bytes: u64) -> Budget {
    Budget::new(Limits { steps, bytes }, Cancel::default())
}

fn with(text: &str, strict: bool) -> Result<String, Problem> {
    let budget = limited(1 << 20, 1 << 24);
    let result = expand(text, &known(), strict, &budget);
    assert_eq!(budget.held(), 0, "{text}");
    result
}

#[track_caller]
fn gives(text: &str, result: &str) {
    assert_eq!(with(text, false).as_deref(), Ok(result), "{text}");
}

#[track_caller]
fn fails(texts: &[&str], problem: &Problem) {
    for text in texts {
        assert_eq!(with(text, false).as_ref(), Err(problem), "{text}");
    }
}

#[test]
fn only_a_dollar_and_a_brace_begin_an_expression() {
    for text in ["$a", "$(a)", "`a`", "$ {a}", "x$", "", "{{ .x }}", "é", "$é", "}", "a}b", "$}"] {
        gives(text, text);
    }
    gives("{{ $x := ${a} }}", "{{ $x := hello }}");
    gives("\\${a}", "\\hello");
    gives("\\/\\\\", "\\/\\\\");
    gives("é${a}ü", "éhelloü");
    gives("${a}${a}}", "hellohello}");
}

#[test]
fn two_dollars_are_one() {
    gives("$$", "$");
    gives("a$$b", "a$b");
    gives("$$a", "$a");
    gives("$$$", "$$");
    gives("$${a}", "${a}");
    gives("$$${a}", "$hello");
    gives("$$$${a}", "$${a}");
    gives("$${a:=b${n}}", "${a:=b123}");
}

#[test]
fn all_operators_of_a_default_mean_the_same() {
    for operator in [":-", ":=", "=", ":+", ":?"] {
        gives(&format!("${{m{operator}d}}"), "d");
        gives(&format!("${{a{operator}d}}"), "hello");
        gives(&format!("${{empty{operator}d}}"), "d");
    }
    for text in ["${m:=}", "${m:-}", "${m=}", "${m:+}", "${m:?}"] {
        assert_eq!(with(text, true).as_deref(), Ok(""), "{text}");
    }
}

#[test]
fn a_default_is_taken_as_it_is() {
    gives("${m:=${a}}", "hello");
    gives("${m:=x${a}y${n}}", "xhelloy123");
    gives("${m:=${a}${a}}", "hellohello");
    gives("${m:=${j:=deep}}", "deep");
    gives("${m:=a:b}", "a:b");
    gives("${m:=a b}", "a b");
    gives("${m:=\"q\"}", "\"q\"");
    gives("${m:=a}b}", "ab}");
    gives("${m:=\\}}", "\\}");
    gives("${m:={}}", "{}");
    gives("${m:=$a}", "$a");
    gives("${m:=$$a}", "$$a");
    gives("${m:=$${a}}", "$hello");
    gives("${m==}", "=");
    gives("${m:=é}", "é");
    gives("${m:=a\nb}", "a\nb");
}

#[test]
fn lengths_and_slices_count_bytes() {
    gives("${#a}", "5");
    gives("${#e}", "5");
    gives("${#m}", "0");
    gives("${a:1}", "ello");
    gives("${a:0}", "hello");
    gives("${a:1:2}", "el");
    gives("${a:9}", "");
    gives("${a:2:99}", "llo");
    for text in ["${a: -2}", "${a:x}", "${a:(-2)}", "${a:-1:2}", "${a:1:x}", "${a:1:2:3}"] {
        gives(text, "hello");
    }
    gives("${a:99999999999999999999}", "hello");
    gives("${a:0:-1}", "hell");
    gives("${a:2:-1}", "ll");
    gives("${a:0:-9}", "");
    gives("${a:9:-1}", "");
    gives("${a:0:-9223372036854775808}", "");
    gives("${a:${k}}", "lo");
    gives("${a:${k}:1}", "l");
    gives("${a:1:${k}}", "el");
    // Colons between offset and length may be several.
    gives("${a:1::2}", "el");
    gives("${e:0:2}", "é");
    fails(&["${e:1}"], &Problem::NotUtf8("invalid leading UTF-8 octet"));
    fails(&["${e:0:1}"], &Problem::NotUtf8("incomplete UTF-8 octet sequence"));
    fails(&["${e:0:1}x"], &Problem::NotUtf8("invalid trailing UTF-8 octet"));
}

#[test]
fn letters_change_their_case() {
    gives("${u^}", "Ab");
    gives("${a^^}", "HELLO");
    gives("${A,}", "xY");
    gives("${A,,}", "xy");
    gives("${empty^}", "");
    // Each letter by itself, and only if it stays one.
    gives("${e^^}", "É/ß");
    let greek = variables(&[("s", "ΟΔΟΣ"), ("i", "İ"), ("f", "ﬁ"), ("y", "ᾳ")]);
    for (text, result) in [("${s,,}", "οδοσ"), ("${i,,}", "i"), ("${f^^}", "ﬁ"), ("${y^^}", "ᾼ")] {
        assert_eq!(expand(text, &greek, true, &Budget::default()).as_deref(), Ok(result), "{text}");
    }
    // A mixture is no operator, and no error.
    gives("${a^,}${a,^}", "hellohello");
    fails(&["${a,,x}", "${a^x}", "${a^^^}", "${a,,,}", "${a^", "${a,,"], &Problem::BadSubstitution);
}

#[test]
fn ends_are_cut_off() {
    gives("${p#*/}", "to/file.tar.gz");
    gives("${p##*/}", "file.tar.gz");
    gives("${p%.*}", "path/to/file.tar");
    gives("${p%%.*}", "path/to/file");
    gives("${p%/*}", "path/to");
    gives("${p#x}", "path/to/file.tar.gz");
    gives("${a#hello}${a%hello}", "");
    gives("${a##*}${a%%*}", "");
    // The empty text is never the shortest.
    gives("${a#*}", "ello");
    gives("${a%*}", "hell");
    gives("${a#[g-i]}", "ello");
    gives("${a#[^x]}", "ello");
    gives("${e#?}", "/ß");
    gives("${e%?}", "é/");
    gives("${a#${star}}", "ello");
    gives("${a###}", "hello");
    gives("${empty#*}", "");
    // Turned around, a class is malformed, and a backslash stands for what was before it.
    gives("${a%[o]}", "hello");
    let stars = variables(&[("v", "a*")]);
    for (text, result) in [("${v%*\\}", "a"), ("${v%\\*}", "a*"), ("${v#a\\*}", "")] {
        assert_eq!(expand(text, &stars, true, &Budget::default()).as_deref(), Ok(result), "{text}");
    }
    fails(&["${a#}", "${a##}", "${a%}", "${a%%}", "${a#"], &Problem::NoArgument);
    // One argument is one text or one expression.
    fails(&["${a#x${n}}", "${a#${n}x}", "${a%x"], &Problem::BadSubstitution);
}

#[test]
fn texts_are_replaced() {
    gives("${a/l/L}", "heLlo");
    gives("${a//l/L}", "heLLo");
    gives("${a/#he/HE}", "HEllo");
    gives("${a/%lo/LO}", "helLO");
    gives("${a/#lo/x}${a/%he/x}", "hellohello");
    gives("${a/l*/_}", "hello");
    gives("${p/\\//-}", "path-to/file.tar.gz");
    gives("${p//\\//-}", "path-to-file.tar.gz");
    gives("${a//l/}", "heo");
    gives("${a/l/}", "helo");
    gives("${a/${l}/${n}}", "he123lo");
    fails(&["${a/l}", "${a/l", "${a//l}", "${a/l/L"], &Problem::BadSubstitution);
    fails(&["${a/", "${a//"], &Problem::NoArgument);
}

#[test]
fn replacing_has_odd_corners() {
    // Without a replacement nothing happens at an end.
    gives("${a/#he/}${a/%lo/}", "hellohello");
    // Slashes between pattern and replacement may be several.
    gives("${a/l//L}", "heLlo");
    // A pattern ends at a slash, and at nothing else.
    gives("${a/l} and /x}", "hello");
    gives("${a/${l}/$$}", "he$lo");
    gives("${a/l/\\/}", "he/lo");
    gives("${a/l/\\\\}", "he\\lo");
    gives("${a/l/\\n}", "he\\nlo");
    gives("${a/#/x}", "xhello");
    gives("${a/%/x}", "hellox");
    gives("${u///-}", "-a-b-");
    fails(&["${a/l${n}/x}", "${a/${l}l/x}", "${a/l/x${n}}", "${a/l/${n}x}"], &Problem::BadSubstitution);
}

#[test]
fn what_is_no_expression_is_an_error() {
    let texts =
        ["${a-b}", "${a+b}", "${a?b}", "${a.b}", "${a[0]}", "${a@Q}", "${a }", "${a", "${a!}", "${a$}"];
    fails(&texts, &Problem::MissingBrace);
    fails(&["${}", "${ a}", "${!a}", "${", "${-}", "${$a}", "${${a}}"], &Problem::NoName);
    fails(&["${a:=b", "${a::2}", "${a:1:}", "${a:}", "${a:=${n}"], &Problem::NoArgument);
    fails(
        &["${#}", "${##}", "${#a", "${#a:1}", "${a:", "${a:1", "${a:1:2", "${a:é}", "${a:1${k}}"],
        &Problem::BadSubstitution,
    );
    gives("${1a}${é}", "");
}

#[test]
fn texts_of_problems_are_those_of_the_original() {
    for (text, said) in [
        ("${a-b}", "missing closing brace"),
        ("${}", "unable to parse variable name"),
        ("${a/l}", "bad substitution"),
        ("${a:=b", "unable to parse substitution within function"),
        ("${m}", "variable not set (strict mode): \"m\""),
    ] {
        assert_eq!(with(text, true).expect_err(text).to_string(), said, "{text}");
    }
}

#[test]
fn strict_mode_names_all_that_is_not_set() {
    let not_set = |text: &str| match with(text, true) {
        Err(Problem::NotSet(names)) => names,
        other => panic!("{text}: {other:?}"),
    };
    // In the order in which the original would meet them.
    assert_eq!(not_set("${z} ${m} ${z}"), ["z", "m"]);
    assert_eq!(not_set("${z#${m}}"), ["m", "z"]);
    assert_eq!(not_set("${m:=${x}${y}}"), ["x", "y"]);
    for text in
        ["${#m}", "${m^}", "${m,^}", "${m:0:1}", "${m#x}", "${m/a/b}", "${a:=${m}}", "${m:x}", "${m%x}"]
    {
        assert_eq!(not_set(text), ["m"], "{text}");
    }
    assert_eq!(with("${m:=d}${a}", true).as_deref(), Ok("dhello"));
    assert_eq!(not_set("${1a}"), ["1a"]);
    assert_eq!(with("$${m}", true).as_deref(), Ok("${m}"));
    // What cannot be read comes before what is not set.
    assert_eq!(with("${m}${", true), Err(Problem::NoName));
}

#[test]
fn values_may_be_bytes() {
    let mut variables = Variables::default();
    variables.add(Origin::Secret, [("b", vec![0xff, b'a', b'\n'])]);
    let text = |text: &str| expand(text, &variables, true, &Budget::default());
    assert_eq!(text("${#b}").as_deref(), Ok("2"));
    assert_eq!(text("${b:1}").as_deref(), Ok("a"));
    assert_eq!(text("x${b}"), Err(Problem::NotUtf8("invalid trailing UTF-8 octet")));
    assert!(text("${b#x}${b^^}").is_ok_and(|text| text.contains('A')) || text("${b#x}").is_err());
}
