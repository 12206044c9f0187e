//! What of a value may be shown. Both sides of a difference are hidden or neither: the live value of a password says
//! nearly as much as the declared one.
//!
//! Hidden are the values of Secrets, also of one that stands within another object, and of annotations that hold
//! credentials or whole objects, what is known to come from a Secret, and everything of an object that was decrypted. Values
//! of other Secrets are masked where they stand in a text.

use manifest::foreign::{Foreign, Secrets, Values, line};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A shorter value is recognised only where it is all of a value.
const LEAST_WITHIN: usize = 4;
/// Characters of a path that are shown.
const LONGEST_POINTER: usize = 256;

/// Annotations in which other appliers keep the whole object.
const COPIES: [&str; 3] =
    ["kapp.k14s.io/original", "kapp.k14s.io/original-diff", "objectset.rio.cattle.io/applied"];
/// What stands in the names of annotations in which many appliers and operators do: kubectl, Cluster API, kopf and their like.
const COPIED: [&str; 2] = ["last-applied", "last-handled"];
/// Fields of a Secret that hold values.
const VALUES: [&str; 2] = ["data", "stringData"];
/// The map of them, in the metadata of an object or of a template.
const ANNOTATIONS: &str = "annotations";
/// What stands in the place of a value that is not shown.
const MASK: &str = "***";
/// What names of annotations end in that hold credentials.
const CREDENTIALS: [&str; 8] =
    ["password", "passwd", "secret", "token", "credential", "credentials", "apikey", "privatekey"];

/// What of an object's values may be shown, beside what never is.
#[derive(Clone, Default)]
pub struct Masking {
    hides_all: bool,
    hides_removed: bool,
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
        // The space around a plain text is no part of it in YAML.
        let words = words.into_iter().filter(|word| !word.trim().is_empty());
        self.words = words.map(|word| Box::from(word.trim())).collect();
        self
    }

    /// Hides what only the live object has: who compares with a manifest that was never applied does not know whether what
    /// it takes away was encrypted before.
    #[must_use]
    pub fn hiding_removed(self) -> Self {
        Self { hides_removed: true, ..self }
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
            .field("hides_removed", &self.hides_removed)
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

    /// The same with [`Masking::hiding_removed`] for all objects.
    #[must_use]
    pub fn hiding_removed(self) -> Self {
        Self { usual: self.usual.hiding_removed(), ..self }
    }

    /// Of one object by its manifest, with the values of Secrets beside it.
    #[must_use]
    pub fn of(&self, manifest: &Value, values: &Values) -> Masking {
        let masking = match self.revealed.is_told_by(manifest) {
            true => Masking { hides_all: true, ..self.usual.clone() },
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
            Self::Hidden => MASK,
        })
    }
}

/// How the values of one pair of objects are shown.
pub(super) struct Showing<'a> {
    masking: &'a Masking,
    is_secret: bool,
    known: Secrets,
    /// As `known`, without any values.
    stranger: Secrets,
}

impl<'a> Showing<'a> {
    /// Of an object as it should be, and as it is.
    pub(super) fn of(masking: &'a Masking, desired: &Value, live: &Value) -> Self {
        let is_secret =
            [desired, live].iter().any(|object| object.get("kind").and_then(Value::as_str) == Some("Secret"));
        let known = Secrets::of(desired).and(live).beside(&masking.values);
        let kind = desired.get("kind").and_then(Value::as_str).unwrap_or_default();
        Self { masking, is_secret, known, stranger: Secrets::of_kind(kind) }
    }

    /// Both sides of a difference at a path.
    pub(super) fn both(
        &self,
        path: &[String],
        desired: Option<&Value>,
        live: Option<&Value>,
    ) -> (Option<Shown>, Option<Shown>) {
        let told = |value: Option<&Value>| value.is_some_and(|value| self.masking.is_told_by(value));
        let is_removed = desired.is_none() && live.is_some_and(|live| !live.is_boolean());
        let hides = self.masking.hides_all
            || self.masking.hides_removed && is_removed
            || self.is_sensitive(path)
            || self.is_secret && (is_copy(desired) || is_copy(live))
            || told(desired)
            || told(live);
        if hides {
            return (desired.map(|_| Shown::Hidden), live.map(|_| Shown::Hidden));
        }
        let is_annotations = path.last().is_some_and(|name| name == ANNOTATIONS);
        let text = |value: &Value| match value {
            Value::Object(annotations) if is_annotations => {
                let mut annotations = annotations.clone();
                veil_annotations(&mut annotations);
                veiled(&Value::Object(annotations)).to_string()
            }
            value => veiled(value).to_string(),
        };
        let (desired, live) = (desired.map(text), live.map(text));
        if let (Some(one), Some(other)) = (&desired, &live)
            && self.holds_value(one) != self.holds_value(other)
        {
            return (Some(Shown::Hidden), Some(Shown::Hidden));
        }
        let show = |text: String| Shown::Json(Foreign::new(text).masked(&self.known));
        (desired.map(show), live.map(show))
    }

    /// Whether a value of a Secret is masked in a text.
    fn holds_value(&self, text: &str) -> bool {
        let masked = |known| Foreign::new(text).masked(known);
        let shown = masked(&self.known);
        shown.contains(MASK) && shown != masked(&self.stranger)
    }

    /// A path as a JSON pointer; a key that is a Secret's value is not shown.
    pub(super) fn pointer(&self, path: &[String]) -> String {
        let segment = |segment: &String| match self.masking.is_in(segment) {
            true => format!("/{MASK}"),
            false => format!("/{}", segment.replace('~', "~0").replace('/', "~1")),
        };
        line(&path.iter().map(segment).collect::<String>(), LONGEST_POINTER).into_owned()
    }

    fn is_sensitive(&self, path: &[String]) -> bool {
        if path.windows(3).any(is_sensitive_at) {
            return true;
        }
        let mut path = path.iter().map(String::as_str);
        match (path.next(), path.next(), path.next()) {
            // A map that is compared as a whole may hold one.
            (Some("metadata"), Some("annotations") | None, None) => true,
            (Some("metadata" | "type" | "immutable"), ..) => false,
            _ => self.is_secret,
        }
    }
}

/// Whether a piece of a path leads to an annotation that holds credentials or a whole object: also one of a template.
fn is_sensitive_at(piece: &[String]) -> bool {
    let [metadata, annotations, key] = piece else { return false };
    metadata == "metadata" && annotations == ANNOTATIONS && is_sensitive_annotation(key)
}

/// Whether an annotation of a Secret may hold the Secret, whoever put it there.
fn is_copy(value: Option<&Value>) -> bool {
    value.and_then(Value::as_str).is_some_and(|text| text.trim_start().starts_with(['{', '[']))
}

/// Whether a map that stands somewhere within an object is a Secret, and no reference to one.
pub(super) fn is_secret_within(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str) == Some("Secret")
        && VALUES.iter().any(|field| value.get(field).is_some())
}

/// Whether a field of a Secret holds values.
pub(super) fn holds_values(field: &str) -> bool {
    VALUES.contains(&field)
}

/// A value without the values of Secrets and of sensitive annotations that stand within it: operators have fields for whole
/// manifests, and workloads have templates.
#[must_use]
pub fn veiled(value: &Value) -> Cow<'_, Value> {
    if !has_secret(value) {
        return Cow::Borrowed(value);
    }
    let mut copy = value.clone();
    veil(&mut copy);
    Cow::Owned(copy)
}

fn has_secret(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_secret),
        Value::Object(map) => {
            let annotations = map.get(ANNOTATIONS).and_then(Value::as_object);
            let is_sensitive = |map: &Map<String, Value>| map.keys().any(|key| is_sensitive_annotation(key));
            is_secret_within(value) || annotations.is_some_and(is_sensitive) || map.values().any(has_secret)
        }
        _ => false,
    }
}

fn veil_annotations(annotations: &mut Map<String, Value>) {
    let sensitive = annotations.iter_mut().filter(|(key, _)| is_sensitive_annotation(key));
    sensitive.for_each(|(_, value)| *value = Value::from(MASK));
}

fn veil(value: &mut Value) {
    let is_secret = is_secret_within(value);
    match value {
        Value::Array(items) => items.iter_mut().for_each(veil),
        Value::Object(map) => {
            for (name, value) in map {
                match value {
                    Value::Object(values) if is_secret && holds_values(name) => {
                        values.values_mut().for_each(|value| *value = Value::from(MASK));
                    }
                    value if is_secret && holds_values(name) => *value = Value::from(MASK),
                    Value::Object(annotations) if name == ANNOTATIONS => {
                        veil_annotations(annotations);
                        annotations.values_mut().for_each(veil);
                    }
                    value => veil(value),
                }
            }
        }
        _ => {}
    }
}

fn is_sensitive_annotation(key: &str) -> bool {
    let name: String = key.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    COPIES.contains(&key)
        || COPIED.iter().any(|copied| key.contains(copied))
        || CREDENTIALS.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests;
