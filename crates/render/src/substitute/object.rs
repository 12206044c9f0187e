//! One object: printed, evaluated, read again. What becomes of other objects is not known here.

use kustomize_engine::weight;
use manifest::Error;
use manifest::budget::{Budget, Exceeded};
use manifest::foreign::Foreign;
use manifest::yaml::{self, Dialect, Limits};
use serde_json::Value;

use super::error::{Cause, Problem, SubstituteError};
use super::expand::expand;
use super::identity::subject;
use super::missing;
use super::options::Options;
use super::value::Spent;
use super::variables::Variables;

/// Bytes of an object's weight that are written for one step.
const WEIGHT_PER_STEP: u64 = 256;

/// What becomes of an object that may be changed; nothing when there is nothing to do.
pub(super) fn substituted(
    object: &Value,
    variables: &Variables,
    invalid_name: Option<&str>,
    options: Options,
    budget: &Budget,
) -> Result<Option<Value>, SubstituteError> {
    let failed = |cause: Cause| SubstituteError::new(cause, variables);
    if let Some(text) = variables.missing_source() {
        return Err(failed(Cause::Source { subject: subject(object), text: text.to_owned() }));
    }
    if variables.is_empty() && !options.always {
        return Ok(None);
    }
    if let Some(name) = invalid_name {
        let name = manifest::foreign::line(name, 256).into_owned();
        return Err(failed(Cause::Name { subject: subject(object), name }));
    }
    let exceeded = |exceeded: Exceeded| failed(Cause::Exceeded { subject: subject(object), exceeded });

    let old = weight(object) as u64;
    let spent = Spent::new(budget);
    spent.charge(1 + old / WEIGHT_PER_STEP, old).map_err(exceeded)?;
    let text = yaml::write(object);
    let expanded = match expand(&text, variables, options.strict, budget) {
        Ok(expanded) => expanded,
        Err(Problem::Exceeded(reason)) => return Err(exceeded(reason)),
        Err(Problem::NotSet(names)) => {
            let missing = missing::places(object, names, variables, budget).map_err(exceeded)?;
            return Err(failed(Cause::NotSet(missing)));
        }
        Err(problem) => return Err(failed(Cause::Expression { subject: subject(object), problem })),
    };
    drop(text);
    spent.charge(0, expanded.len() as u64).map_err(exceeded)?;
    let new = read(&expanded, &spent, budget).map_err(|error| match error {
        Error::Exceeded(reason) => exceeded(reason),
        error => {
            let text = masked(&error.to_string(), variables);
            failed(Cause::Yaml { subject: subject(object), text })
        }
    })?;
    if !new.is_object() {
        return Err(failed(Cause::NotAnObject { subject: subject(object) }));
    }
    let gained = (weight(&new) as u64).saturating_sub(old);
    budget.hold(gained).map_err(exceeded)?;
    Ok(Some(new))
}

/// The first document: what follows it, the Go library does not look at.
fn read(text: &str, spent: &Spent<'_>, budget: &Budget) -> Result<Value, Error> {
    let node = yaml::read_first_node_in(text, Dialect::V2, &Limits::default(), budget)?;
    let Some(node) = node else { return Ok(Value::Null) };
    spent.charge(0, node.weight() as u64)?;
    yaml::to_value_v2(&node)
}

/// The words of the YAML reader. It quotes what it does not understand, which may be a part of a value.
fn masked(text: &str, variables: &Variables) -> String {
    if variables.secret_names().next().is_none() {
        return manifest::foreign::line(text, 1024).into_owned();
    }
    let mut masked = String::new();
    let mut rest = text;
    while let Some((before, quoted)) = rest.split_once(['\'', '"', '`']) {
        masked.push_str(before);
        masked.push_str("***");
        rest = quoted.rsplit_once(['\'', '"', '`']).map_or("", |(_, after)| after);
    }
    masked.push_str(rest);
    Foreign::new(masked).masked(&variables.secrets())
}
