//! What reading charges to its budget: in small lots, since a node is read faster than an atomic counter is changed a
//! few times. It decides nothing about YAML.

use crate::Error;
use crate::budget::Budget;
use crate::yaml::Node;

/// Steps, or bytes in lots of [`Spent::BYTES`], that are charged together.
const STEPS: u64 = 64;

/// What was spent; what is held is given back when the reader is done.
pub(super) struct Spent<'a> {
    budget: Option<&'a Budget>,
    steps: u64,
    bytes: u64,
    held: u64,
}

impl<'a> Spent<'a> {
    const BYTES: u64 = 8 << 10;

    pub(super) fn new(budget: Option<&'a Budget>) -> Self {
        Self { budget, steps: 0, bytes: 0, held: 0 }
    }

    /// One node without its text.
    pub(super) fn node(&mut self) -> Result<(), Error> {
        self.spend(1, Node::WEIGHT)
    }

    pub(super) fn steps(&mut self, steps: usize) -> Result<(), Error> {
        self.spend(steps, 0)
    }

    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), Error> {
        self.spend(0, bytes)
    }

    /// A copy of a node, before it is made.
    pub(super) fn copy(&mut self, node: &Node) -> Result<(), Error> {
        if self.budget.is_none() {
            return Ok(());
        }
        let weight = node.weight();
        self.spend(weight / Node::WEIGHT, weight)
    }

    fn spend(&mut self, steps: usize, bytes: usize) -> Result<(), Error> {
        self.steps = self.steps.saturating_add(steps as u64);
        self.bytes = self.bytes.saturating_add(bytes as u64);
        if self.steps >= STEPS || self.bytes >= Self::BYTES { self.flush() } else { Ok(()) }
    }

    /// Charges what is left of a lot.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        let (steps, bytes) = (std::mem::take(&mut self.steps), std::mem::take(&mut self.bytes));
        let Some(budget) = self.budget else { return Ok(()) };
        self.held = self.held.saturating_add(bytes);
        budget.step(steps)?;
        budget.hold(bytes)?;
        Ok(())
    }
}

impl Drop for Spent<'_> {
    fn drop(&mut self) {
        if let Some(budget) = self.budget {
            budget.release(self.held);
        }
    }
}
