//! Which documents upstream's Go types take as definitions (`common.OpenAPIDefinition` and `spec.Schema` of kube-openapi).
//! What the definitions say is not looked at here: a field either has the type that Go wants, or the file is refused, as
//! for example the manifest of a `CustomResourceDefinition` is.

use serde_json::{Map, Value};

use crate::decode::json_kind;
use crate::error::{Error, Result};

/// Schemas within each other.
const DEPTH: usize = 128;

/// Checks a map of definitions. Nothing at all is one, too.
pub(super) fn check(document: &Value) -> Result<()> {
    let definitions = map(document, "a map of definitions")?;
    for definition in definitions.into_iter().flat_map(Map::values) {
        for (field, value) in map(definition, "a definition")?.into_iter().flatten() {
            if field.eq_ignore_ascii_case("schema") {
                schema(value, DEPTH)?;
            } else if field.eq_ignore_ascii_case("dependencies") && !(value.is_array() || value.is_null()) {
                return Err(wrong(value, "a list of dependencies"));
            }
        }
    }
    Ok(())
}

fn schema(value: &Value, depth: usize) -> Result<()> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Error::Budget { what: "nested schemas", limit: DEPTH });
    };
    for (field, value) in map(value, "a schema")?.into_iter().flatten() {
        let fits = match field.as_str() {
            "id" | "description" | "format" | "title" | "pattern" | "discriminator" => value.is_string(),
            "nullable" | "exclusiveMaximum" | "exclusiveMinimum" | "uniqueItems" | "readOnly" => {
                value.is_boolean()
            }
            "maximum" | "minimum" | "multipleOf" => value.is_number(),
            "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties" | "minProperties" => {
                value.is_i64()
            }
            "enum" => value.is_array(),
            "externalDocs" => value.is_object(),
            "type" => value.is_string() || texts(value).is_ok(),
            "required" => texts(value).is_ok(),
            "properties" | "patternProperties" | "definitions" => {
                map(value, "a map of schemas")?
                    .into_iter()
                    .flat_map(Map::values)
                    .try_for_each(|value| schema(value, depth))?;
                true
            }
            "allOf" | "anyOf" | "oneOf" => {
                let schemas = value.as_array();
                schemas.into_iter().flatten().try_for_each(|value| schema(value, depth))?;
                schemas.is_some()
            }
            "not" => {
                schema(value, depth)?;
                true
            }
            "additionalProperties" | "additionalItems" if value.is_object() => {
                schema(value, depth)?;
                true
            }
            "additionalProperties" | "additionalItems" => value.is_boolean(),
            "items" => {
                let several = value.as_array().into_iter().flatten();
                several
                    .chain(Some(value).filter(|value| value.is_object()))
                    .try_for_each(|value| schema(value, depth))?;
                true
            }
            "dependencies" => value.is_object(),
            _ => true,
        };
        if !fits && !value.is_null() {
            return Err(wrong(value, &format!("field {field} of a schema")));
        }
    }
    Ok(())
}

fn map<'a>(value: &'a Value, wanted: &str) -> Result<Option<&'a Map<String, Value>>> {
    match value {
        Value::Null => Ok(None),
        Value::Object(map) => Ok(Some(map)),
        other => Err(wrong(other, wanted)),
    }
}

fn texts(value: &Value) -> Result<()> {
    match value {
        Value::Null => Ok(()),
        Value::Array(items) if items.iter().all(|item| item.is_string() || item.is_null()) => Ok(()),
        other => Err(wrong(other, "a list of strings")),
    }
}

fn wrong(value: &Value, wanted: &str) -> Error {
    Error::input(format!("json: cannot unmarshal {} into {wanted}", json_kind(value)))
}
