//! A token that requests prove to know. It is overwritten when it is dropped, and does not show itself.

use std::fmt;

use zeroize::Zeroizing;

/// The content of a Secret's key.
#[derive(Clone)]
pub(crate) struct Token(Zeroizing<Vec<u8>>);

impl Token {
    /// Takes the bytes over; none of an empty token, which everybody knows.
    pub(crate) fn new(bytes: Vec<u8>) -> Option<Self> {
        let bytes = Zeroizing::new(bytes);
        (!bytes.is_empty()).then_some(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(***)")
    }
}
