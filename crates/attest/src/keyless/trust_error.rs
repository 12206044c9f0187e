//! Why there is nobody to trust: the trusted root or a pattern of an identity is none.

/// Why there is nobody to trust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// It is no trusted root.
    #[error("unable to parse trusted root: {0}")]
    Root(String),
    /// It has more of something than is looked at.
    #[error("unable to parse trusted root: there are more than {1} {0}")]
    Excess(&'static str, usize),
    /// It cannot vouch for anybody.
    #[error("unable to parse trusted root: it has no {0}")]
    Missing(&'static str),
    /// A pattern of an identity is none.
    #[error("malformed pattern of an identity '{0}'")]
    Pattern(String),
    /// A pattern that Go and Rust may read differently, or that is too large.
    #[error("unsupported pattern of an identity '{0}'")]
    UnsupportedPattern(String),
    /// A pattern that would match everybody, and is rather a mistake.
    #[error("the {0} of an identity is empty: write '.*' for any")]
    EmptyPattern(&'static str),
    /// There are too many patterns.
    #[error("there are more than {0} identities")]
    Identities(usize),
}
