//! A request that was let in: what of it an expression sees as `req`.

use serde_json::{Map, Value};

use crate::json::{self, JsonError};

/// A request that was let in.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'a> {
    /// What it is called, for logs; the sender's word.
    pub name: Option<&'a str>,
    pub(crate) content: Content<'a>,
}

/// What a body is to an expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content<'a> {
    /// No JSON.
    None,
    /// JSON that nobody has read yet.
    Text(&'a [u8]),
    /// What the body had in it.
    Read(Map<String, Value>),
}

impl Event<'_> {
    /// `req`: the body, or an empty object when it was not sent as JSON.
    ///
    /// # Errors
    /// It is no JSON object, or a very large one.
    pub fn request(&self) -> Result<Value, JsonError> {
        Ok(Value::Object(match &self.content {
            Content::None => Map::new(),
            Content::Text(text) => json::object(text)?,
            Content::Read(read) => read.clone(),
        }))
    }
}
