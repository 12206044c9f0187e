//! In which field of an object a variable is missing. It looks only at objects that have already failed.

use std::collections::HashMap;

use manifest::budget::{Budget, Exceeded};
use serde_json::Value;

use super::error::{Missing, Problem};
use super::expand::expand;
use super::identity::subject;
use super::variables::Variables;

/// The first place of each of these variables, in their order.
pub(super) fn places(
    object: &Value,
    names: Vec<String>,
    variables: &Variables,
    budget: &Budget,
) -> Result<Vec<Missing>, Exceeded> {
    let mut search = Search { variables, budget, path: String::new(), places: HashMap::new() };
    search.value(object)?;
    let subject = subject(object);
    let place =
        |name: String| Missing { subject: subject.clone(), path: search.places.get(&name).cloned(), name };
    Ok(names.into_iter().map(place).collect())
}

struct Search<'a> {
    variables: &'a Variables,
    budget: &'a Budget,
    path: String,
    places: HashMap<String, String>,
}

impl Search<'_> {
    fn value(&mut self, value: &Value) -> Result<(), Exceeded> {
        self.budget.step(1)?;
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(&format!("[{index}]"), |search| search.value(item))?;
                }
                Ok(())
            }
            Value::Object(map) => {
                for (key, value) in map {
                    let is_plain =
                        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$' | '{' | '}');
                    let step = match key.chars().all(is_plain) && !key.is_empty() {
                        true if self.path.is_empty() => key.clone(),
                        true => format!(".{key}"),
                        false => format!("[{:?}]", manifest::foreign::line(key, 256)),
                    };
                    self.below(&step, |search| {
                        search.text(key)?;
                        search.value(value)
                    })?;
                }
                Ok(())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    fn below(
        &mut self,
        step: &str,
        look: impl FnOnce(&mut Self) -> Result<(), Exceeded>,
    ) -> Result<(), Exceeded> {
        let length = self.path.len();
        self.path.push_str(step);
        look(self)?;
        self.path.truncate(length);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Exceeded> {
        if !text.contains("${") {
            return Ok(());
        }
        match expand(text, self.variables, true, self.budget) {
            Err(Problem::NotSet(names)) => {
                for name in names {
                    self.places.entry(name).or_insert_with(|| self.path.clone());
                }
                Ok(())
            }
            Err(Problem::Exceeded(exceeded)) => Err(exceeded),
            // A part of an expression that goes on in another field.
            _ => Ok(()),
        }
    }
}
