//! What was encrypted comes back, in every format.

use proptest::prelude::*;

use super::encrypt::encrypt;
use super::{Open, SEED, now};
use crate::tree::{Branch, Comment, Item, Key, Value};
use crate::{Document, Format, Limits, Verify, write};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9 _.:,#'\"-]{0,12}",
        1 => "[ \n\ta-c|>]{0,8}",
        1 => proptest::sample::select(vec!["yes", "null", "1", "1e3", "~", "<<", "=", "0x1", "2001-01-01", "[", "- a", "é😀"])
            .prop_map(str::to_owned),
        1 => any::<String>().prop_map(|text| text.chars().filter(|c| !matches!(c, '\u{feff}')).take(8).collect()),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => text().prop_map(|text| Value::str(&text)),
        1 => any::<i64>().prop_map(Value::Int),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
        1 => (-1e9..1e9f64).prop_map(Value::Float),
    ]
}

fn items(value: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Vec<Item>> {
    proptest::collection::vec(("[a-z][a-zA-Z0-9_ -]{0,6}", value), 1..5).prop_map(|entries| {
        let mut items: Vec<Item> = Vec::new();
        for (key, value) in entries {
            let key = key.trim().to_owned();
            if items.iter().all(|item| item.with_key(&key).is_none()) && key != "sops" {
                items.push(Item::Entry(Key::Text(key), value));
            }
        }
        items
    })
}

fn branch() -> impl Strategy<Value = Branch> {
    let value = scalar().prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Seq),
            items(inner).prop_map(Value::Map),
        ]
    });
    items(value.boxed())
}

fn comes_back(branch: Branch, format: Format) {
    let expected = write::write(std::slice::from_ref(&branch), format).unwrap();
    let text = write::write(&[encrypt(branch, format)], format).unwrap();
    let shown = String::from_utf8_lossy(&text).into_owned();
    let document =
        Document::read(&text, format, &Limits::default()).unwrap_or_else(|e| panic!("{e}\n{shown}"));
    let key = now(document.data_key(&[&Open])).unwrap();
    let plain = document.decrypt(&key, Verify::Required).unwrap_or_else(|e| panic!("{e}\n{shown}"));
    let plain = plain.write(format).unwrap();
    assert_eq!(String::from_utf8_lossy(&plain), String::from_utf8_lossy(&expected), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, rng_seed: SEED, ..ProptestConfig::default() })]

    #[test]
    fn json_and_yaml_keep_trees(branch in branch()) {
        comes_back(branch.clone(), Format::Json);
        comes_back(branch, Format::Yaml);
    }

    #[test]
    fn dotenv_keeps_lines(entries in proptest::collection::vec(("[A-Z_]{1,6}", "[^\\\\\0]{0,12}", "[^\n]{0,9}"), 1..6)) {
        let mut branch = Branch::new();
        for (key, value, comment) in entries {
            branch.push(Item::Comment(Comment::new(&comment, false)));
            branch.push(Item::Entry(Key::Text(key), Value::str(&value)));
        }
        comes_back(branch, Format::Dotenv);
    }

    #[test]
    fn ini_keeps_sections(sections in proptest::collection::vec(("[a-z]{1,5}", proptest::collection::btree_map("[a-z]{1,5}", "[^\0]{0,9}", 0..4)), 1..4)) {
        let sections = sections.into_iter().filter(|(name, _)| name != "sops");
        let branch = sections.map(|(name, keys)| {
            let keys = keys.into_iter().map(|(key, value)| Item::Entry(Key::Text(key), Value::str(&value)));
            Item::Entry(Key::Text(name), Value::Map(keys.collect()))
        });
        comes_back(branch.collect(), Format::Ini);
    }

    #[test]
    fn binaries_are_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let value = Value::Str(zeroize::Zeroizing::new(bytes.clone()));
        let text = write::write(&[encrypt(vec![Item::Entry(Key::Text("data".to_owned()), value)], Format::Json)], Format::Json).unwrap();
        let document = Document::read(&text, Format::Binary, &Limits::default()).unwrap();
        let key = now(document.data_key(&[&Open])).unwrap();
        let plain = document.decrypt(&key, Verify::Required).unwrap().write(Format::Binary).unwrap();
        prop_assert_eq!(&*plain, &bytes);
    }
}
