//! Edits by somebody else that the drift watch has to undo. The controller brakes the heals of an object that is
//! changed again and again; so that no heal is late by right, every object is edited seldom enough.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use anyhow::Result;
use futures::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};

use super::compare::compare_one;
use super::content::Declared;
use super::dice::Dice;
use super::play::Play;

/// A heal that takes longer is lost.
const HEAL_LIMIT: Duration = Duration::from_secs(60);
/// How often one object is edited within [`WINDOW`]; the controller's brake lets five heals through.
const EDITS: usize = 4;
const WINDOW: Duration = Duration::from_secs(60);
/// How many edits are under way at once.
const AT_ONCE: usize = 8;

/// How many objects a scenario of that many heals needs.
pub(super) fn objects(heals: usize) -> usize {
    (heals / 5).clamp(50, 1_000)
}

impl Play<'_> {
    /// That many edits, in batches over different objects.
    pub(super) async fn heals(&mut self, heals: usize) -> Result<()> {
        let batch = (heals / 50).clamp(20, 100).min(heals);
        let rounds = heals.div_ceil(batch);
        let mut quota = Quota::new(self.stage.objects());
        let mut given_up = BTreeSet::new();
        for round in 0..rounds {
            let size = batch.min(heals - round * batch);
            let (chosen, from) = quota.choose(size);
            if let Some(from) = from {
                // The brake is a matter of time only; no watch tells when it lets go.
                tokio::time::sleep_until(from.into()).await;
            }
            let edited: BTreeMap<String, Declared> = chosen
                .iter()
                .map(|object| self.stage.declared(*object))
                .filter(|declared| !given_up.contains(&declared.name))
                .map(|declared| (declared.name.clone(), declared))
                .collect();
            self.edit(edited.values(), round).await?;
            quota.edited(&chosen, Instant::now());
            self.healed(&edited).await?;
            let mut differences = self.stage.compare().await?;
            // What was lost before is not lost again.
            differences.retain(|difference| !given_up.contains(&difference.object));
            given_up.extend(differences.iter().map(|difference| difference.object.clone()));
            let lost = self.part.lost;
            let (commit, revision) = self.stage.newest();
            self.part.round(edited.len(), commit, revision, differences);
            self.tell(lost, rounds);
        }
        Ok(())
    }

    /// Changes every object in a way of its own.
    async fn edit(&mut self, objects: impl Iterator<Item = &Declared>, round: usize) -> Result<()> {
        let edits: Vec<(String, Edit)> = objects
            .map(|declared| (declared.name.clone(), Edit::of(declared, round, &mut self.dice)))
            .collect();
        let (admin, collection) = (self.stage.admin(), &self.stage.config_maps());
        futures::stream::iter(edits)
            .map(|(name, edit)| async move {
                match edit {
                    Edit::Patch(patch) => admin.patch(collection, &name, &patch).await.map(drop),
                    Edit::Delete => admin.delete(collection, &name).await,
                }
            })
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await
    }

    /// Waits until all are as declared, or the limit has passed. The edits have been answered before, so whatever is
    /// seen now came after them.
    async fn healed(&self, edited: &BTreeMap<String, Declared>) -> Result<()> {
        let owner = self.stage.owner();
        let mut pending: BTreeSet<&str> = edited.keys().map(String::as_str).collect();
        let look = |name: &str, live: Option<&Value>| {
            if edited.get(name).is_some_and(|declared| compare_one(declared, &owner, live).is_empty()) {
                pending.remove(name);
            }
            pending.is_empty()
        };
        // Those that are late are found by the comparison.
        let in_time = self.stage.admin().follow(&self.stage.config_maps(), "", HEAL_LIMIT, look).await?;
        if !in_time {
            (self.say)(&format!("not healed within {HEAL_LIMIT:?}: {pending:?}"));
        }
        Ok(())
    }
}

/// What somebody does to an object.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Edit {
    /// A merge patch.
    Patch(Value),
    /// A deletion.
    Delete,
}

impl Edit {
    /// One that makes the object differ from what is declared.
    pub(super) fn of(declared: &Declared, round: usize, dice: &mut Dice) -> Self {
        let edited = format!("edited-{round}");
        let any = |map: &BTreeMap<String, String>, dice: &mut Dice| {
            let at = usize::try_from(dice.below(map.len() as u64)).unwrap_or(0);
            map.keys().nth(at).cloned().unwrap_or_default()
        };
        match dice.below(5) {
            0 => Self::Patch(json!({ "data": { any(&declared.data, dice): edited } })),
            1 => Self::Patch(json!({ "data": { any(&declared.data, dice): null } })),
            2 => Self::Patch(json!({ "metadata": { "labels": { any(&declared.labels, dice): edited } } })),
            3 => {
                let key = any(&declared.annotations, dice);
                Self::Patch(json!({ "metadata": { "annotations": { key: edited } } }))
            }
            _ => Self::Delete,
        }
    }
}

/// Which objects may be edited when. Pure: moments are told to it.
#[derive(Debug)]
pub(super) struct Quota {
    /// Objects, the longest untouched first.
    turns: VecDeque<usize>,
    edits: Vec<VecDeque<Instant>>,
}

impl Quota {
    pub(super) fn new(objects: usize) -> Self {
        Self { turns: (0..objects).collect(), edits: vec![VecDeque::new(); objects] }
    }

    /// The next objects, at most as many as there are, and the moment from which they may be edited if that is not at
    /// once.
    pub(super) fn choose(&mut self, count: usize) -> (Vec<usize>, Option<Instant>) {
        let count = count.min(self.turns.len());
        let chosen: Vec<usize> = self.turns.drain(..count).collect();
        self.turns.extend(&chosen);
        let free = |object: &usize| {
            let edits = self.edits.get(*object)?;
            let first = if edits.len() < EDITS { None } else { edits.front() };
            first.map(|first| *first + WINDOW)
        };
        let from = chosen.iter().filter_map(free).max();
        (chosen, from)
    }

    /// Notes that these objects were edited.
    pub(super) fn edited(&mut self, objects: &[usize], now: Instant) {
        for object in objects {
            if let Some(edits) = self.edits.get_mut(*object) {
                edits.push_back(now);
                while edits.len() > EDITS {
                    edits.pop_front();
                }
            }
        }
    }
}
