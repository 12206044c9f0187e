//! Why clouds give no login.

use crate::Error;

/// Why there is no login, by what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// Whoever asks is nobody there.
    #[error("{0}")]
    Access(Error),
    /// They are, but get no login.
    #[error("{0}")]
    Exchange(Error),
}
