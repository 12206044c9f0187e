//! Every field of a Secret with a value of every type, in every text that may quote it: 14 places, 8 values and 10 texts,
//! beside refusals that were seen.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

use super::go::refusals;
use super::secret;
use crate::foreign::{Foreign, Secrets};

const CANARY: &str = "canary-Zx9!hunter2";
const NUMBER: i64 = 700_012_345_678;

/// Fails if the canary stands in a text in some notation.
#[track_caller]
pub(super) fn check_absent(text: &str, canary: &str, of: &str) {
    let hex: String = canary.bytes().map(|byte| format!("{byte:02x}")).collect();
    let url: String = canary
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    let json = Value::from(canary).to_string();
    let mut forms = vec![canary.to_owned(), hex.to_uppercase(), hex, url, json[1..json.len() - 1].to_owned()];
    for shift in 0..3 {
        let encoded = STANDARD_NO_PAD.encode(format!("{}{canary}", "x".repeat(shift)));
        let inner = &encoded[[0, 2, 3][shift]..encoded.len() - 1];
        forms.push(inner.to_owned());
    }
    for form in forms.iter().filter(|form| form.len() >= 4) {
        assert!(!text.contains(form.as_str()), "{form:?} stands in {text:?}, which was {of:?}");
    }
}

fn values() -> Vec<Value> {
    vec![
        json!(NUMBER),
        json!(7.000_123_456e25),
        json!(CANARY),
        json!({"deep": {"er": CANARY, "n": NUMBER}}),
        json!({CANARY: "x"}),
        json!([CANARY, NUMBER, {"a": CANARY}]),
        json!(format!("first\n{CANARY}\n\"quoted\" }} {CANARY}: end")),
        json!(true),
    ]
}

/// A Secret with a value at a place, the place's path, and the type that belongs there.
fn places(value: &Value) -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (secret(json!({"data": {"pin": value}})), "data.pin", "string"),
        (secret(json!({"stringData": {"pin": value}})), "stringData.pin", "string"),
        (secret(json!({"data": value})), "data", "map"),
        (secret(json!({"stringData": value})), "stringData", "map"),
        (secret(json!({"stringData": [{"pin": value}]})), "stringData", "map"),
        (secret(json!({"immutable": value})), "immutable", "boolean"),
        (secret(json!({"stringdata": {"pin": value}})), "stringdata", "nothing"),
        (secret(json!({"spec": {"pin": [value]}})), "spec.pin", "nothing"),
    ]
}

/// Places where a text is no value of a Secret by itself, but what stands there by mistake may be.
fn odd_places(value: &Value) -> Vec<(Value, &'static str, &'static str)> {
    vec![
        (secret(json!({"type": value})), "type", "string"),
        (secret(json!({"metadata": {"name": "n", "labels": {"a": value}}})), "metadata.labels.a", "string"),
        (
            secret(json!({"metadata": {"name": "n", "annotations": {"a": value}}})),
            "metadata.annotations.a",
            "string",
        ),
        (secret(json!({"metadata": {"name": "n", "finalizers": value}})), "metadata.finalizers", "list"),
        (secret(json!({"metadata": {"name": "n", "labels": value}})), "metadata.labels", "map"),
        (
            secret(json!({"metadata": {"name": "n", "generation": value}})),
            "metadata.generation",
            "numeric (int or float)",
        ),
    ]
}

#[test]
fn no_refusal_of_a_secret_shows_a_value() {
    let mut rows = 0;
    for value in values() {
        for (object, path, expected) in places(&value) {
            for (said, kept) in refusals(path, expected, &value) {
                let shown = Foreign::from(said.as_str()).masked(&Secrets::of(&object));
                check_absent(&shown, CANARY, &said);
                check_absent(&shown, &NUMBER.to_string(), &said);
                check_absent(&shown, "7.000123456e+25", &said);
                assert!(kept.iter().all(|kept| shown.contains(kept)), "{shown:?} of {said:?}");
                rows += 1;
            }
        }
    }
    assert!(rows >= 80, "{rows}");
}

#[test]
fn what_validation_quotes_of_other_fields_is_cut() {
    for value in values() {
        for (object, path, expected) in odd_places(&value) {
            // A webhook's own words about a label are not known to be a value; the API server's forms are.
            for (said, kept) in refusals(path, expected, &value).into_iter().take(7) {
                if said.contains('\n') && value.as_str().is_some_and(|text| text.contains('\n')) {
                    continue;
                }
                let shown = Foreign::from(said.as_str()).masked(&Secrets::of(&object));
                if !value.as_str().is_some_and(|text| text.contains('\n')) {
                    check_absent(&shown, CANARY, &said);
                    check_absent(&shown, &NUMBER.to_string(), &said);
                }
                assert!(kept.iter().all(|kept| shown.contains(kept)), "{shown:?} of {said:?}");
            }
        }
    }
}

#[test]
fn forms_are_cut_where_only_the_text_says_that_it_is_a_secret() {
    for value in [json!(NUMBER), json!(CANARY), json!({"deep": CANARY}), json!([CANARY, NUMBER])] {
        for path in ["data.pin", "stringData.pin", "type", "immutable", "metadata.labels.a"] {
            for (said, kept) in refusals(path, "string", &value).into_iter().take(7) {
                let shown = Foreign::from(format!("Secret/tenant-a/n dry-run failed: {said}")).shown();
                check_absent(&shown, CANARY, &said);
                check_absent(&shown, &NUMBER.to_string(), &said);
                assert!(kept.iter().all(|kept| shown.contains(kept)), "{shown:?} of {said:?}");
            }
        }
    }
}

/// Texts as API servers wrote them.
#[test]
fn refusals_that_were_seen() {
    let object = secret(json!({
        "type": CANARY,
        "data": {"k": CANARY, "a key": "x", "n": NUMBER},
        "stringData": {CANARY: null},
    }));
    for (said, kept) in [
        (
            "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 6",
            "illegal base64 data at input byte 6",
        ),
        (
            "Secret in version \"v1\" cannot be handled as a Secret: json: cannot unmarshal number into Go struct field Secret.data of type []uint8",
            "Secret.data of type []uint8",
        ),
        (
            "Secret \"n\" is invalid: type: Invalid value: \"canary-Zx9!hunter2\": field is immutable",
            "field is immutable",
        ),
        (
            "Secret \"n\" is invalid: data: Forbidden: field is immutable when `immutable` is set",
            "when `immutable` is set",
        ),
        (
            "Secret \"n\" is invalid: data[a key]: Invalid value: \"a key\": a valid config key must consist of alphanumeric characters",
            "a valid config key must consist",
        ),
        (
            "Secret \"n\" is invalid: data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": invalid character 'c'",
            "data[.dockerconfigjson]",
        ),
        (
            ".stringData.canary-Zx9!hunter2: expected string, got &value.valueUnstructured{Value:7}",
            "expected string, got number ***",
        ),
        (
            "Object 'Kind' is missing in '{\"data\":{\"k\":\"canary-Zx9!hunter2\"}}'",
            "Object 'Kind' is missing in",
        ),
        ("unable to decode \"{\\\"k\\\":\\\"canary-Zx9!hunter2\\\"}\": EOF", "unable to decode"),
        ("etcdserver: request is too large: 700,012,345,678", "request is too large"),
        ("policy: 7.00012345678e+11 and 0xa2fbfcb94e are not allowed", "are not allowed"),
    ] {
        let shown = Foreign::from(said).masked(&Secrets::of(&object));
        check_absent(&shown, CANARY, said);
        for number in ["700012345678", "700,012,345,678", "7.00012345678e+11", "0xa2fbfcb94e"] {
            assert!(!shown.contains(number), "{shown}");
        }
        assert!(shown.contains(kept), "{shown:?} of {said:?}");
    }
}
