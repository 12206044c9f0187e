//! What decryption reveals outside of Secrets, for masking: the plain values that stand where something encrypted stood.

use serde_json::{Map, Value};

/// How a value looks that is encrypted.
const MARK: &str = "ENC[AES256_GCM,";

/// Collects what stands where something encrypted stood. Neither goes deeper than `sops` allows.
pub(super) fn reveal(encrypted: &Value, plain: &Value, revealed: &mut Map<String, Value>) {
    match (encrypted, plain) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in after {
                if let Some(encrypted) = before.get(name) {
                    reveal(encrypted, value, revealed);
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            before.iter().zip(after).for_each(|(before, after)| reveal(before, after, revealed));
        }
        (Value::String(before), after) if before.starts_with(MARK) => {
            let text = after.as_str().map_or_else(|| after.to_string(), str::to_owned);
            revealed.insert(revealed.len().to_string(), text.into());
        }
        _ => {}
    }
}
