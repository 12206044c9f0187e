//! The arguments of a controller as Go's flag library reads them, with the variables that Kubernetes puts in. Which
//! flags there are is the controllers' business.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Container;

#[cfg(test)]
mod tests;

/// The arguments of a container.
#[derive(Debug, Default)]
pub(super) struct Flags {
    words: Vec<String>,
    variables: BTreeMap<String, String>,
}

/// How a flag is given.
enum Given<'a> {
    /// With an equals sign.
    Value(&'a str),
    /// Without; the word behind it is the value of one that takes a value.
    Bare(Option<&'a str>),
}

impl Flags {
    /// Those of a container that runs in `namespace`.
    pub(super) fn of(container: Option<&Container>, namespace: &str) -> Self {
        let Some(container) = container else {
            return Self::default();
        };
        let mut variables = BTreeMap::new();
        for variable in container.env.iter().flatten() {
            let field = variable.value_from.as_ref().and_then(|from| from.field_ref.as_ref());
            let value = match (&variable.value, field) {
                (Some(value), _) => value.clone(),
                (None, Some(field)) if field.field_path == "metadata.namespace" => namespace.to_owned(),
                _ => continue,
            };
            variables.insert(variable.name.clone(), value);
        }
        let words: Vec<&String> = container.command.iter().chain(&container.args).flatten().collect();
        let mut flags = Self { words: Vec::new(), variables };
        flags.words = words.into_iter().map(|word| flags.expanded(word)).collect();
        flags
    }

    /// The value that a flag has in the end: the last one given.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        match self.last(name)? {
            Given::Value(value) => Some(value),
            Given::Bare(next) => next,
        }
    }

    /// Every value that a flag of a list was given, in order; each may hold several, separated by commas.
    pub(super) fn list(&self, name: &str) -> Vec<String> {
        let mut all = Vec::new();
        for (at, word) in self.words.iter().enumerate() {
            let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { continue };
            let value = match flag.split_once('=') {
                Some((flag, value)) if flag == name => Some(value),
                None if flag == name => self.words.get(at + 1).map(String::as_str),
                _ => None,
            };
            all.extend(
                value.into_iter().flat_map(|value| value.split(',')).map(|part| part.trim().to_owned()),
            );
        }
        all.retain(|part| !part.is_empty());
        all
    }

    /// Whether a switch is on: bare, or with one of Go's words for true.
    pub(super) fn is_on(&self, name: &str) -> bool {
        match self.last(name) {
            Some(Given::Value(value)) => matches!(value, "1" | "t" | "T" | "true" | "TRUE" | "True"),
            Some(Given::Bare(_)) => true,
            None => false,
        }
    }

    /// Whether a switch that is on by itself was turned off.
    pub(super) fn is_off(&self, name: &str) -> bool {
        let off = |value| matches!(value, "0" | "f" | "F" | "false" | "FALSE" | "False");
        matches!(self.last(name), Some(Given::Value(value)) if off(value))
    }

    /// The last time that a flag is given.
    fn last(&self, name: &str) -> Option<Given<'_>> {
        let mut last = None;
        for (at, word) in self.words.iter().enumerate() {
            let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else { continue };
            match flag.split_once('=') {
                Some((flag, value)) if flag == name => last = Some(Given::Value(value)),
                None if flag == name => last = Some(Given::Bare(self.words.get(at + 1).map(String::as_str))),
                _ => {}
            }
        }
        last
    }

    /// A variable of the container.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// Puts variables in as kubelet does: `$(NAME)`, and what it does not know stays.
    fn expanded(&self, word: &str) -> String {
        self.variables
            .iter()
            .fold(word.to_owned(), |word, (name, value)| word.replace(&format!("$({name})"), value))
    }
}
