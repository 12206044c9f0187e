//! HealthRules out of files.

use api::health_rule::HealthRuleSpec;
use health::Rules;
use manifest::Manifest;
use serde_json::Value;

use super::input::Document;
use crate::error::CliError;

#[cfg(test)]
mod tests;

const GROUP: &str = "flyball.dev";
const KIND: &str = "HealthRule";

/// The rules with those in the documents before them. One that cannot be used is an error.
pub(super) fn added(rules: Rules, documents: &[Document]) -> Result<Rules, CliError> {
    let specs = documents.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let (rules, results) = rules.with_health_rules(specs);
    for (document, result) in documents.iter().zip(results) {
        result.map_err(|error| CliError::input(format!("{}: {error}", document.place)))?;
    }
    Ok(rules)
}

/// Name and spec of a HealthRule.
fn read(document: &Document) -> Result<(String, HealthRuleSpec), CliError> {
    let wrong = |why: String| CliError::input(format!("{}: {why}", document.place));
    let manifest = Manifest::new(document.value.clone()).map_err(|error| wrong(error.to_string()))?;
    if manifest.gvk().group != GROUP || manifest.kind() != KIND {
        return Err(wrong(format!(
            "{} {} is no HealthRule of {GROUP}",
            manifest.api_version(),
            manifest.kind()
        )));
    }
    let Some(spec) = manifest.get(&["spec"]) else { return Err(wrong("it has no spec".to_owned())) };
    let read: HealthRuleSpec =
        serde_json::from_value(spec.clone()).map_err(|error| wrong(format!("spec: {error}")))?;
    // The API server would refuse or drop what is misspelt: here it would only do nothing.
    let written = serde_json::to_value(&read).unwrap_or_default();
    if let Some(path) = unknown(spec, &written, "spec") {
        return Err(wrong(format!("{path} is no field of a HealthRule")));
    }
    Ok((manifest.name().to_owned(), read))
}

/// The first field that is given and was not read. What is null was.
fn unknown(given: &Value, read: &Value, path: &str) -> Option<String> {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => given.iter().find_map(|(name, value)| {
            let path = format!("{path}.{name}");
            match read.get(name) {
                Some(read) => unknown(value, read, &path),
                None => (!value.is_null()).then_some(path),
            }
        }),
        (Value::Array(given), Value::Array(read)) => given
            .iter()
            .zip(read)
            .enumerate()
            .find_map(|(index, (value, read))| unknown(value, read, &format!("{path}[{index}]"))),
        _ => None,
    }
}
