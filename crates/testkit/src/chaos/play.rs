//! The scenarios that change objects by commits: back to back, around a suspension, and with a controller that is
//! killed. Each compares after every Ready; what others change is in `heals`.

use anyhow::Result;

use super::dice::Dice;
use super::report::Part;
use super::stage::Stage;

/// Within how many milliseconds after its artifact a run is killed: about as long as one usually takes.
const KILL: std::ops::Range<u64> = 0..1_500;

/// A scenario that is being played.
pub(super) struct Play<'a> {
    pub(super) stage: Stage,
    pub(super) part: Part,
    pub(super) dice: Dice,
    pub(super) size: usize,
    pub(super) say: &'a (dyn Fn(&str) + Sync),
}

impl Play<'_> {
    /// Commits back to back until that many objects have changed.
    pub(super) async fn changes(&mut self, objects: usize) -> Result<()> {
        let commits = (objects / self.stage.objects().max(1)).max(1);
        for _ in 0..commits {
            self.commit_and_ask(self.stage.edition() + 1).await?;
            self.stage.ready().await?;
            self.judge(commits).await?;
        }
        Ok(())
    }

    /// A commit that comes while the Kustomization is suspended, so many times.
    pub(super) async fn suspends(&mut self, times: usize) -> Result<()> {
        for _ in 0..times {
            self.stage.suspend().await?;
            self.commit_and_ask(self.stage.edition() + 1).await?;
            self.stage.published().await?;
            self.stage.resume().await?;
            self.stage.ready().await?;
            self.judge(times).await?;
        }
        Ok(())
    }

    /// A run that is killed at a random moment, and a controller that has to finish it, so many times. Now and then
    /// the commit repeats an earlier one, or is reverted while nobody runs: what was applied last is no longer what
    /// a dead controller left behind.
    pub(super) async fn restarts(&mut self, times: usize) -> Result<()> {
        let mut newest = self.stage.edition();
        for _ in 0..times {
            let before = self.stage.edition();
            let edition = match newest {
                2.. if self.dice.one_in(4) => other_than(before, self.dice.below(newest)),
                _ => newest + 1,
            };
            newest = newest.max(edition);
            self.commit_and_ask(edition).await?;
            self.stage.published().await?;
            // No watch can tell of a random moment.
            tokio::time::sleep(self.dice.millis(KILL)).await;
            self.stage.kill().await?;
            if self.dice.one_in(4) {
                self.commit_and_ask(before).await?;
                self.stage.published().await?;
            }
            self.stage.resume_controller().await?;
            self.stage.ready().await?;
            self.judge(times).await?;
        }
        Ok(())
    }

    async fn commit_and_ask(&mut self, edition: u64) -> Result<()> {
        self.stage.commit_edition(edition)?;
        self.stage.ask_source().await
    }

    /// Compares, counts, and tells how far it is.
    async fn judge(&mut self, rounds: usize) -> Result<()> {
        let differences = self.stage.compare().await?;
        let lost = self.part.lost;
        let (commit, revision) = self.stage.newest();
        self.part.round(self.stage.objects(), commit, revision, differences);
        self.tell(lost, rounds);
        Ok(())
    }

    /// A line when something was lost, and for every tenth part.
    pub(super) fn tell(&self, lost_before: usize, rounds: usize) {
        let Part { scenario, lost, rounds: done, .. } = &self.part;
        if *lost > lost_before || done * 10 / rounds != (done - 1) * 10 / rounds {
            (self.say)(&format!("{scenario}: round {done} of {rounds}, lost {lost}"));
        }
    }
}

/// An edition that is not the present one.
fn other_than(present: u64, chosen: u64) -> u64 {
    if chosen == present { chosen + 1 } else { chosen }
}
