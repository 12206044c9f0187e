//! A body as a JSON value, within bounds: before it is read it is counted what it would take at most.

use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// Bytes that the values of a body may take, beside its texts: those of a push with two thousand commits take ten million.
const MOST: usize = 12 << 20;
/// An object with one field takes a whole node of a tree, a list with one item has room for four.
const OBJECT: usize = 640;
const LIST: usize = 128;
/// A list may have room for twice as many items as it has. So may an object, whose fields have names besides.
const ITEM: usize = 64;
const NAME: usize = 64;

/// Why a body is no JSON object that may be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is something else, or none. What the reader says of it may quote it.
    #[error("failed to parse request body as JSON")]
    Invalid,
    /// It would take too much.
    #[error("the values of the request body would take more than {} MiB", MOST >> 20)]
    TooMany,
}

/// Reads an object. What stands behind it is nobody's, as in Flux.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, JsonError> {
    if bytes(body) > MOST {
        return Err(JsonError::TooMany);
    }
    // Nesting is bounded by the reader.
    let first = serde_json::Deserializer::from_slice(body).into_iter().next();
    first.and_then(Result::ok).ok_or(JsonError::Invalid)
}

/// What the values take at most: each mark outside of a text stands for what comes behind it.
fn bytes(body: &[u8]) -> usize {
    let (mut sum, mut in_text, mut escaped) = (ITEM, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' => sum += OBJECT,
            b'[' => sum += LIST,
            b',' => sum += ITEM,
            b':' => sum += NAME,
            _ => {}
        }
    }
    sum
}
