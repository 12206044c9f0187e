//! Who has to act on an error: all that the errors of this crate agree on.

/// Who has to act on an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blame {
    /// Who wrote the file.
    File,
    /// Who gave the controller its keys and rights.
    Keys,
    /// Nobody: a key service was out of reach, and may be back.
    Service,
}
