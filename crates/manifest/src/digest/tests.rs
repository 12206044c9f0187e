//! Digests: what they depend on, and that they stay as they are, since they are stored.

use serde_json::{Value, json};

use super::{bytes_of_hex, hex, of, sha256_hex};

#[test]
fn bytes_as_hexadecimal_digits() {
    assert_eq!(hex(&[]), "");
    assert_eq!(hex(&[0x00, 0x0f, 0xf0, 0xa9, 0xff]), "000ff0a9ff");
    assert_eq!(sha256_hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

#[test]
fn hexadecimal_digits() {
    assert_eq!(bytes_of_hex("00fFa1"), Some(vec![0, 0xff, 0xa1]));
    assert_eq!(bytes_of_hex(""), Some(vec![]));
    for wrong in ["0", "0g", "+1", "0x00", "äö"] {
        assert_eq!(bytes_of_hex(wrong), None, "{wrong}");
    }
}

#[test]
fn the_order_of_keys_does_not_count_and_that_of_items_does() {
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    let digest = |text: &str| of(&read(text));
    assert_eq!(digest(r#"{"a":1,"b":{"c":2,"d":3}}"#), digest(r#"{"b":{"d":3,"c":2},"a":1}"#));
    assert_ne!(digest("[1,2]"), digest("[2,1]"));
}

#[test]
fn different_values_differ() {
    let values = [
        json!(null),
        json!(false),
        json!(true),
        json!(0),
        json!(1),
        json!(1.5),
        json!("1"),
        json!(""),
        json!("null"),
        json!([]),
        json!({}),
        json!([null]),
        json!([[]]),
        json!([["a"], []]),
        json!([[], ["a"]]),
        json!(["a", "b"]),
        json!(["ab"]),
        json!(["a,b"]),
        json!({"a": "b"}),
        json!({"a": null}),
        json!({"": "ab"}),
        json!({"ab": ""}),
        json!(["a", {"b": 1}]),
        // Without their lengths these would run together.
        json!(["asb", "c"]),
        json!(["a", "bsc"]),
    ];
    for (i, a) in values.iter().enumerate() {
        for b in values.iter().skip(i + 1) {
            assert_ne!(of(a), of(b), "{a} {b}");
        }
    }
}

/// Digests stand in history and are compared by another version of the program.
#[test]
fn a_digest_stays_what_it_is() {
    let value = json!({"kind": "ConfigMap", "data": {"a": "x", "n": 1, "list": [true, null]}});
    insta::assert_snapshot!(hex(&of(&value)), @"a35e5c4e15c084da7fd25117661c2800");
}

#[test]
fn parts_do_not_run_together() {
    let of = |parts: &[&str]| super::of_parts(parts.iter().map(|part| part.as_bytes()));
    assert_eq!(of(&["ab", "c"]), of(&["ab", "c"]));
    assert_ne!(of(&["ab", "c"]), of(&["a", "bc"]));
    assert_ne!(of(&["ab"]), of(&["ab", ""]));
}
