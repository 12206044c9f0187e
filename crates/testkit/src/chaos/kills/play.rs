//! The rounds: a commit, a kill at a random instant of its run, a next commit or none, a new start, and the verdict.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::content::{Commit, KINDS};
use super::judge::{self, Finding, Live, Seen};
use super::options::Options;
use super::report::{Moment, Next, Report, Wrong};
use crate::chaos::app::{App, NAME, is_ready_at};
use crate::chaos::dice::Dice;
use crate::chaos::stage::KUSTOMIZE_LABEL;
use crate::cluster::ControlPlane;

/// How many runs tell how long one takes.
const MEASURED: u32 = 3;

/// How long all objects may take to go, namespaces with what is in them included.
const GONE: Duration = Duration::from_secs(120);

/// A run of kills.
pub(super) struct Play<'a> {
    pub(super) app: App,
    pub(super) report: Report,
    dice: Dice,
    say: &'a (dyn Fn(&str) + Sync),
    /// The newest number that a name or a content has had.
    edition: u64,
    commit: Commit,
    /// The objects after the last Ready.
    live: Live,
}

/// What was seen right after a kill.
struct Killed {
    after: Duration,
    moment: Moment,
    live: Live,
    findings: Vec<Finding>,
}

impl<'a> Play<'a> {
    /// Starts everything, applies the first commit, and measures how long a run takes.
    pub(super) async fn prepare(
        plane: &Arc<ControlPlane>,
        options: &Options,
        say: &'a (dyn Fn(&str) + Sync),
    ) -> Result<Self> {
        let app = App::start(plane, "kills", options.binaries.as_ref(), &[]).await?;
        let commit = Commit::first();
        let report = Report { seed: options.seed, objects: commit.len(), ..Report::default() };
        let dice = Dice::of(&[options.seed]);
        let mut play = Self { app, report, dice, say, edition: 0, commit, live: Live::new() };
        let files = play.commit.files(play.app.namespace());
        play.app.commit("first", files)?;
        play.app.create(&json!({})).await?;
        play.settle().await?;
        let mut total = Duration::ZERO;
        for _ in 0..MEASURED {
            let commit = play.next_commit();
            play.publish(commit).await?;
            let published = Instant::now();
            play.app.ready().await?;
            total += published.elapsed();
        }
        play.report.undisturbed = total / MEASURED;
        if let Some(findings) = play.settle().await? {
            anyhow::bail!("wrong before the first kill: {findings:?}");
        }
        let told =
            format!("{} objects are in place; a run takes {:.0?}", play.commit.len(), total / MEASURED);
        (play.say)(&told);
        Ok(play)
    }

    /// So many rounds, then the end of everything. Stops where a promise is broken.
    pub(super) async fn rounds(&mut self, rounds: usize) -> Result<()> {
        for round in 1..=rounds {
            self.round(round).await.with_context(|| format!("round {round}"))?;
            if self.report.wrong.is_some() {
                return Ok(());
            }
            if round * 20 / rounds != (round - 1) * 20 / rounds {
                let during = self.report.at(Moment::During);
                (self.say)(&format!("round {round} of {rounds}: {during} killed while it wrote, all well"));
            }
        }
        self.end(rounds).await
    }

    async fn round(&mut self, round: usize) -> Result<()> {
        let (before, first) = (self.commit.clone(), self.next_commit());
        self.publish(first.clone()).await?;
        let killed = self.kill(&before, &first).await?;
        let next = match self.dice.below(4) {
            0 => Next::Same,
            1 => Next::Revert,
            2 => Next::Change,
            _ => Next::Rename,
        };
        let second = match next {
            Next::Same => None,
            Next::Revert => Some(before.clone()),
            Next::Change => Some(self.changed()),
            Next::Rename => Some(self.renamed()),
        };
        if let Some(second) = second {
            self.publish(second).await?;
        }
        self.app.resume_controller().await?;
        let mut findings = killed.findings;
        findings.extend(self.settle().await?.unwrap_or_default());
        let test = self.app.namespace();
        let (first, second) = (first.declared(test), self.commit.declared(test));
        findings.extend(judge::deleted(&killed.live, &self.live, &[&first, &second]));
        *self.report.rounds.entry((killed.moment, next)).or_default() += 1;
        if !findings.is_empty() {
            let Killed { after, moment, .. } = killed;
            self.report.wrong = Some(Wrong { round, after, moment, next, findings });
        }
        Ok(())
    }

    /// Kills at a random instant of the run that has just got its artifact, and looks.
    async fn kill(&mut self, before: &Commit, first: &Commit) -> Result<Killed> {
        let spread = u64::try_from(self.report.undisturbed.as_millis()).unwrap_or(u64::MAX);
        // A little more than a run takes: the end of one is worth a kill, too.
        let after = self.dice.millis(0..spread.saturating_mul(6) / 5);
        // No watch can tell of a random moment.
        tokio::time::sleep(after).await;
        self.app.kill().await?;
        let state = self.state().await?;
        let live = self.look().await?;
        let inventory = judge::inventory(&state);
        let test = self.app.namespace();
        let (before, first) = (before.declared(test), first.declared(test));
        let (_, revision) = self.app.newest();
        let moment = if is_ready_at(&state, revision) {
            Moment::After
        } else if live != self.live || inventory.iter().any(|id| !before.contains_key(id)) {
            Moment::During
        } else {
            Moment::Before
        };
        let mut findings = judge::at_any_instant(&live, &inventory);
        findings.extend(judge::deleted(&self.live, &live, &[&before, &first]));
        Ok(Killed { after, moment, live, findings })
    }

    /// Waits until the newest commit is applied, looks, and judges.
    async fn settle(&mut self) -> Result<Option<Vec<Finding>>> {
        let state = self.app.ready().await?;
        self.live = self.look().await?;
        let declared = self.commit.declared(self.app.namespace());
        let findings = judge::settled(&declared, &self.live, &judge::inventory(&state));
        Ok((!findings.is_empty()).then_some(findings))
    }

    /// Deletes the Kustomization: nothing of it stays.
    async fn end(&mut self, rounds: usize) -> Result<()> {
        let kustomizations = self.app.kustomizations();
        self.app.admin().delete(&kustomizations, NAME).await?;
        let query = format!("fieldSelector=metadata.name%3D{NAME}");
        let gone = |_: &str, object: Option<&Value>| object.is_none();
        let admin = self.app.admin();
        // A list that lacks it already shows nothing.
        if !admin.list(&format!("{kustomizations}?{query}")).await?.is_empty() {
            admin.follow(&kustomizations, &query, GONE, gone).await?;
        }
        let left = self.look().await?;
        if !left.is_empty() {
            let orphan = |id: &String| Finding { broken: judge::Broken::Orphan, object: id.clone() };
            self.report.wrong = Some(Wrong {
                round: rounds + 1,
                after: Duration::ZERO,
                moment: Moment::After,
                next: Next::Same,
                findings: left.keys().map(orphan).collect(),
            });
        }
        Ok(())
    }

    fn next_commit(&mut self) -> Commit {
        if self.dice.one_in(2) { self.changed() } else { self.renamed() }
    }

    fn changed(&mut self) -> Commit {
        self.edition += 1;
        self.commit.changed(self.edition, &mut self.dice)
    }

    fn renamed(&mut self) -> Commit {
        self.edition += 1;
        self.commit.renamed(self.edition, &mut self.dice)
    }

    async fn publish(&mut self, commit: Commit) -> Result<()> {
        let files = commit.files(self.app.namespace());
        self.app.commit(&format!("number {}", self.edition), files)?;
        self.commit = commit;
        self.app.ask_source().await?;
        self.app.published().await
    }

    async fn state(&self) -> Result<Value> {
        let query = format!("{}?fieldSelector=metadata.name%3D{NAME}", self.app.kustomizations());
        self.app.admin().list(&query).await?.pop().context("the Kustomization")
    }

    /// Everything in the cluster that carries our owner labels, of all kinds that we declare.
    async fn look(&self) -> Result<Live> {
        let test = self.app.namespace();
        let selector =
            format!("labelSelector={KUSTOMIZE_LABEL}/name%3D{NAME},{KUSTOMIZE_LABEL}/namespace%3D{test}");
        let lists = KINDS.iter().map(|kind| {
            let path = format!("{}?{selector}", kind.collection(test));
            async move {
                let objects = self.app.admin().list_served(&path).await.with_context(|| kind.plural)?;
                let text = |object: &Value, field: &str| {
                    object["metadata"][field].as_str().unwrap_or_default().to_owned()
                };
                let seen = objects.iter().filter_map(|object| {
                    let id = kind.id(test, &text(object, "namespace"), &text(object, "name"));
                    Some((id, Seen::of(object)?))
                });
                anyhow::Ok(seen.collect::<Vec<_>>())
            }
        });
        let all = futures::future::try_join_all(lists).await?;
        Ok(all.into_iter().flatten().collect())
    }
}
