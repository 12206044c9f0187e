//! Reading and writing as a whole, against what go-yaml and kustomize answered to the same texts.

mod generated;
mod problems;
mod recorded;

use crate::yaml::{self, Dialect};
use serde_json::{Value, json};

pub(super) use recorded::{BLOCKS, PLAIN, STRINGS};

pub(super) fn read(text: &str, dialect: Dialect) -> Value {
    yaml::read_all(text, dialect).expect("YAML").remove(0)
}

#[test]
fn scalars_of_resources() {
    let cases: &[(&str, Value)] = &[
        ("yes", json!("yes")),
        ("0644", json!(420)),
        ("0o644", json!(420)),
        ("0x1A4", json!(420)),
        ("0b110", json!(6)),
        ("1_000", json!(1000)),
        ("+7", json!(7)),
        ("089", json!(89)),
        ("18446744073709551615", json!(u64::MAX)),
        ("1.0", json!(1)),
        ("1e3", json!(1000)),
        ("1:30", json!("1:30")),
        ("nUll", json!("nUll")),
        ("0x", json!("0x")),
        ("0b2", json!("0b2")),
        ("0o8", json!("0o8")),
        ("_1", json!("_1")),
        ("1e400", json!("1e400")),
        ("2024-01-31", json!("2024-01-31T00:00:00Z")),
        ("2024-1-1", json!("2024-01-01T00:00:00Z")),
        ("2024-01-01 10:00:00", json!("2024-01-01T10:00:00Z")),
        ("~", Value::Null),
        ("True", json!(true)),
        ("'5'", json!("5")),
        ("!!str 5", json!("5")),
        ("!!int '5'", json!(5)),
        ("!!binary aGk=", json!("hi")),
        ("\"a\\tb\"", json!("a\tb")),
    ];
    for (text, wanted) in cases {
        let got = read(&format!("k: {text}\n"), Dialect::V3);
        assert_eq!(got.get("k"), Some(wanted), "{text}");
    }
    for bad in [
        "a: .inf",
        "a: 1\na: 2",
        "b: {1: a}",
        "b: {true: a}",
        "~: a",
        "a: !!int x",
        "? {a: b}\n: c",
        "a: !%zz b",
    ] {
        assert!(yaml::read_all(bad, Dialect::V3).is_err(), "{bad}");
    }
    // What follows a document is looked at before it is read; a byte order mark is one only at the start.
    let limits = yaml::Limits::default();
    for (dialect, fine) in [(Dialect::V2, true), (Dialect::V3, false)] {
        assert_eq!(yaml::read_first_node("{a: 2}\n\n  ---\n{b: 2}\n", dialect, &limits).is_ok(), fine);
    }
    assert_eq!(read("\u{feff}a: 1\n\u{feff}b: 2\n", Dialect::V3), json!({"a": 1, "\u{feff}b": 2}));
    assert_eq!(read("{a: , b: {c}}", Dialect::V3), json!({"a": "", "b": {"c": ""}}));
    assert_eq!(read("a:\nb: ~\n", Dialect::V3), json!({"a": null, "b": null}));
    // Only outermost keys become texts.
    assert_eq!(read("1.50: a\ntrue: b\n", Dialect::V3), json!({"1.50": "a", "true": "b"}));
    // Between braces a colon is quoted on the way, which makes a date a text.
    let time = "2001-12-14t21:59:43.10-05:00";
    assert_eq!(
        read(&format!("a: {time}\nb: [{time}, 2001-12-14]\n"), Dialect::V3),
        json!({"a": "2001-12-14T21:59:43.1-05:00", "b": [time, "2001-12-14T00:00:00Z"]})
    );
    // Folding changes on the way whether or not there is a tag.
    for tag in ["", "!!str ", "!x "] {
        let got = read(&format!("a: {tag}>-\n  x\n   y\n"), Dialect::V3);
        assert_eq!(got, json!({"a": "x\n\n y"}), "{tag}");
    }
    // Go does not look at the bits behind the last byte.
    assert_eq!(read("a: !!binary aGl=\n", Dialect::V3), json!({"a": "hi"}));
}

#[test]
fn scalars_of_kustomizations() {
    let cases: &[(&str, Value)] = &[
        ("yes", json!(true)),
        ("n", json!(false)),
        ("2024-01-31", json!("2024-01-31")),
        ("1:30", json!("1:30")),
        ("0o7", json!(7)),
        ("0644", json!(420)),
        ("'yes'", json!("yes")),
    ];
    for (text, wanted) in cases {
        assert_eq!(read(&format!("k: {text}\n"), Dialect::V2).get("k"), Some(wanted), "{text}");
    }
    assert_eq!(read("a: 1\na: 2\n6443: x\non: y", Dialect::V2), json!({"a": 2, "6443": "x", "true": true}));
    // Floats become keys with 32 bits.
    assert_eq!(
        read("0.1: a\n1e55: b\n7777777777777577777777: c\n03304857862029368: d\n", Dialect::V2),
        json!({"0.1": "a", ".inf": "b", "7.777778e+21": "c", "3.304858e+15": "d"})
    );
}

#[test]
fn anchors_and_merges() {
    let text = "a: &x {p: 1, q: 2}\nb: *x\nc: {<<: *x, q: 3}\nd: {<<: [{p: 5}, *x]}\n";
    let got = read(text, Dialect::V3);
    assert_eq!(
        got,
        json!({"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 2}, "c": {"p": 1, "q": 3}, "d": {"p": 5, "q": 2}})
    );
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..10 {
        let p = i - 1;
        let line = format!("a{i}: &a{i} [{}]\n", vec![format!("*a{p}"); 10].join(", "));
        bomb.push_str(&line);
    }
    assert!(matches!(yaml::read_all(&bomb, Dialect::V3), Err(crate::Error::Budget { .. })));
    // go-yaml v2 refuses earlier: when nearly all of a document comes from aliases.
    let bomb = bomb.lines().take(4).collect::<Vec<_>>().join("\n");
    assert!(yaml::read_all(&bomb, Dialect::V3).is_ok());
    let error = yaml::read_all(&bomb, Dialect::V2).unwrap_err();
    assert_eq!(error.to_string(), "yaml: document contains excessive aliasing");
    let deep = "[".repeat(200) + &"]".repeat(200);
    assert!(matches!(yaml::read_all(&deep, Dialect::V3), Err(crate::Error::Budget { .. })));
}

#[test]
fn written_as_go_yaml_v2_does() {
    let long = "word ".repeat(30);
    let value = json!({"b": ["x", {"k": "v", "l": []}], "a": {"n": "n", "e": "", "t": "a\tb", "d": "2024-01-01", "m": "a\nb\n", "k": "a\n\n",
        "s": " x", "h": "#x", "c": "a: b", "u": "🚀", "f": 100_000.5, "g": 1_000_000.5, "w": 1e3}, "z": long.trim_end()});
    let wanted = "a:\n  c: 'a: b'\n  d: \"2024-01-01\"\n  e: \"\"\n  f: 100000.5\n  g: 1.0000005e+06\n  h: '#x'\n  k: |+\n    a\n\n  m: |\n    a\n    b\n  \"n\": \"n\"\n  s: ' x'\n  t: \"a\\tb\"\n  u: \"\\U0001F680\"\n  w: 1000\nb:\n- x\n- k: v\n  l: []\nz: word word word word word word word word word word word word word word word word\n  word word word word word word word word word word word word word word\n";
    assert_eq!(yaml::write(&value), wanted);
}

#[test]
fn no_input_panics() {
    // A fixed generator: every text is built from pieces that mean something to YAML.
    let pieces = [
        "a", ": ", "- ", "\n", "  ", "{", "}", "[", "]", ",", "\"", "'", "|", ">", "#", "&x ", "*x", "!",
        "!!int ", "?", "%", "---\n", "...", "\t", "\u{e9}", "\u{feff}", "\\", "<<: ", "5", "\r\n", "\u{85}",
        "2", "-", "+",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push_str(pieces.get(usize::try_from(state % pieces.len() as u64).unwrap()).unwrap());
        }
        for dialect in [Dialect::V2, Dialect::V3] {
            if let Ok(values) = yaml::read_all(&text, dialect) {
                for value in values {
                    let written = yaml::write(&value);
                    // A string `<<` is written bare, as go-yaml does, and reads as a merge.
                    if written.contains("<<") {
                        continue;
                    }
                    let again = yaml::read_all(&written, Dialect::V2).unwrap_or_default();
                    let first = again.into_iter().next().unwrap_or(Value::Null);
                    assert_eq!(first, value, "{text:?} {written:?}");
                }
            }
        }
    }
}

#[test]
fn problems_have_the_words_of_go_yaml() {
    let head = "apiVersion: v1\nkind: Foo\nmetadata: {name: a}\n";
    for (text, message) in problems::PROBLEMS {
        let error = yaml::read_first_node(&format!("{head}{text}"), Dialect::V3, &yaml::Limits::default())
            .unwrap_err();
        assert_eq!(error.to_string(), *message, "{text:?}");
    }
}
