//! Whatever a Secret holds and whatever quotes it: nothing of it is shown, and nothing ends in a panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::canaries::check_absent;
use super::secret;
use crate::foreign::{Foreign, Secrets, Values, is_control};

/// Values as people choose them, and worse.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9]{8,40}",
        "[!-~]{8,60}",
        "[ -~\n\t\"\\\\{}<>&%]{8,80}",
        "\\PC{8,40}",
        "[a-z]{300,900}",
    ]
    .prop_filter("has something to hide", |value| value.trim().len() >= 8 && !value.contains("***"))
}

/// What stands around a value.
fn templates() -> impl Strategy<Value = (String, String)> {
    let before = prop_oneof![
        Just(".stringData.pin: expected string, got &value.valueUnstructured{Value:\"".to_owned()),
        Just("data[pin]: Invalid value: \"".to_owned()),
        Just("denied: {\"a\": \"".to_owned()),
        Just("{[(".to_owned()),
        "[ -~]{0,20}",
        "\\PC{0,10}",
    ];
    (before, prop_oneof![Just("\"}".to_owned()), Just("\": must be".to_owned()), "[ -~]{0,20}"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_value_of_a_secret_is_shown(value in values(), (before, after) in templates(), encoding in 0..6_usize) {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let quoted = match encoding {
            0 => value.clone(),
            1 => STANDARD.encode(&value),
            2 => STANDARD.encode(format!("x{value}")),
            3 => STANDARD.encode(format!("xy{value}")),
            4 => value.bytes().map(|byte| format!("{byte:02x}")).collect(),
            _ => Value::from(value.as_str()).to_string(),
        };
        let said = format!("{before}{quoted}{after}");
        for object in [
            secret(json!({"stringData": {"pin": value}})),
            secret(json!({"data": {"pin": STANDARD.encode(&value)}})),
            secret(json!({"data": [{"pin": {"deep": value}}]})),
        ] {
            let shown = Foreign::from(said.as_str()).masked(&Secrets::of(&object));
            // A value within the words around it is no disclosure.
            if !format!("{before}|{after}").contains(value.as_str()) {
                check_absent(&shown, value.trim(), &said);
            }
        }
    }

    #[test]
    fn no_number_of_a_secret_is_shown(number in 100_000_i64..i64::MAX, (before, after) in templates()) {
        let said = format!("{before} {number} {number:#x} {} {after}", json!(number));
        let object = secret(json!({"stringData": {"pin": number}}));
        let shown = Foreign::from(said.as_str()).masked(&Secrets::of(&object));
        prop_assert!(!shown.contains(&number.to_string()), "{shown}");
    }

    #[test]
    fn any_text_is_one_that_can_be_shown(said in "\\PC{0,40}|[ -~\n{}\"\\[\\]:,&]{0,120}|(, got &|Invalid value: |://|\"|\\{|\\}|\n|: |Secret|[\\x00-\\x1f]){0,30}") {
        let text = Foreign::from(said.as_str());
        for shown in [text.shown(), text.masked(&Secrets::of_kind("Secret")), text.masked(&Secrets::of_kind("Pod"))] {
            prop_assert!(!shown.contains(|c| is_control(c) && c != '\n' && c != '\t'));
            // What was shown once is shown again as it is.
            prop_assert!(Foreign::from(shown.as_str()).shown().len() <= shown.len() + 64);
        }
    }

    #[test]
    fn words_are_found_as_if_one_looked_for_each(
        words in proptest::collection::vec("[ab]{6,9}", 1..20),
        text in "[abc]{0,60}",
    ) {
        let values = Values::default();
        for word in &words {
            values.gather(&secret(json!({"stringData": {"p": format!("{word}1")}})));
        }
        let text = text.replace('c', "1");
        let mut masked: Vec<bool> = vec![false; text.len()];
        for word in &words {
            let word = format!("{word}1");
            for (at, _) in text.char_indices().filter(|(at, _)| text[*at..].starts_with(&word)) {
                masked[at..at + word.len()].fill(true);
            }
        }
        let shown = Foreign::from(text.as_str()).masked(&Secrets::of_kind("Pod").beside(&values));
        let left: String = text.char_indices().filter(|(at, _)| !masked[*at]).map(|(_, c)| c).collect();
        prop_assert_eq!(shown.replace("***", ""), left);
    }
}
