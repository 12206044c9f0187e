//! A request that was let in: what it is called, and what of it an expression sees as `req`.

use serde_json::{Map, Value};

use crate::json::{self, JsonError};

/// What is kept of a name.
const LONGEST: usize = 100;

/// A request that was let in.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What it is called, for logs: the sender's word, in printable letters and not long.
    pub name: Option<String>,
    pub(crate) content: Content,
}

/// What a body is to an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// No JSON.
    None,
    /// JSON that nobody has read yet.
    Text,
    /// What the body had in it.
    Read(Map<String, Value>),
}

impl Event {
    /// `req`: the body, or an empty object when it was not sent as JSON. It may take some milliseconds.
    ///
    /// # Errors
    /// It is no JSON object, or a very large one.
    pub fn request(self, body: &[u8]) -> Result<Value, JsonError> {
        Ok(Value::Object(match self.content {
            Content::None => Map::new(),
            Content::Text => json::object(body)?,
            Content::Read(read) => read,
        }))
    }
}

/// A sender's word, as it may be shown.
pub(crate) fn shown(word: &[u8]) -> String {
    let letter = |byte: &u8| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '?' };
    word.iter().take(LONGEST).map(letter).collect()
}
