//! States as they are written in the library: as CEL, or as a condition or field with the values that mean the state.

use std::fmt::Write as _;

use api::health_rule::{RuleState, StateRule};
use serde::Deserialize;

/// A state as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Written {
    state: RuleState,
    when: Option<String>,
    condition: Option<String>,
    field: Option<String>,
    is: Option<Is>,
    #[serde(default, rename = "in")]
    values: Vec<String>,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    not_reasons: Vec<String>,
    reason: Option<String>,
    message: Option<String>,
    hint: Option<String>,
}

/// What a condition's status or a boolean field is.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Is {
    Flag(bool),
    Text(String),
}

fn by_condition(state: RuleState, type_: &str, is: &str) -> Written {
    Written {
        state,
        condition: Some(type_.to_owned()),
        is: Some(Is::Text(is.to_owned())),
        ..Written::default()
    }
}

/// Ready says whether it is well.
pub(super) fn ready() -> Vec<Written> {
    vec![
        by_condition(RuleState::Healthy, "Ready", "True"),
        by_condition(RuleState::Degraded, "Ready", "False"),
    ]
}

/// As the kinds of the GitOps Toolkit.
pub(super) fn flux() -> Vec<Written> {
    let suspended = Written {
        state: RuleState::Suspended,
        field: Some("spec.suspend".to_owned()),
        is: Some(Is::Flag(true)),
        ..Written::default()
    };
    let mut states = vec![
        suspended,
        by_condition(RuleState::Degraded, "Stalled", "True"),
        by_condition(RuleState::Progressing, "Reconciling", "True"),
    ];
    states.extend(ready());
    states
}

/// A state as a HealthRule has it, and what it is seen by in few words.
pub(super) fn rule(written: Written, observed_generation: bool) -> Result<(StateRule, String), String> {
    let (when, seen, message) = match (&written.when, &written.field, &written.condition) {
        (Some(when), None, _) => {
            if written.is.is_some() || has_lists(&written) {
                return Err(
                    "when goes alone: is, in, reasons and notReasons are for condition and field".to_owned()
                );
            }
            (when.clone(), when.split_whitespace().collect::<Vec<_>>().join(" "), None)
        }
        (None, Some(field), None) => of_field(field, &written)?,
        (None, None, Some(condition)) => of_condition(condition, &written, observed_generation)?,
        _ => return Err("one of when, condition and field is needed, and no more".to_owned()),
    };
    let rule = StateRule {
        state: written.state,
        when,
        reason: written.reason,
        condition: written.condition,
        message: written.message.or(message),
        hint: written.hint,
    };
    Ok((rule, seen))
}

fn has_lists(written: &Written) -> bool {
    !(written.values.is_empty() && written.reasons.is_empty() && written.not_reasons.is_empty())
}

/// When, in few words, and what is said by default.
type Told = (String, String, Option<String>);

fn of_condition(type_: &str, written: &Written, observed_generation: bool) -> Result<Told, String> {
    let status = match &written.is {
        Some(Is::Text(status)) if ["True", "False", "Unknown"].contains(&status.as_str()) => status,
        _ => {
            return Err(
                "is has to be \"True\", \"False\" or \"Unknown\", in quotes, for a condition".to_owned()
            );
        }
    };
    if !written.values.is_empty() {
        return Err("in is for fields: a condition has reasons".to_owned());
    }
    let mut terms = vec![format!("c.type == {}", quoted(type_)), format!("c.status == {}", quoted(status))];
    let mut seen = format!("condition {type_} is {status}");
    if !written.reasons.is_empty() {
        terms.push(format!("has(c.reason) && c.reason in {}", list(&written.reasons)));
        // Writing to a String does not fail.
        write!(seen, " with reason {}", written.reasons.join(" or ")).ok();
    }
    if !written.not_reasons.is_empty() {
        terms.push(format!("!(has(c.reason) && c.reason in {})", list(&written.not_reasons)));
        write!(seen, " with another reason than {}", written.not_reasons.join(" or ")).ok();
    }
    if observed_generation {
        terms.push(
            "(!has(c.observedGeneration) || !has(metadata.generation) || c.observedGeneration >= metadata.generation)"
                .to_owned(),
        );
    }
    let when = format!("has(status.conditions) && status.conditions.exists(c, {})", terms.join(" && "));
    Ok((when, seen, None))
}

fn of_field(field: &str, written: &Written) -> Result<Told, String> {
    let path: Vec<&str> = field.split('.').collect();
    let is_name = |name: &&str| {
        let mut bytes = name.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_alphabetic())
            && bytes.all(|byte| byte.is_ascii_alphanumeric())
    };
    let (Some((name, parents)), true) = (path.split_last(), path.iter().all(is_name)) else {
        return Err(format!("field {field} is no path such as status.phase"));
    };
    if !written.reasons.is_empty() || !written.not_reasons.is_empty() {
        return Err("reasons and notReasons are for conditions: a field has in".to_owned());
    }
    if parents.is_empty() {
        return Err(format!("field {field} is a whole object: name a field below it"));
    }
    // Each parent has to be there for the next to be asked for.
    let there: Vec<String> = (2..=path.len())
        .filter_map(|end| path.get(..end))
        .map(|part| format!("has({})", part.join(".")))
        .collect();
    let there = there.join(" && ");
    match (&written.is, written.values.as_slice()) {
        (Some(Is::Flag(flag)), []) => {
            let when = format!("{there} && {field} == {flag}");
            Ok((when, format!("{field} is {flag}"), Some(quoted(&format!("{field} is {flag}")))))
        }
        (None, values @ [_, ..]) => {
            let when = format!("{there} && {field} in {}", list(values));
            let message = format!("{} + {field}", quoted(&format!("{field} is ")));
            Ok((when, format!("{field} is {}", values.join(" or ")), Some(message)))
        }
        _ => Err(format!("field {name} needs either is with true or false, or in with texts")),
    }
}

fn list(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", quoted.join(", "))
}

/// A text as CEL has it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests;
