//! What matching costs: counted in characters that are compared, charged to a budget in steps. What may be spent is the
//! budget's question.

use manifest::budget::{Budget, Exceeded};

#[cfg(test)]
mod tests;

/// Comparisons of one character that cost a step; a rule that is tried costs as much.
pub(super) const PER_STEP: u64 = 32;
/// The budget is asked when so many are open: seldom enough to cost nothing, often enough to end at once.
const ASK_AT: u64 = 4096 * PER_STEP;

/// Counts up to a budget.
pub(super) struct Meter<'a> {
    budget: &'a Budget,
    open: u64,
}

impl<'a> Meter<'a> {
    /// Nothing is spent yet.
    pub(super) const fn new(budget: &'a Budget) -> Self {
        Self { budget, open: 0 }
    }

    /// A rule is tried.
    pub(super) fn attempt(&mut self) -> Result<(), Exceeded> {
        self.compare(PER_STEP)
    }

    /// So many characters are compared.
    pub(super) fn compare(&mut self, count: u64) -> Result<(), Exceeded> {
        self.open = self.open.saturating_add(count);
        if self.open < ASK_AT { Ok(()) } else { self.settle() }
    }

    /// Charges what is open.
    pub(super) fn settle(&mut self) -> Result<(), Exceeded> {
        let steps = std::mem::take(&mut self.open).div_ceil(PER_STEP);
        self.budget.step(steps)
    }
}
