//! Variables and where they come from. They are fetched elsewhere.

use std::collections::BTreeMap;
use std::fmt;

use manifest::foreign::Secrets;
use serde_json::{Map, Value, json};

/// Where values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A ConfigMap's `data`.
    ConfigMap,
    /// A Secret's `data`, decoded.
    Secret,
    /// `spec.postBuild.substitute`.
    Inline,
}

/// What `${…}` stands for. `Debug` shows no value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables {
    variables: BTreeMap<String, Variable>,
    not_found: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
struct Variable {
    /// A Secret may hold anything.
    value: Vec<u8>,
    is_secret: bool,
}

impl Variables {
    /// Adds the values of one source, which override those of earlier ones: those of `substituteFrom` come in order, and
    /// inline ones last. Line breaks are taken out of all values.
    pub fn add<N: Into<String>, V: Into<Vec<u8>>>(
        &mut self,
        origin: Origin,
        data: impl IntoIterator<Item = (N, V)>,
    ) {
        for (name, value) in data {
            let mut value = value.into();
            value.retain(|byte| *byte != b'\n');
            self.variables.insert(name.into(), Variable { value, is_secret: origin == Origin::Secret });
        }
    }

    /// Remembers that a source is not there and not optional. The first one is told for the first object that needs
    /// variables, so it is no error when there is none.
    pub fn not_found(&mut self, origin: Origin, name: &str) {
        let (kind, plural) = match origin {
            Origin::ConfigMap => ("ConfigMap", "configmaps"),
            Origin::Secret => ("Secret", "secrets"),
            Origin::Inline => return,
        };
        let text = format!("substitute from '{kind}/{name}' error: {plural} \"{name}\" not found");
        self.not_found.get_or_insert(text);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty()
    }

    /// The values that came from Secrets, as a Secret; `None` if there are none.
    #[must_use]
    pub fn secret_values(&self) -> Option<Value> {
        self.variables.values().any(|variable| variable.is_secret).then(|| self.as_secret())
    }

    /// The values that came from Secrets, for masking them in texts about the objects that they went into.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        Secrets::default().and(&self.as_secret())
    }

    /// The same as a Secret, for [`manifest::foreign::Values::gather`].
    #[must_use]
    pub fn as_secret(&self) -> Value {
        let secret = self.variables.iter().filter(|(_, variable)| variable.is_secret);
        let data: Map<String, Value> = secret
            .map(|(name, variable)| (name.clone(), String::from_utf8_lossy(&variable.value).into()))
            .collect();
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "variables"}, "stringData": data})
    }

    pub(super) fn missing_source(&self) -> Option<&str> {
        self.not_found.as_deref()
    }

    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.variables.get(name).map(|variable| &*variable.value)
    }

    pub(super) fn secret_names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().filter(|(_, variable)| variable.is_secret).map(|(name, _)| &**name)
    }

    /// The first name that no expression can have.
    pub(super) fn invalid_name(&self) -> Option<&str> {
        let is_valid = |name: &str| {
            !name.starts_with(|first: char| first.is_ascii_digit())
                && !name.is_empty()
                && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        };
        self.variables.keys().map(String::as_str).find(|name| !is_valid(name))
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}
