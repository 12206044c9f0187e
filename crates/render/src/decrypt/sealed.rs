//! Which objects of a build are encrypted, all or in part: those that phase B would decrypt. Nothing is decrypted here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sops::Format;

use super::authentic::is_disabled;

/// Whether values of an object are encrypted, and are meant to be decrypted before it is applied.
pub(crate) fn is_sealed(object: &Value) -> bool {
    if is_disabled(object) {
        return false;
    }
    let is_secret = object.get("kind").and_then(Value::as_str) == Some("Secret");
    sops::is_encrypted_object(object)
        || is_secret && (object.get("sops").is_some() || has_sealed_entry(object))
}

/// A Secret holds encrypted files as base64.
fn has_sealed_entry(object: &Value) -> bool {
    let data = object.get("data").and_then(Value::as_object).into_iter().flat_map(|data| data.values());
    data.filter_map(Value::as_str).any(|text| {
        let text: String = text.split(['\r', '\n']).collect();
        STANDARD.decode(text).is_ok_and(|bytes| Format::detect(&bytes).is_some())
    })
}
