//! What every step of a run may read, and the worker that it may hold. Nothing here decides or writes.

use crate::context::Context;
use crate::fault::Fault;
use crate::memory::Memory;
use api::Artifact;
use api::kustomization::Kustomization;
use reconcile_core::{Control, ObjectKey, Permit};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One run's surroundings.
pub(crate) struct Scope<'a> {
    pub(crate) ctx: &'a Context,
    pub(crate) key: &'a ObjectKey,
    /// As it was when the run began.
    pub(crate) object: Arc<Kustomization>,
    pub(crate) memory: &'a Arc<Memory>,
    pub(crate) control: &'a Control,
    pub(crate) started: Instant,
}

/// What the run works with once its source is found.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) artifact: Artifact,
    /// Of health checks and of waits (contract 2).
    pub(crate) timeout: Duration,
}

/// A run's place among those that work: held while it builds and applies, given back while it waits (architecture D5).
pub(crate) struct Worker<'a> {
    control: &'a Control,
    permit: Option<Permit>,
}

impl<'a> Worker<'a> {
    /// Without a place yet.
    pub(crate) const fn new(control: &'a Control) -> Self {
        Self { control, permit: None }
    }

    /// Takes a place unless it is held; a newer input may come first.
    pub(crate) async fn work(&mut self) -> Result<(), Fault> {
        if self.permit.is_some() {
            return Ok(());
        }
        tokio::select! {
            permit = self.control.permit() => self.permit = permit,
            () = self.control.cancelled() => return Err(Fault::cancelled()),
        }
        Ok(())
    }

    /// Gives the place back.
    pub(crate) fn rest(&mut self) {
        self.permit = None;
    }
}
