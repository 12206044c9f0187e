//! Why objects were not asked for.

use receiver::Refused;

/// Objects that may have the labels of one entry.
pub(in crate::receivers) const MOST: usize = 5000;

/// See the module.
#[derive(Debug, thiserror::Error)]
pub(in crate::receivers) enum Failure {
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error("{0}")]
    Api(#[from] cluster::Error),
    #[error(transparent)]
    Filter(#[from] receiver::FilterError),
    #[error("more than {MOST} objects have these labels")]
    TooMany,
    #[error("filters failed unexpectedly")]
    Panicked,
}
