//! Values of charts: read as Helm does, merged, and written as Go would.

use manifest::budget::{Budget, Exceeded};
use manifest::yaml::{self, Dialect, Limits};
use serde_json::{Map, Number, Value};

#[cfg(test)]
mod tests;

/// Values of a chart.
pub(crate) type Values = Map<String, Value>;

/// Why a text is no YAML of the form that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum YamlError {
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Exceeded(#[from] Exceeded),
}

/// The documents of a text.
fn documents(bytes: &[u8], budget: &Budget) -> Result<Vec<Value>, YamlError> {
    let invalid = |text: String| YamlError::Invalid(format!("error converting YAML to JSON: {text}"));
    let text = std::str::from_utf8(bytes).map_err(|_| invalid("yaml: invalid UTF-8".to_owned()))?;
    let limits = Limits { bytes: text.len(), ..Limits::default() };
    let nodes = yaml::read_nodes_in(text, Dialect::V2, &limits, budget).map_err(|error| match error {
        manifest::Error::Exceeded(exceeded) => YamlError::Exceeded(exceeded),
        error => invalid(error.to_string()),
    })?;
    let weight: usize = nodes.iter().map(yaml::Node::weight).sum();
    budget.hold(weight as u64)?;
    nodes.iter().map(|node| yaml::to_value_v2(node).map_err(|error| invalid(error.to_string()))).collect()
}

/// The first document of a text; null when there is none.
pub(crate) fn first(bytes: &[u8], budget: &Budget) -> Result<Value, YamlError> {
    Ok(documents(bytes, budget)?.into_iter().next().unwrap_or(Value::Null))
}

/// The map that a document is.
fn map(value: Value) -> Result<Values, YamlError> {
    let what = match value {
        Value::Null => return Ok(Values::new()),
        Value::Object(map) => return Ok(map),
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
    };
    Err(YamlError::Invalid(format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {what} into Go value of type \
         map[string]interface {{}}"
    )))
}

/// The values of one file, of which the first document counts.
pub(crate) fn read(bytes: &[u8], budget: &Budget) -> Result<Values, YamlError> {
    map(first(bytes, budget)?)
}

/// The values of a chart, of which all documents count.
pub(crate) fn read_all(bytes: &[u8], budget: &Budget) -> Result<Values, YamlError> {
    let mut values = Values::new();
    for document in documents(bytes, budget)? {
        values = merge(values, map(document)?);
    }
    Ok(values)
}

/// Both, of which `over` wins; maps are merged.
pub(crate) fn merge(mut base: Values, over: Values) -> Values {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Object(below)), Value::Object(value)) => {
                *below = merge(std::mem::take(below), value);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
    base
}

/// As a file; no values are no text.
pub(crate) fn write(values: Values) -> String {
    if values.is_empty() { String::new() } else { yaml::write(&numbers(Value::Object(values))) }
}

/// Numbers as they are after they were floats: whole ones without a fraction, large ones rounded.
fn numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::Number(rounded(number)),
        Value::Array(items) => Value::Array(items.into_iter().map(numbers).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, numbers(value))).collect())
        }
        other => other,
    }
}

fn rounded(number: Number) -> Number {
    /// Beyond this, numbers are written with an exponent.
    const WHOLE: f64 = 9.2e18;
    let Some(float) = number.as_f64() else { return number };
    if float.fract() == 0.0 && float.abs() < WHOLE {
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
        return Number::from(float as i64);
    }
    Number::from_f64(float).unwrap_or(number)
}
