//! A run's place among those that work. When it works is the run's matter.

use crate::fault::Fault;
use reconcile_core::{Control, Permit};

/// After so many objects a run lets others have their turn. Few enough to be done in seconds, and more than most
/// Kustomizations have: a fleet of those goes on one after the other, and does not hold its builds in memory all at once.
pub(crate) const PIECE: usize = 100;

/// A run's place among those that work: held while it builds and applies, given back while it waits (architecture D5).
pub(crate) struct Worker<'a> {
    control: &'a Control,
    permit: Option<Permit>,
    /// It works for another cluster, which has places of its own.
    elsewhere: bool,
}

impl<'a> Worker<'a> {
    /// Without a place yet.
    pub(crate) const fn new(control: &'a Control) -> Self {
        Self { control, permit: None, elsewhere: false }
    }

    /// Takes a place unless it is held; a newer input may come first.
    pub(crate) async fn work(&mut self) -> Result<(), Fault> {
        if self.permit.is_some() || self.elsewhere {
            return Ok(());
        }
        self.permit = Some(self.control.permit().await.ok_or_else(Fault::cancelled)?);
        Ok(())
    }

    /// Between two pieces of work, of [`PIECE`] objects at most: where other namespaces wait for a place, they have their
    /// turn first. So whoever declares very many objects delays the others by a piece, not by all of it.
    pub(crate) async fn take_turns(&mut self) -> Result<(), Fault> {
        if self.permit.is_some() && self.control.keeps_others_waiting() {
            self.rest();
            self.work().await?;
        }
        Ok(())
    }

    /// From here on it waits for another cluster, in a place of that one: nobody else's is held for it.
    pub(crate) fn go_elsewhere(&mut self) {
        self.rest();
        self.elsewhere = true;
    }

    /// Gives the place back.
    pub(crate) fn rest(&mut self) {
        self.permit = None;
    }
}

#[cfg(test)]
mod tests;
