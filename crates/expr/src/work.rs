//! What one evaluation costs, and why it may end without a value.

use std::cell::Cell;

use manifest::budget::{Budget, Exceeded};

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The expression's fault, which `&&` and `||` may make up for.
    Error(String),
    /// The work has to stop, whatever else may be.
    Stop(Exceeded),
}

impl Failure {
    pub(crate) fn error(text: impl Into<String>) -> Self {
        Self::Error(text.into())
    }

    /// A function is not for values of these types.
    pub(crate) fn no_overload(name: &str, types: &[&str]) -> Self {
        Self::Error(format!("no such overload: {name}({})", types.join(", ")))
    }
}

impl From<Exceeded> for Failure {
    fn from(exceeded: Exceeded) -> Self {
        Self::Stop(exceeded)
    }
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Bytes that are looked at for one step.
const PER_STEP: usize = 64;
/// About how many bytes an element of a list or map takes.
const ELEMENT: usize = 96;

/// How large what is made may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caps {
    /// Bytes of a string.
    pub(crate) string: usize,
    /// Elements of a list or map.
    pub(crate) elements: usize,
}

/// What one evaluation may cost. What it held is given back at its end.
pub(crate) struct Work<'b> {
    budget: &'b Budget,
    caps: Caps,
    held: Cell<u64>,
}

impl<'b> Work<'b> {
    pub(crate) fn new(budget: &'b Budget, caps: Caps) -> Self {
        Self { budget, caps, held: Cell::new(0) }
    }

    pub(crate) fn step(&self, count: usize) -> Result<()> {
        Ok(self.budget.step(count as u64)?)
    }

    /// Bytes are read.
    pub(crate) fn look(&self, bytes: usize) -> Result<()> {
        self.step(bytes / PER_STEP)
    }

    fn hold(&self, bytes: usize) -> Result<()> {
        self.held.set(self.held.get().saturating_add(bytes as u64));
        Ok(self.budget.hold(bytes as u64)?)
    }

    /// A string is made.
    pub(crate) fn make(&self, bytes: usize) -> Result<()> {
        self.grow(0, bytes)
    }

    /// A string that is being made becomes longer.
    pub(crate) fn grow(&self, before: usize, more: usize) -> Result<()> {
        if before.saturating_add(more) > self.caps.string {
            return Err(Failure::error(format!("string is longer than {} bytes", self.caps.string)));
        }
        self.step(1 + more / PER_STEP)?;
        self.hold(more)
    }

    /// A list or map of so many elements is made.
    pub(crate) fn elements(&self, count: usize) -> Result<()> {
        if count > self.caps.elements {
            return Err(Failure::error(format!("list is longer than {} elements", self.caps.elements)));
        }
        self.step(1 + count / 8)?;
        self.hold(count.saturating_mul(ELEMENT))
    }

    /// One more element is added.
    pub(crate) fn element(&self, before: usize) -> Result<()> {
        if before >= self.caps.elements {
            return Err(Failure::error(format!("list is longer than {} elements", self.caps.elements)));
        }
        self.hold(ELEMENT)
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.budget.release(self.held.get());
    }
}
