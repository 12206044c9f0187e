//! Tests of single values.

use super::Cipher;
use crate::tree::Value;
use crate::{DataKey, ValueError};

fn cipher() -> Cipher {
    Cipher::new(&DataKey::new(&[7; 32]).unwrap())
}

fn open(text: &str, path: &str) -> Result<Value, ValueError> {
    cipher().open(text.as_bytes(), path)
}

fn seal(plain: &str, kind: &str) -> String {
    cipher().seal(plain.as_bytes(), kind, "a:b:", [3; 32])
}

fn check(plain: &str, kind: &str, expected: &str) {
    let shown = match open(&seal(plain, kind), "a:b:") {
        Ok(Value::Str(text)) => format!("str {}", String::from_utf8_lossy(&text)),
        Ok(Value::Bytes(text)) => format!("bytes {}", String::from_utf8_lossy(&text)),
        Ok(Value::Comment(comment)) => format!("comment {}", String::from_utf8_lossy(&comment.text)),
        Ok(Value::Int(int)) => format!("int {int}"),
        Ok(Value::Float(float)) => format!("float {float}"),
        Ok(Value::Bool(value)) => format!("bool {value}"),
        Ok(Value::Time(time)) => format!("time {time}"),
        Ok(other) => format!("{other:?}"),
        Err(error) => error.to_string(),
    };
    assert_eq!(shown, expected);
}

#[test]
fn values_have_the_type_they_had() {
    check("x", "str", "str x");
    check("-12", "int", "int -12");
    check("1.50", "float", "float 1.5");
    check("True", "bool", "bool true");
    check("0", "bool", "bool false");
    check("2001-02-03T04:05:06Z", "time", "time 2001-02-03T04:05:06Z");
    check(" c", "comment", "comment  c");
    check("b", "bytes", "bytes b");
    check("x", "int", "the decrypted value is not of its type");
    check("x", "thing", "Unknown datatype");
}

#[test]
fn an_empty_text_stands_for_itself() {
    assert!(matches!(open("", "a:b:"), Ok(Value::Str(text)) if text.is_empty()));
}

#[test]
fn a_value_is_bound_to_its_path_and_its_tag() {
    let text = seal("x", "str");
    assert!(open(&text, "a:b:").is_ok());
    assert!(matches!(open(&text, "a:c:"), Err(ValueError::Authentication)));
    let other = Cipher::new(&DataKey::new(&[8; 32]).unwrap());
    assert!(matches!(other.open(text.as_bytes(), "a:b:"), Err(ValueError::Authentication)));
}

#[test]
fn what_is_not_in_the_form_is_refused() {
    for text in [
        "x",
        "ENC[AES256_GCM]",
        "ENC[AES256_GCM,data:,iv:A,tag:A,type:str]",
        "ENC[AES256_GCM,data:AA==,iv:AA==",
    ] {
        assert!(matches!(open(text, ""), Err(ValueError::Form)), "{text}");
    }
    assert!(matches!(
        open("ENC[AES256_GCM,data:%,iv:AA==,tag:AA==,type:str]", ""),
        Err(ValueError::Base64("data"))
    ));
    assert!(matches!(
        open("ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]", ""),
        Err(ValueError::Sizes)
    ));
}

#[test]
fn what_follows_the_bracket_does_not_count() {
    assert!(open(&(seal("x", "str") + " tail"), "a:b:").is_ok());
    assert!(open(&(seal("x", "str") + "\ntail"), "a:b:").is_ok());
}
