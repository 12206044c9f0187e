//! What of a value may be shown. Both sides of a difference are hidden or neither: the live value of a password says
//! nearly as much as the declared one.
//!
//! Hidden are the values of Secrets and of annotations that hold credentials or whole objects, what is known to come from
//! a Secret, and everything of an object that was decrypted. Values of other Secrets are masked where they stand in a text.

use manifest::foreign::{Foreign, Secrets, Values, line};
use manifest::labels::KUBECTL_LAST_APPLIED;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// A shorter value is recognised only where it is all of a value.
const LEAST_WITHIN: usize = 4;
/// Characters of a path that are shown.
const LONGEST_POINTER: usize = 256;

/// Annotations in which other appliers keep the whole object.
const COPIES: [&str; 3] = [KUBECTL_LAST_APPLIED, "kapp.k14s.io/original", "objectset.rio.cattle.io/applied"];
/// What names of annotations end in that hold credentials.
const CREDENTIALS: [&str; 8] =
    ["password", "passwd", "secret", "token", "credential", "credentials", "apikey", "privatekey"];

/// What of an object's values may be shown, beside what never is.
#[derive(Clone, Default)]
pub struct Masking {
    hides_all: bool,
    values: Values,
    words: Arc<[Box<str>]>,
}

impl Masking {
    /// Of an object of which nothing may be shown: its manifest was decrypted.
    #[must_use]
    pub fn hiding_all() -> Self {
        Self { hides_all: true, ..Self::default() }
    }

    /// Has the values of these Secrets masked in what is shown.
    #[must_use]
    pub fn with_values(mut self, values: &Values) -> Self {
        self.values = values.clone();
        self
    }

    /// Hides every field that one of these stands in: values of Secrets that were put into objects. Short ones count
    /// where they are all of a value.
    #[must_use]
    pub fn with_words(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.words = words.into_iter().filter(|word| !word.is_empty()).map(String::into_boxed_str).collect();
        self
    }

    /// Whether one of the words of [`with_words`](Self::with_words) stands in a value, or in a key of it.
    #[must_use]
    pub fn is_told_by(&self, value: &Value) -> bool {
        match value {
            _ if self.words.is_empty() => false,
            Value::String(text) => self.is_in(text),
            Value::Number(number) => self.is_in(&number.to_string()),
            Value::Bool(bool) => self.is_in(if *bool { "true" } else { "false" }),
            Value::Array(items) => items.iter().any(|item| self.is_told_by(item)),
            Value::Object(map) => map.iter().any(|(key, value)| self.is_in(key) || self.is_told_by(value)),
            Value::Null => false,
        }
    }

    fn is_in(&self, text: &str) -> bool {
        self.words.iter().any(|word| {
            if word.chars().count() < LEAST_WITHIN { text == &**word } else { text.contains(&**word) }
        })
    }
}

impl fmt::Debug for Masking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Masking")
            .field("hides_all", &self.hides_all)
            .field("words", &self.words.len())
            .finish_non_exhaustive()
    }
}

/// Of the objects of one build.
#[derive(Clone, Debug, Default)]
pub struct Maskings {
    usual: Masking,
    revealed: Masking,
}

impl Maskings {
    /// `secrets` are values of Secrets that were put into objects; an object that has one of `revealed` was decrypted.
    #[must_use]
    pub fn new(
        secrets: impl IntoIterator<Item = String>,
        revealed: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            usual: Masking::default().with_words(secrets),
            revealed: Masking::default().with_words(revealed),
        }
    }

    /// Of one object by its manifest, with the values of Secrets beside it.
    #[must_use]
    pub fn of(&self, manifest: &Value, values: &Values) -> Masking {
        let masking = match self.revealed.is_told_by(manifest) {
            true => Masking::hiding_all(),
            false => self.usual.clone(),
        };
        masking.with_values(values)
    }
}

/// A value as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// JSON, of at most 16 KiB.
    Json(String),
    /// It is there, and is nobody's to read.
    Hidden,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json(text) => text,
            Self::Hidden => "***",
        })
    }
}

/// How the values of one pair of objects are shown.
pub(super) struct Showing<'a> {
    masking: &'a Masking,
    is_secret: bool,
    known: Secrets,
}

impl<'a> Showing<'a> {
    /// Of an object as it should be, and as it is.
    pub(super) fn of(masking: &'a Masking, desired: &Value, live: &Value) -> Self {
        let is_secret =
            [desired, live].iter().any(|object| object.get("kind").and_then(Value::as_str) == Some("Secret"));
        let known = Secrets::of(desired).and(live).beside(&masking.values);
        Self { masking, is_secret, known }
    }

    /// Both sides of a difference at a path.
    pub(super) fn both(
        &self,
        path: &[String],
        desired: Option<&Value>,
        live: Option<&Value>,
    ) -> (Option<Shown>, Option<Shown>) {
        let told = |value: Option<&Value>| value.is_some_and(|value| self.masking.is_told_by(value));
        let hides = self.masking.hides_all || self.is_sensitive(path) || told(desired) || told(live);
        let show = |value: &Value| match hides {
            true => Shown::Hidden,
            false => Shown::Json(Foreign::new(value.to_string()).masked(&self.known)),
        };
        (desired.map(show), live.map(show))
    }

    /// A path as a JSON pointer; a key that is a Secret's value is not shown.
    pub(super) fn pointer(&self, path: &[String]) -> String {
        let segment = |segment: &String| match self.masking.is_in(segment) {
            true => "/***".to_owned(),
            false => format!("/{}", segment.replace('~', "~0").replace('/', "~1")),
        };
        line(&path.iter().map(segment).collect::<String>(), LONGEST_POINTER).into_owned()
    }

    fn is_sensitive(&self, path: &[String]) -> bool {
        let mut path = path.iter().map(String::as_str);
        match (path.next(), path.next(), path.next()) {
            (Some("metadata"), Some("annotations"), Some(key)) => is_sensitive_annotation(key),
            // A map that is compared as a whole may hold one.
            (Some("metadata"), Some("annotations") | None, None) => true,
            (Some("metadata" | "type" | "immutable"), ..) => false,
            _ => self.is_secret,
        }
    }
}

fn is_sensitive_annotation(key: &str) -> bool {
    let name: String = key.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    COPIES.contains(&key) || CREDENTIALS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests;
