//! Values that must never be seen, and the search for them in everything people and programs read: in plain, and in
//! every spelling that a program may give them on the way. What is searched is the caller's; `gather` collects it from
//! a control plane.

use std::sync::{Mutex, PoisonError};

pub mod gather;
#[cfg(test)]
mod tests;

/// Shorter values stand in innocent texts, too.
const SHORTEST: usize = 8;

/// A number shows up shortened to a mantissa; this many digits of it are no coincidence.
const MANTISSA: usize = 7;

/// Values that must not be seen, by what they are.
#[derive(Debug, Default)]
pub struct Canaries {
    known: Mutex<Vec<(String, String)>>,
}

/// A value that was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    /// What the value is.
    pub what: String,
    /// How it was spelled.
    pub form: &'static str,
    /// Where it stood.
    pub place: String,
}

impl std::fmt::Display for Leak {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} stands in {} ({})", self.what, self.place, self.form)
    }
}

/// A text that somebody may read, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Where it stands.
    pub place: String,
    /// What it says.
    pub text: String,
}

impl Text {
    /// A text of a place.
    #[must_use]
    pub fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into() }
    }
}

impl Canaries {
    /// A new value of letters and digits, which nothing else can contain.
    #[must_use]
    pub fn issue(&self, what: &str) -> String {
        let value = format!("cnry{:016x}{:08x}", rand::random::<u64>(), rand::random::<u32>());
        self.add(what, &value);
        value
    }

    /// A new value that is a number, for fields that wait for text.
    #[must_use]
    pub fn issue_number(&self, what: &str) -> u64 {
        let value = 7_000_000_000_000 + rand::random::<u64>() % 999_999_999_999;
        self.add(what, &value.to_string());
        value
    }

    /// Adds a value. One that is too short to be recognised is left out.
    pub fn add(&self, what: &str, value: &str) {
        if value.len() < SHORTEST {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.iter().any(|(_, other)| other == value) {
            known.push((what.to_owned(), value.to_owned()));
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every value in every spelling that stands in one of the texts; one leak for each value, spelling and place.
    #[must_use]
    pub fn search<'t>(&self, texts: impl IntoIterator<Item = &'t Text>) -> Vec<Leak> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let forms: Vec<_> = known.iter().map(|(what, value)| (what, forms(value))).collect();
        let mut leaks = Vec::new();
        for Text { place, text } in texts {
            for (what, forms) in &forms {
                for (form, spelled) in forms {
                    if text.contains(spelled.as_str()) {
                        leaks.push(Leak { what: (*what).clone(), form, place: place.clone() });
                    }
                }
            }
        }
        leaks.sort();
        leaks.dedup();
        leaks
    }
}

/// The spellings of a value.
fn forms(value: &str) -> Vec<(&'static str, String)> {
    let bytes = value.as_bytes();
    let joined = |each: fn(u8) -> String| bytes.iter().map(|byte| each(*byte)).collect::<String>();
    let decimal: Vec<String> = bytes.iter().map(u8::to_string).collect();
    let mut forms = vec![
        ("plain", value.to_owned()),
        ("hexadecimal", joined(|byte| format!("{byte:02x}"))),
        ("hexadecimal", joined(|byte| format!("{byte:02X}"))),
        ("escaped for URLs", joined(|byte| format!("%{byte:02X}"))),
        ("escaped for URLs", joined(|byte| format!("%{byte:02x}"))),
        ("escaped in JSON", joined(|byte| format!("\\u{byte:04x}"))),
        ("escaped as bytes", joined(|byte| format!("\\x{byte:02x}"))),
        ("as a list of bytes", decimal.join(" ")),
        ("as a list of bytes", decimal.join(",")),
    ];
    let escaped = serde_json::Value::from(value).to_string();
    if let Some(inner) = escaped.get(1..escaped.len() - 1)
        && inner != value
    {
        forms.push(("escaped in JSON", inner.to_owned()));
    }
    for (at, form) in ["base64", "base64, one byte in", "base64, two bytes in"].into_iter().enumerate() {
        let standard = aligned(&base64::engine::general_purpose::STANDARD_NO_PAD, bytes, at);
        let for_urls = aligned(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes, at);
        forms.push((form, standard));
        forms.push((form, for_urls));
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) && value.len() > MANTISSA {
        let (first, rest) = value.split_at(1);
        forms.push(("as a mantissa", format!("{first}.{}", rest.get(..MANTISSA - 1).unwrap_or(rest))));
    }
    forms.dedup();
    forms
}

/// The characters of base64 that depend on `bytes` alone when `before` bytes of something else precede them.
fn aligned(engine: &impl base64::Engine, bytes: &[u8], before: usize) -> String {
    let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
    let (from, to) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    engine.encode(&padded).get(from..to).unwrap_or_default().to_owned()
}
