//! The JSON schema of the values: types follow from defaults, unknown keys are refused.

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value, json};

use super::comments::Key;

/// The schema of a file with these keys.
pub(super) fn of(keys: &[Key]) -> Result<Value> {
    let mut root = section("");
    for key in keys {
        let schema = if key.is_section() { section(&key.description) } else { leaf(key)? };
        let (name, above) = key.path.split_last().context("a key has a name")?;
        let properties = above.iter().try_fold(&mut root, |schema, name| schema["properties"].get_mut(name));
        properties.with_context(|| key.name())?["properties"][name] = schema;
    }
    for key in keys {
        let Some(base) = &key.inherits else { continue };
        let base =
            root["properties"].get(base).with_context(|| format!("{} inherits nothing", key.name()))?;
        let name =
            key.path.first().filter(|_| key.path.len() == 1).context("only sections at the top inherit")?;
        let mut whole = inherited(base.clone());
        merge(&mut whole, &root["properties"][name]);
        root["properties"][name] = whole;
    }
    root["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    // Helm hands it to every chart that is a part of another one.
    root["properties"]["global"] =
        json!({"type": "object", "description": "Values of a chart that this one is a part of."});
    Ok(root)
}

fn section(description: &str) -> Value {
    let mut schema = json!({"type": "object", "additionalProperties": false, "properties": {}});
    if !description.is_empty() {
        schema["description"] = json!(description);
    }
    schema
}

fn leaf(key: &Key) -> Result<Value> {
    let kind = match &key.default {
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Null => bail!("{} has no value to take its type from", key.name()),
    };
    let mut schema = json!({"type": kind, "description": key.description, "default": key.default});
    for (name, value) in key.schema.iter().flatten() {
        schema[name] = value.clone();
    }
    Ok(schema)
}

/// A schema whose values may be missing, or null to take away what is set where they come from.
fn inherited(mut schema: Value) -> Value {
    let Some(map) = schema.as_object_mut() else { return schema };
    map.remove("default");
    if let Some(types) = map.get_mut("type") {
        let mut names: Vec<Value> = types.as_array().cloned().unwrap_or_else(|| vec![types.clone()]);
        names.push(json!("null"));
        *types = Value::Array(names);
    }
    if let Some(Value::Array(allowed)) = map.get_mut("enum") {
        allowed.push(Value::Null);
    }
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        let own: Map<String, Value> =
            std::mem::take(properties).into_iter().map(|(name, schema)| (name, inherited(schema))).collect();
        *properties = own;
    }
    schema
}

/// Lays one schema over another. What both have is the upper one's, but it may still be null.
fn merge(below: &mut Value, above: &Value) {
    let (Some(map), Some(over)) = (below.as_object_mut(), above.as_object()) else { return };
    for (name, value) in over {
        match (name.as_str(), map.get_mut(name)) {
            ("properties", Some(Value::Object(properties))) => {
                for (name, schema) in value.as_object().into_iter().flatten() {
                    match properties.get_mut(name) {
                        Some(present) => merge(present, schema),
                        None => {
                            properties.insert(name.clone(), schema.clone());
                        }
                    }
                }
            }
            ("type", Some(_)) => {}
            _ => {
                map.insert(name.clone(), value.clone());
            }
        }
    }
}
