//! That a canary is found in whatever spelling it comes, and nothing else is.

use base64::Engine as _;

use super::{Canaries, Text};

const VALUE: &str = "s3cr3t\"Zahl/+42";

#[track_caller]
fn found(text: &str) -> Vec<&'static str> {
    let canaries = Canaries::default();
    canaries.add("a password", VALUE);
    canaries.search(&[Text::new("a log", text)]).into_iter().map(|leak| leak.form).collect()
}

#[test]
fn every_spelling_is_found() {
    let bytes = VALUE.as_bytes();
    let each = |spell: fn(&u8) -> String| bytes.iter().map(spell).collect::<String>();
    assert_eq!(found(&format!("got <{VALUE}>")), ["plain"]);
    assert_eq!(found(&format!("x{}x", each(|byte| format!("{byte:02x}")))), ["hexadecimal"]);
    assert_eq!(found(&format!("/a?b={}&", each(|byte| format!("%{byte:02X}")))), ["escaped for URLs"]);
    assert_eq!(found(&serde_json::json!({ "a": VALUE }).to_string()), ["escaped in JSON"]);
    assert_eq!(found(&each(|byte| format!("\\u{byte:04x}"))), ["escaped in JSON"]);
    let list: Vec<String> = bytes.iter().map(u8::to_string).collect();
    assert_eq!(found(&format!("[{}]", list.join(" "))), ["as a list of bytes"]);
}

#[test]
fn base64_is_found_wherever_it_begins_and_ends() {
    let engine = base64::engine::general_purpose::STANDARD;
    for (before, form) in ["base64", "base64, one byte in", "base64, two bytes in"].into_iter().enumerate() {
        for after in 0..3 {
            let text = format!("{}{VALUE}{}", "user:".repeat(3).split_at(before).0, "~".repeat(after));
            assert_eq!(found(&engine.encode(&text)), [form], "{text}");
        }
    }
}

#[test]
fn numbers_are_found_when_they_are_shortened() {
    let canaries = Canaries::default();
    let number = canaries.issue_number("a pin");
    #[expect(clippy::cast_precision_loss, reason = "that is what is tried")]
    let rounded = format!("Value:{:.9e}", number as f64);
    let leaks = canaries.search(&[Text::new("a condition", rounded)]);
    assert_eq!(leaks.len(), 1);
    assert_eq!(leaks[0].to_string(), "a pin stands in a condition (as a mantissa)");
}

#[test]
fn innocent_texts_are_left_in_peace() {
    assert_eq!(found("Applied revision: main@sha1:0123456789abcdef"), Vec::<&str>::new());
    let canaries = Canaries::default();
    canaries.add("too short", "value");
    assert!(canaries.is_empty());
    let value = canaries.issue("a token");
    canaries.add("the same", &value);
    assert_eq!(canaries.len(), 1);
    assert_eq!(canaries.search(&[Text::new("a", "b"), Text::new("c", format!("<{value}>"))]).len(), 1);
}
