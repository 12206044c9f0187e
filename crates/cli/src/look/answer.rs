//! What a request gave. What may not be read is told apart from what is not there, everywhere.

use cluster::Class;
use futures::stream::{self, StreamExt as _};

/// Requests under way at a time.
const AT_A_TIME: usize = 16;

/// What a request gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    /// This.
    Found(T),
    /// There is no such thing.
    Absent,
    /// It may not be read.
    Forbidden,
    /// There was no answer: why, fit to be shown.
    Failed(String),
}

impl<T> Answer<T> {
    /// Of a request for what may be absent.
    pub(crate) fn of(result: Result<Option<T>, kube::Error>) -> Self {
        match result.map_err(cluster::Error::from) {
            Ok(Some(found)) => Self::Found(found),
            Ok(None) => Self::Absent,
            Err(error) => Self::refused(&error),
        }
    }

    /// Of a request for a list.
    pub(crate) fn of_list(result: Result<T, cluster::Error>) -> Self {
        match result {
            Ok(found) => Self::Found(found),
            Err(error) => Self::refused(&error),
        }
    }

    fn refused(error: &cluster::Error) -> Self {
        match error.classify() {
            Class::Forbidden => Self::Forbidden,
            Class::NotFound => Self::Absent,
            _ => Self::Failed(error.message().to_owned()),
        }
    }

    /// What was found, if anything was.
    pub(crate) fn found(self) -> Option<T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Absent | Self::Forbidden | Self::Failed(_) => None,
        }
    }
}

/// Carries out requests, so many at a time; their answers are in no order.
pub(crate) async fn all<T>(requests: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    stream::iter(requests).buffer_unordered(AT_A_TIME).collect().await
}
