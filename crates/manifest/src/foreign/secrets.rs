//! What is known of the values that a text must not carry: those of the object that it is about, and those of all
//! Secrets that are handled beside it. Where they stand in a text is `needles`' matter.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::cut::Topic;
use super::forms::{self, Breadth, Form};
use super::needles::{self, Needle, Needles};
use super::strip::head;
use super::words::{is_well_known_key, is_word_of_answers};
use crate::labels::KUBECTL_LAST_APPLIED;

/// A shorter value stands in every text; only its place tells it, and that is cut.
const LEAST: usize = 3;
/// Below this a value counts only by itself: `7000`, but not within `17000`.
const LEAST_WITHIN: usize = 4;
/// Values of other Secrets of the same build, and other notations of a value.
const LEAST_OF_OTHERS: usize = 6;
/// How much of a value of another Secret is kept.
const KEPT: usize = 4096;
/// How many values of other Secrets are kept.
const MOST: usize = 10_000;

/// One scalar.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Scalar {
    Text(Box<str>),
    Number(serde_json::Number),
}

/// The values of all Secrets of a build or of a process, gathered as they pass by; clones share them.
#[derive(Clone, Default)]
pub struct Values(Arc<RwLock<Kept>>);

#[derive(Default)]
struct Kept {
    scalars: HashSet<Scalar>,
    /// Made when the first text is masked, and again when values have come since.
    needles: Option<Arc<Needles>>,
}

impl Values {
    /// Remembers the values of a Secret; other objects have none. Beyond ten thousand they are masked only in texts about
    /// the Secret itself.
    pub fn gather(&self, object: &Value) {
        if !is_secret(object) {
            return;
        }
        let mut found = Vec::new();
        collect(object, &mut |scalar| found.push(shortened(scalar)));
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for scalar in found {
            if kept.scalars.len() < MOST && kept.scalars.insert(scalar) {
                kept.needles = None;
            }
        }
    }

    fn needles(&self) -> Arc<Needles> {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(needles) = &kept.needles {
            return Arc::clone(needles);
        }
        let mut needles = Needles::default();
        kept.scalars.iter().for_each(|scalar| add(scalar, Breadth::Few, &mut needles));
        let needles = Arc::new(needles.ready());
        kept.needles = Some(Arc::clone(&needles));
        needles
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner).scalars.len();
        write!(f, "Values({kept})")
    }
}

/// What is known where a text is shown. `Debug` shows no value.
#[derive(Clone, Default)]
pub struct Secrets {
    topic: Option<Topic>,
    own: Vec<Scalar>,
    /// Words that are in the text anyway: name, namespace and kind of the object.
    names: Vec<Box<str>>,
    others: Values,
}

impl Secrets {
    /// Of the object that a text is about.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
        let mut known = Self::of_kind(kind);
        for pointer in ["/metadata/name", "/metadata/namespace", "/kind", "/apiVersion"] {
            if let Some(name) = object.pointer(pointer).and_then(Value::as_str) {
                known.names.push(name.into());
            }
        }
        known.and(object)
    }

    /// Of an object of which the kind alone is known.
    #[must_use]
    pub fn of_kind(kind: &str) -> Self {
        Self { topic: Some(Topic::of_kind(kind)), ..Self::default() }
    }

    /// The same object in another state, for example the live one.
    #[must_use]
    pub fn and(mut self, object: &Value) -> Self {
        if is_secret(object) {
            collect(object, &mut |scalar| self.own.push(scalar));
        }
        self
    }

    /// And the Secrets beside it.
    #[must_use]
    pub fn beside(mut self, others: &Values) -> Self {
        self.others = others.clone();
        self
    }

    pub(super) fn topic(&self) -> Option<Topic> {
        self.topic
    }

    pub(super) fn mask(&self, text: &str, whole: bool) -> String {
        let mut own = Needles::default();
        for scalar in &self.own {
            if own.is_full() {
                break;
            }
            add(scalar, Breadth::All, &mut own);
        }
        needles::mask(text, whole, &own.ready(), &self.others.needles(), &self.names)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets")
            .field("topic", &self.topic)
            .field("own", &self.own.len())
            .field("others", &self.others)
            .finish_non_exhaustive()
    }
}

fn is_secret(object: &Value) -> bool {
    object.get("kind").and_then(Value::as_str) == Some("Secret")
}

fn shortened(scalar: Scalar) -> Scalar {
    match scalar {
        Scalar::Text(text) if text.len() > KEPT => Scalar::Text(head(&text, KEPT).into()),
        other => other,
    }
}

fn add(scalar: &Scalar, breadth: Breadth, needles: &mut Needles) {
    let plain = match scalar {
        Scalar::Text(text) => text.to_string(),
        Scalar::Number(number) => number.to_string(),
    };
    let of_others = breadth == Breadth::Few;
    let mut form = |Form { text, open }: Form| {
        // Another notation of a short value is looked for only if it is long by itself.
        let least = match breadth {
            Breadth::Few => LEAST_OF_OTHERS,
            Breadth::All if text == plain => LEAST,
            Breadth::All => LEAST_WITHIN,
        };
        if text.chars().count() < least || is_word_of_answers(&text) {
            return;
        }
        let is_word = of_others && text.len() < 10 && text.chars().all(char::is_alphabetic);
        let alone = text.len() < LEAST_WITHIN || is_word || text.len() < 8 && is_bare(&text, &plain);
        needles.add(Needle { text: text.into(), alone, open });
    };
    match scalar {
        Scalar::Text(text) => forms::of_text(text, breadth, &mut form),
        Scalar::Number(number) => forms::of_number(number, breadth, &mut form),
    }
}

/// Short notations of numbers, and of short values, stand in many words.
fn is_bare(text: &str, plain: &str) -> bool {
    text != plain && text.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Every scalar of a Secret that may be a value, wherever somebody put it.
fn collect(secret: &Value, add: &mut impl FnMut(Scalar)) {
    let Value::Object(object) = secret else { return };
    for (field, value) in object {
        match (field.as_str(), value) {
            ("apiVersion" | "kind", _) => {}
            ("metadata", Value::Object(metadata)) => of_metadata(metadata, add),
            ("type", Value::String(_)) => {}
            (_, Value::Object(data)) => of_data(data, add),
            (_, value) => all(value, add),
        }
    }
}

fn of_data(data: &serde_json::Map<String, Value>, add: &mut impl FnMut(Scalar)) {
    for (key, value) in data {
        let is_key = key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let is_empty = value.is_null() || value.as_str() == Some("");
        // What cannot be a key, or has no value, was a value in somebody's mind.
        if (!is_key || key.len() > 253 || is_empty) && !is_well_known_key(key) {
            add(Scalar::Text(key.as_str().into()));
        }
        all(value, add);
    }
}

/// kubectl's annotation holds the whole object; of others only what is no text, which the API server refuses.
fn of_metadata(metadata: &serde_json::Map<String, Value>, add: &mut impl FnMut(Scalar)) {
    for (field, value) in metadata {
        match value {
            Value::Object(map) if field == "annotations" || field == "labels" => {
                for (key, value) in map {
                    match value {
                        Value::String(text) if key == KUBECTL_LAST_APPLIED => {
                            if let Ok(applied) = serde_json::from_str::<Value>(text) {
                                collect(&applied, add);
                            }
                        }
                        Value::String(_) => {}
                        value => all(value, add),
                    }
                }
            }
            _ => {}
        }
    }
}

/// Every scalar below, and the keys of maps within.
fn all(value: &Value, add: &mut impl FnMut(Scalar)) {
    match value {
        Value::String(text) => add(Scalar::Text(text.as_str().into())),
        Value::Number(number) => add(Scalar::Number(number.clone())),
        Value::Array(items) => items.iter().for_each(|item| all(item, add)),
        Value::Object(map) => {
            for (key, value) in map {
                add(Scalar::Text(key.as_str().into()));
                all(value, add);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}
