//! What a search for signatures may cost.

use attest::Refusal;
use manifest::budget::{Budget, EndsWith, Limits};

use super::super::answer::Failure;
use super::super::wire::Wire;

/// What all signatures of one artifact may cost: some thousand that are verified.
const STEPS: Limits = Limits { steps: 10_000_000, ..Limits::NONE };

/// The cost of one search, which ends when nobody waits any more.
pub(super) struct Purse {
    budget: Budget,
    _owner: EndsWith,
}

impl Purse {
    pub(super) fn new() -> Self {
        let owner = EndsWith::default();
        Self { budget: Budget::new(STEPS, owner.0.clone()), _owner: owner }
    }

    /// Does what takes the CPU, beside the async threads and no longer than anybody waits for it.
    pub(super) async fn spend<T: Send + 'static>(
        &self,
        wire: &Wire<'_>,
        work: impl FnOnce(&Budget) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Result<T, Refusal>, Failure> {
        let budget = self.budget.clone();
        let done = wire.wait(tokio::task::spawn_blocking(move || work(&budget))).await?;
        Ok(done.unwrap_or_else(|_| Err(Refusal::Malformed("reading it failed".to_owned()))))
    }
}
