//! Secrets: `stringData` is merged into `data`, values lose line breaks. A Secret that does not fit its type stays as it
//! is, and the API server says why (contracts/kustomize-controller.md 11).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::nulls::drop_nulls;

/// Go's `base64.StdEncoding`: padded, and bits behind the last byte may be anything.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The round trip of a Secret.
pub(super) fn round_trip(fields: &mut Map<String, Value>) {
    let Some(mut data) = recoded(fields.get("data")) else { return };
    let Some(text) = encoded(fields.get("stringData")) else { return };
    data.extend(text);
    fields.remove("stringData");
    fields.remove("data");
    drop_nulls(fields);
    if !data.is_empty() {
        fields.insert("data".into(), Value::Object(data));
    }
}

/// Removes line breaks from base64 values, if all are base64.
pub(super) fn unwrap_lines(data: Option<&mut Value>) {
    let Some(data) = data else { return };
    if let Some(recoded) = recoded(Some(data)) {
        *data = Value::Object(recoded);
    }
}

/// Base64 as Go prints it; nothing when a value is none.
fn recoded(data: Option<&Value>) -> Option<Map<String, Value>> {
    map(data, |text| decode(text).map(|bytes| BASE64.encode(bytes)))
}

fn encoded(text: Option<&Value>) -> Option<Map<String, Value>> {
    map(text, |text| Some(BASE64.encode(text)))
}

fn map(value: Option<&Value>, convert: impl Fn(&str) -> Option<String>) -> Option<Map<String, Value>> {
    match value {
        None | Some(Value::Null) => Some(Map::new()),
        Some(Value::Object(entries)) => entries
            .iter()
            .map(|(key, value)| match value {
                Value::Null => Some((key.clone(), Value::from(""))),
                Value::String(text) => Some((key.clone(), convert(text)?.into())),
                _ => None,
            })
            .collect(),
        Some(_) => None,
    }
}

/// As Go decodes it: line breaks do not count.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    if text.contains(['\n', '\r']) {
        let joined: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        return BASE64.decode(joined).ok();
    }
    BASE64.decode(text).ok()
}
