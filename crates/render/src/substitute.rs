//! Post-build substitution: `${…}` in the text of each object (contracts/kustomize-controller.md 10). Where the variables
//! come from is the caller's; they come in as one [`Variables`].
//!
//! ```text
//! object ──▶ YAML as sigs.k8s.io/yaml prints it ──▶ parse ──▶ evaluate ──▶ YAML ──▶ object
//! ```
//!
//! So a value that looks like a number becomes one, as it does for Flux. A `${…}` that cannot be evaluated ends the work
//! with the error of the first object that has one; only variables that are not set are looked for in all objects.

mod error;
mod expand;
mod expression;
mod glob;
mod identity;
mod missing;
mod object;
mod options;
mod value;
mod variables;

use manifest::budget::Budget;
use manifest::labels::{DISABLED, SUBSTITUTE};
use serde_json::Value;

pub use error::{Cause, Missing, Problem, SubstituteError};
#[cfg(test)]
pub(crate) use expand::expand;
use identity::Identities;
pub(crate) use identity::subject;
pub(crate) use options::Options;
pub use variables::{Origin, Variables};

/// Variables that are not set, of which an error tells at most.
const MOST_MISSING: usize = 1_000;

/// The objects of a build with all expressions evaluated, in the same order. Work is charged to the budget before it is
/// done; of what is held, the weight that the objects gained stays held.
///
/// # Errors
/// With the cause that ended the work, in Flux's words.
pub(crate) fn substitute_objects(
    objects: Vec<Value>,
    variables: &Variables,
    options: Options,
    budget: &Budget,
) -> Result<Vec<Value>, SubstituteError> {
    let mut objects = objects;
    let mut identities = Identities::new(&objects);
    let invalid_name = variables.invalid_name();
    let mut not_set: Vec<Missing> = Vec::new();
    for (index, object) in objects.iter_mut().enumerate() {
        if is_disabled(object) {
            continue;
        }
        if not_set.len() >= MOST_MISSING {
            break;
        }
        let new = match object::substituted(object, variables, invalid_name, options, budget) {
            Ok(Some(new)) => new,
            Ok(None) => continue,
            Err(SubstituteError { cause: Cause::NotSet(missing), .. }) => {
                not_set.extend(missing);
                not_set.truncate(MOST_MISSING);
                continue;
            }
            // Work that was stopped has looked at too little to tell what is not set.
            Err(error) if not_set.is_empty() || error.exceeded().is_some() => return Err(error),
            Err(_) => continue,
        };
        if !not_set.is_empty() {
            continue;
        }
        let matched = identities.change(index, &new);
        if matched != 1 {
            return Err(SubstituteError::new(Cause::Twice { matched }, variables));
        }
        *object = new;
    }
    if not_set.is_empty() {
        Ok(objects)
    } else {
        Err(SubstituteError::new(Cause::NotSet(not_set), variables))
    }
}

/// A label or an annotation takes an object out. Unlike with other marks, the case counts.
fn is_disabled(object: &Value) -> bool {
    let mark = |map: &str| object.get("metadata").and_then(|metadata| metadata.get(map)?.get(SUBSTITUTE));
    ["labels", "annotations"].into_iter().any(|map| mark(map).and_then(Value::as_str) == Some(DISABLED))
}

#[cfg(test)]
mod tests;
