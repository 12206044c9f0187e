//! Made-up values and nodes, written and read again; and texts that were spoilt on the way, which may be refused but end
//! nothing. `tests/fuzz_seeded.rs` does the like with texts that people wrote.

use proptest::prelude::*;
use serde_json::{Number, Value, json};

use super::STRINGS;
use crate::yaml::{
    Dialect, Limits, Map, Node, Scalar, Seq, Style, read_all, read_first_node, read_nodes, to_value_v2,
    to_value_v3, to_value_v3_direct, write, write_all, write_node,
};

/// Strings that mean something to YAML, and any others.
fn strings() -> impl Strategy<Value = String> {
    let known = prop::sample::select(STRINGS).prop_map(|(text, ..)| (*text).to_owned());
    let pieces = prop::collection::vec(
        prop::sample::select(
            &[" ", "\n", "a", ":", "#", "-", "'", "\"", "\\", "\t", ",", "5", "\u{e9}", "word "][..],
        ),
        0..24,
    );
    prop_oneof![
        3 => known,
        3 => pieces.prop_map(|pieces| pieces.concat()),
        1 => "[ -~]{0,120}",
        1 => any::<String>().prop_map(|text| text.chars().take(20).collect()),
    ]
    // A bare `<<` is a merge, which go-yaml does not keep apart either.
    .prop_filter("a merge key", |text| text != "<<")
}

fn values() -> impl Strategy<Value = Value> {
    let float = (any::<i32>(), -300..300_i32)
        .prop_map(|(mantissa, exponent)| (f64::from(mantissa) + 0.5) * 10_f64.powi(exponent))
        .prop_filter("whole floats become integers", |float| float.fract() != 0.0)
        .prop_map(|float| Number::from_f64(float).map_or(Value::Null, Value::Number));
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => float,
        6 => strings().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(strings(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Without the breaks that blocks do not keep apart.
fn folded_strings() -> impl Strategy<Value = String> {
    strings().prop_filter("rare breaks", |text| !text.contains(['\r', '\u{85}', '\u{2028}', '\u{2029}']))
}

fn nodes() -> impl Strategy<Value = Node> {
    let style = prop::sample::select(
        &[Style::Plain, Style::Single, Style::Double, Style::Literal, Style::Folded][..],
    );
    let leaf = (folded_strings(), style, any::<bool>()).prop_map(|(text, style, typed)| {
        let scalar = if typed { Scalar::string(text) } else { Scalar::untyped(text) };
        Node::Scalar(Scalar { style, ..scalar })
    });
    leaf.prop_recursive(4, 30, 5, |inner| {
        let key = folded_strings().prop_map(Scalar::string);
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), any::<bool>())
                .prop_map(|(items, flow)| Node::Seq(Seq { items, flow })),
            (prop::collection::vec((key, inner), 0..5), any::<bool>())
                .prop_map(|(entries, flow)| Node::Map(Map { entries, flow })),
        ]
    })
}

/// A text with pieces put in or taken out.
fn spoilt() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(
        &[
            "{", "}", "[", "]", ":", ": ", "- ", "\n", "  ", "\t", "&a ", "*a", "!!int ", "|", ">", "\"",
            "'", "#", "---\n", "<<: ", "\u{85}", "%",
        ][..],
    );
    let change = (any::<prop::sample::Index>(), piece, 0..4_usize);
    (values(), prop::collection::vec(change, 1..5)).prop_map(|(value, changes)| {
        let mut text: Vec<char> = write(&value).chars().collect();
        for (place, piece, removed) in changes {
            let start = place.index(text.len() + 1);
            let end = (start + removed).min(text.len());
            text.splice(start..end, piece.chars());
        }
        text.into_iter().collect()
    })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(3_000))]

    /// What is written is read as what it was, by both dialects.
    #[test]
    fn a_value_survives_writing_and_reading(value in values()) {
        prop_assume!(!value.is_null());
        let text = write(&value);
        for dialect in [Dialect::V2, Dialect::V3] {
            prop_assert_eq!(read_all(&text, dialect), Ok(vec![value.clone()]), "{:?}:\n{}", dialect, text);
        }
        prop_assert_eq!(write(&read_all(&text, Dialect::V2).unwrap_or_default().remove(0)), text);
    }

    /// A stream is read as the documents that it was made of.
    #[test]
    fn documents_do_not_run_together(values in prop::collection::vec(values(), 0..4)) {
        let values: Vec<Value> = values.into_iter().filter(|value| !value.is_null()).collect();
        let text = write_all(values.iter());
        prop_assert_eq!(read_all(&text, Dialect::V2), Ok(values), "{}", text);
    }

    /// A node's value is by definition the one that it has after writing and reading.
    #[test]
    fn a_node_is_written_as_what_its_value_says(node in nodes()) {
        if let (Node::Map(_), Ok(value)) = (&node, to_value_v3(&node)) {
            let text = write_node(&node);
            let read = read_first_node(&text, Dialect::V3, &Limits::default());
            let read = read.map(|node| node.as_ref().map(to_value_v3_direct));
            prop_assert_eq!(read, Ok(Some(Ok(value))), "{}", text);
        }
    }

    /// Texts that are nearly YAML are read or refused, twice the same, and what was read can be written.
    #[test]
    fn spoilt_texts_end_nothing(text in spoilt()) {
        for dialect in [Dialect::V2, Dialect::V3] {
            let read = read_nodes(&text, dialect, &Limits::default());
            prop_assert_eq!(&read, &read_nodes(&text, dialect, &Limits::default()));
            for node in read.unwrap_or_default() {
                let value = if dialect == Dialect::V2 { to_value_v2(&node) } else { to_value_v3(&node) };
                drop((write_node(&node), value.map(|value| write(&value))));
            }
        }
    }

    /// Neither do texts that are nothing of the kind.
    #[test]
    fn any_text_ends_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200), text in any::<String>()) {
        for text in [String::from_utf8_lossy(&bytes).into_owned(), text] {
            drop((read_all(&text, Dialect::V2), read_all(&text, Dialect::V3)));
        }
    }
}

#[test]
fn a_bare_merge_key_is_what_the_generator_leaves_out() {
    assert_eq!(write(&json!({"<<": 1})), "<<: 1\n");
    assert!(read_all("<<: 1\n", Dialect::V2).is_err());
}
