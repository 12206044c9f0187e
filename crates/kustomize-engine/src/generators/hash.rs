//! The name suffix of generated objects: upstream's hash over a JSON text.

use manifest::yaml::{Node, to_value_v3};
use serde_json::Value;

use crate::error::Result;
use crate::json_text;

/// The ten characters that follow the name.
pub(crate) fn name_hash(node: &Node) -> Result<String> {
    let mut json = String::new();
    match node.get("kind").and_then(Node::text) {
        Some("ConfigMap") => {
            let (data, _) = value_of(node, "data")?;
            let (binary, is_map) = value_of(node, "binaryData")?;
            json.push('{');
            if is_map {
                json.push_str("\"binaryData\":");
                json_text::push_rounded(&mut json, &binary);
                json.push(',');
            }
            json.push_str("\"data\":");
            json_text::push_rounded(&mut json, &data);
            json.push_str(",\"kind\":\"ConfigMap\",\"name\":\"\"}");
        }
        Some("Secret") => {
            let (data, _) = value_of(node, "data")?;
            let (plain, is_map) = value_of(node, "stringData")?;
            let (type_, _) = value_of(node, "type")?;
            json.push_str("{\"data\":");
            json_text::push_rounded(&mut json, &data);
            json.push_str(",\"kind\":\"Secret\",\"name\":\"\"");
            if is_map {
                json.push_str(",\"stringData\":");
                json_text::push_rounded(&mut json, &plain);
            }
            json.push_str(",\"type\":");
            json_text::push_rounded(&mut json, &type_);
            json.push('}');
        }
        _ => json_text::push_rounded(&mut json, &to_value_v3(node)?),
    }
    let hex = manifest::digest::sha256_hex(json.as_bytes());
    Ok(hex
        .chars()
        .take(10)
        .map(|c| match c {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        })
        .collect())
}

/// The value of a field as it enters the hash, and whether it is a map.
fn value_of(node: &Node, field: &str) -> Result<(Value, bool)> {
    Ok(match node.get(field) {
        None => (Value::from(""), false),
        Some(Node::Scalar(scalar)) => (Value::from(scalar.text.as_str()), false),
        Some(Node::Seq(_)) => (Value::Null, true),
        Some(map) => (to_value_v3(map)?, true),
    })
}
