//! The process's memory gate as the artifact cache asks for it. No decisions.

use artifact::MemoryError;
use artifact::gate::{Gate, Reserved};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use manifest::budget::Reserve;
use reconcile_core::gate::{MemoryGate, Reservation};
use std::sync::Arc;

/// See the module.
pub(crate) struct InputGate(pub(crate) MemoryGate);

/// Memory for an artifact.
struct Input(Reservation);

impl Gate for InputGate {
    fn enter(
        &self,
        namespace: &str,
        bytes: u64,
    ) -> BoxFuture<'static, Result<Arc<dyn Reserved>, MemoryError>> {
        let (gate, namespace) = (self.0.clone(), namespace.to_owned());
        async move {
            let entered = gate.enter(&namespace, bytes).await;
            let entered = entered.map_err(|error| MemoryError { needs: error.needs, limit: error.limit })?;
            Ok(Arc::new(Input(entered)) as Arc<dyn Reserved>)
        }
        .boxed()
    }

    fn limit(&self) -> u64 {
        self.0.limit()
    }
}

impl Reserve for Input {
    fn grow(&self, bytes: u64) -> bool {
        self.0.grow(bytes)
    }
}

impl Reserved for Input {
    fn shrink_to(&self, bytes: u64) {
        self.0.shrink_to(bytes);
    }
}

#[cfg(test)]
mod tests;
