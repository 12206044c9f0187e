//! Charging a budget: what one step stands for, and bytes that are held for as long as something lives. It knows neither
//! objects nor expressions.

use manifest::budget::{Budget, Exceeded};
use manifest::yaml::{Dialect, Limits, Node, read_first_node_in};

use crate::error::{Error, Result};

/// Bytes of text that are copied or compared for one step.
const BYTES_PER_STEP: usize = 256;
/// Bytes of an object's weight that are gone over for one step: some four small nodes.
const WEIGHT_PER_STEP: usize = 256;

/// A budget as the parts of a build charge it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    budget: Budget,
}

impl Cost {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget }
    }

    /// Charges steps.
    pub(crate) fn step(&self, count: usize) -> Result<()> {
        Ok(self.budget.step(count as u64)?)
    }

    /// Charges steps where nothing can fail: the next one that can fail does.
    pub(crate) fn note(&self, count: usize) {
        _ = self.budget.step(count as u64);
    }

    /// Charges that something of this length in bytes is copied or compared.
    pub(crate) fn text(&self, bytes: usize) -> Result<()> {
        self.step(1 + bytes / BYTES_PER_STEP)
    }

    /// Charges that something of this weight is gone over.
    pub(crate) fn walk(&self, weight: usize) -> Result<()> {
        self.step(1 + weight / WEIGHT_PER_STEP)
    }

    /// Charges that something of this weight is looked at, and no more than that.
    pub(crate) fn glance(&self, weight: usize) -> Result<()> {
        self.step(1 + weight / (16 * WEIGHT_PER_STEP))
    }

    /// Charges bytes that are held until they are [released](Self::release).
    pub(crate) fn hold(&self, bytes: usize) -> Result<()> {
        Ok(self.budget.hold(bytes as u64)?)
    }

    pub(crate) fn release(&self, bytes: usize) {
        self.budget.release(bytes as u64);
    }

    /// Bytes that are held for as long as what is returned lives.
    pub(crate) fn held(&self, bytes: usize) -> Result<Held> {
        let mut held = self.nothing();
        held.add(bytes)?;
        Ok(held)
    }

    /// Holds nothing yet.
    pub(crate) fn nothing(&self) -> Held {
        Held { budget: self.budget.clone(), bytes: 0 }
    }

    /// The first document of a text.
    pub(crate) fn read(
        &self,
        text: &str,
        dialect: Dialect,
    ) -> std::result::Result<Option<Node>, manifest::Error> {
        read_first_node_in(text, dialect, &Limits::default(), &self.budget)
    }
}

/// Bytes that are given back at the end of its life.
#[derive(Debug)]
pub(crate) struct Held {
    budget: Budget,
    bytes: u64,
}

impl Held {
    pub(crate) fn add(&mut self, bytes: usize) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        Ok(self.budget.hold(bytes as u64)?)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.release(self.bytes);
    }
}

impl From<Exceeded> for Error {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}
