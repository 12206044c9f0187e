//! A body as a JSON value, within bounds: before it is read it is counted how many values it would be at most.

use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// Values that a body may have; each takes some tens of bytes.
const MOST: usize = 200_000;

/// Why a body is no JSON object that may be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is something else, or none. What the reader says of it may quote it.
    #[error("failed to parse request body as JSON")]
    Invalid,
    /// It would take too much.
    #[error("the request body has more than {MOST} values")]
    TooMany,
}

/// Reads an object.
pub(crate) fn object(body: &[u8]) -> Result<Map<String, Value>, JsonError> {
    if values(body) > MOST {
        return Err(JsonError::TooMany);
    }
    // Nesting is bounded by the reader.
    serde_json::from_slice(body).map_err(|_| JsonError::Invalid)
}

/// How many values there are at most: one, and one more after each mark that another may follow.
fn values(body: &[u8]) -> usize {
    let (mut count, mut in_text, mut escaped) = (1, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}
