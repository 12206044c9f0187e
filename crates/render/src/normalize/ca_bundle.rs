//! A CustomResourceDefinition's conversion webhook whose `caBundle` holds no certificate loses it: API servers from 1.31
//! refuse it, and something in the cluster usually injects the real one. Certificates are recognised, not verified.

use serde_json::{Map, Value};

use super::secret;

/// Removes a `caBundle` that no API server would take.
pub(super) fn drop_invalid(fields: &mut Map<String, Value>) {
    let config = fields
        .get_mut("spec")
        .and_then(|spec| spec.pointer_mut("/conversion/webhook/clientConfig"))
        .and_then(Value::as_object_mut);
    let Some(config) = config else { return };
    let invalid = match config.get("caBundle") {
        Some(Value::String(bundle)) => {
            !bundle.is_empty() && !secret::decode(bundle).is_some_and(|pem| usable(&pem))
        }
        _ => false,
    };
    if invalid {
        config.remove("caBundle");
    }
}

/// Empty, or at least one PEM block of a certificate: base64 of an ASN.1 sequence.
fn usable(pem: &[u8]) -> bool {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    if pem.is_empty() {
        return true;
    }
    let text = String::from_utf8_lossy(pem);
    text.split(BEGIN).skip(1).any(|block| {
        let body: String = block
            .split(END)
            .next()
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_ascii_whitespace())
            .collect();
        block.contains(END)
            && secret::decode(&body).is_some_and(|der| der.first() == Some(&0x30) && der.len() > 32)
    })
}
