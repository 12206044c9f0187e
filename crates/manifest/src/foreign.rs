//! Text that somebody else made: answers of API servers, admission webhooks, Git and HTTP servers, status messages of
//! objects, names of field managers. A [`Foreign`] does not show itself; what comes out of it is bounded, has no control
//! characters, no credentials in URLs, and no values of Secrets.
//!
//! Values are masked in two ways, because each has gaps. By knowledge: whoever has the object says what its values are
//! ([`Secrets`]), and every notation of them that a program may print goes. By form: the places where Kubernetes prints
//! a value (`got …`, `Invalid value: …`) are cut where the object is a Secret, and where what is cut may be the value of
//! an environment variable or of a ConfigMap. What a text means is not decided here.
//!
//! ```
//! use manifest::foreign::{Foreign, Secrets};
//! let secret = serde_json::json!({"kind": "Secret", "stringData": {"pin": 70001234}});
//! let said = Foreign::new(".stringData.pin: expected string, got &value.valueUnstructured{Value:70001234}");
//! assert_eq!(said.masked(&Secrets::of(&secret)), ".stringData.pin: expected string, got number ***");
//! let said = Foreign::new("the webhook dislikes 7.0001234e+07");
//! assert_eq!(said.masked(&Secrets::of(&secret)), "the webhook dislikes ***");
//! ```

mod cut;
mod forms;
mod go_value;
mod needles;
mod secrets;
mod strip;
mod url;
mod words;

use std::fmt;

pub use cut::Topic;
pub use secrets::{Secrets, Values};
use strip::head;
pub use strip::{is_control, line, without_controls};
pub use url::without_credentials;

/// How many bytes of a text are looked at. API servers say less, and what follows is not shown.
const LOOKED_AT: usize = 64 * 1024;
/// How many bytes of a text are shown: half of what a condition's message may have.
const SHOWN: usize = 16 * 1024;

/// A text that somebody else made. It can be asked, but not printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Foreign(Box<str>);

impl Foreign {
    /// Takes a text over.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// Whether the words stand in it, as they were said.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        self.0.contains(words)
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For decisions that need the words as they were said. What is taken out by this is not to be shown.
    pub fn judged_by<T>(&self, judge: impl FnOnce(&str) -> T) -> T {
        judge(&self.0)
    }

    /// The text where nothing is known of the object that it is about but what it says itself.
    #[must_use]
    pub fn shown(&self) -> String {
        publish(&self.0, None)
    }

    /// The text about an object of which something is known.
    #[must_use]
    pub fn masked(&self, known: &Secrets) -> String {
        publish(&self.0, Some(known))
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Foreign({} bytes)", self.0.len())
    }
}

impl From<String> for Foreign {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Foreign {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

/// The one road out. Cutting comes before masking, because it tells the type of a value by its form; URLs come last,
/// because a value of a Secret may be one.
fn publish(text: &str, known: Option<&Secrets>) -> String {
    let whole = text.len() <= LOOKED_AT;
    let text = without_controls(head(text, LOOKED_AT));
    let text = cut::cut(&text, known.and_then(Secrets::topic));
    let text = match known {
        Some(known) => known.mask(&text, whole),
        None => text.into_owned(),
    };
    let text = without_credentials(&text);
    if text.len() <= SHOWN {
        return text.into_owned();
    }
    format!("{}…", head(&text, SHOWN))
}

#[cfg(test)]
mod tests;
