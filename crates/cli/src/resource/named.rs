//! What was typed to name an object: `KIND/NAME`, `KIND NAME`, or `KIND/NAMESPACE/NAME` as our own messages have it.

use crate::error::CliError;

#[cfg(test)]
mod tests;

/// An object as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Kind, plural, singular or short name, perhaps with group or version and group: `deployments.v1.apps`.
    pub(crate) kind: String,
    /// Namespace, where it was typed in front of the name.
    pub(crate) namespace: Option<String>,
    /// Name.
    pub(crate) name: String,
}

impl Named {
    /// Reads one or two words.
    pub(crate) fn read(words: &[String]) -> Result<Self, CliError> {
        let wrong = || {
            let typed = words.join(" ");
            CliError::usage(format!("'{typed}' does not name an object"))
                .with_hints(["type KIND/NAME or KIND NAME, for example kustomization/apps".to_owned()])
        };
        let parts: Vec<&str> = match words {
            [one] => one.split('/').collect(),
            [kind, name] if !kind.contains('/') => {
                std::iter::once(kind.as_str()).chain(name.split('/')).collect()
            }
            _ => return Err(wrong()),
        };
        let (kind, namespace, name) = match parts.as_slice() {
            [kind, name] => (kind, None, name),
            [kind, namespace, name] => (kind, Some(namespace), name),
            _ => return Err(wrong()),
        };
        if kind.is_empty() || name.is_empty() || namespace.is_some_and(|namespace| namespace.is_empty()) {
            return Err(wrong());
        }
        for part in [Some(name), namespace].into_iter().flatten() {
            manifest::check_segment("name", part).map_err(|error| CliError::usage(error.to_string()))?;
        }
        Ok(Self {
            kind: (*kind).to_owned(),
            namespace: namespace.map(|namespace| (*namespace).to_owned()),
            name: (*name).to_owned(),
        })
    }
}
