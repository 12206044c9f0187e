//! Leave to use memory, as fetching and unpacking ask for it. Who gives it, and in which order, is the process's
//! matter; without a process there is as much as is asked for.

use std::sync::Arc;

use futures::future::BoxFuture;
use manifest::budget::Reserve;

use crate::error::MemoryError;

/// Where memory is asked for before it is used.
pub trait Gate: Send + Sync {
    /// Waits until so many bytes are there for what belongs to `namespace`. Who drops the future no longer waits.
    fn enter(
        &self,
        namespace: &str,
        bytes: u64,
    ) -> BoxFuture<'static, Result<Arc<dyn Reserved>, MemoryError>>;

    /// All there is.
    fn limit(&self) -> u64;
}

/// Memory that is set aside; given back when the last owner drops it.
pub trait Reserved: Reserve {
    /// Gives back what is beyond `bytes`.
    fn shrink_to(&self, bytes: u64);
}

/// As much as anybody asks for.
pub struct Unbounded;

impl Gate for Unbounded {
    fn enter(&self, _: &str, _: u64) -> BoxFuture<'static, Result<Arc<dyn Reserved>, MemoryError>> {
        Box::pin(std::future::ready(Ok(Arc::new(Self) as Arc<dyn Reserved>)))
    }

    fn limit(&self) -> u64 {
        u64::MAX
    }
}

impl Reserve for Unbounded {
    fn grow(&self, _: u64) -> bool {
        true
    }
}

impl Reserved for Unbounded {
    fn shrink_to(&self, _: u64) {}
}
