//! What can be done to a request.

use std::time::Duration;

/// What is done to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It reaches the server so much later.
    Delay(Duration),
    /// It does not reach the server, which answers nothing for as long as the other side waits.
    Hold,
    /// It does not reach the server: the connection breaks.
    Break,
    /// The server carries it out; the connection breaks before anybody hears of it.
    LoseAnswer,
    /// The server carries it out; the connection breaks after the first half of the answer's body.
    Truncate,
    /// The server carries it out; the answer's body comes in so many pieces, with a pause after each.
    Slow(u32, Duration),
    /// It does not reach the server: it is refused.
    Refuse {
        /// The HTTP code.
        code: u16,
        /// `Status.reason`.
        reason: &'static str,
        /// `Status.message`.
        message: &'static str,
        /// Seconds of a `Retry-After` header.
        retry_after: Option<u32>,
    },
}

impl Fault {
    /// A refusal without `Retry-After`.
    #[must_use]
    pub const fn refuse(code: u16, reason: &'static str, message: &'static str) -> Self {
        Self::Refuse { code, reason, message, retry_after: None }
    }
}
