//! A run's place among those that work. When it works is the run's matter.

use crate::fault::Fault;
use reconcile_core::{Control, Permit};

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
        self.permit = Some(self.control.permit().await.ok_or_else(Fault::cancelled)?);
        Ok(())
    }

    /// Gives the place back.
    pub(crate) fn rest(&mut self) {
        self.permit = None;
    }
}

#[cfg(test)]
mod tests;
