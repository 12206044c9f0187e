//! What is told, and when: something that is wrong once it has lasted, once, however many wait for it; and that it is over
//! once that has lasted. Pure; the time is the caller's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use api::convergence::ConvergenceStatus;
use api::kustomization::Kustomization;
use convergence::dependencies::Reach;
use reconcile_core::ObjectKey;

use super::commit::{self, Commit, Posted};
use super::mark;
use super::observation::{Observation, Severity, Standing};
use super::roots::{Known, Root, RootKey, roots};

#[cfg(test)]
mod tests;

/// How many times longer something has to last of which the next run may say that it is over.
const LAGGING: u32 = 4;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// This is wrong, with the worst first.
    Wrong {
        /// Who it is told of.
        lead: ObjectKey,
        /// What is wrong there.
        roots: Vec<Root>,
        /// The worst of them.
        severity: Severity,
    },
    /// This is over.
    Over {
        /// Who it was told of.
        lead: ObjectKey,
        /// What it was.
        causes: Vec<RootKey>,
        /// Everything there is well again; otherwise something else is wrong.
        converged: bool,
    },
    /// How the commit of a Kustomization fared.
    Commit(Commit),
}

/// What follows at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decided {
    /// To tell, in this order.
    pub(super) words: Vec<Word>,
    /// To note on Convergences; `None` takes the note away.
    pub(super) marks: Vec<(ObjectKey, Option<String>)>,
    /// When time alone makes something follow.
    pub(super) next: Option<Instant>,
}

/// An alert that is open.
#[derive(Clone, Debug)]
struct Open {
    lead: ObjectKey,
    severity: Severity,
    gone_since: Option<Instant>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Ledger {
    reach: Reach,
    /// How long something has to last.
    delay: Duration,
    known: Known,
    /// What is wrong, and since when it is seen here.
    pending: BTreeMap<RootKey, Instant>,
    open: BTreeMap<RootKey, Open>,
    /// What stands on Convergences.
    marked: BTreeMap<ObjectKey, String>,
    posted: BTreeMap<ObjectKey, Posted>,
}

impl Ledger {
    /// Nothing is known yet.
    pub(super) fn new(reach: Reach, delay: Duration) -> Self {
        Self {
            reach,
            delay,
            known: BTreeMap::new(),
            pending: BTreeMap::new(),
            open: BTreeMap::new(),
            marked: BTreeMap::new(),
            posted: BTreeMap::new(),
        }
    }

    /// Takes in what is published of a Kustomization; true when that is another thing than before. `old` is what was
    /// published before, and `note` what an earlier process has noted on the Convergence; both matter the first time.
    pub(super) fn observe(
        &mut self,
        object: &Kustomization,
        old: Option<&ConvergenceStatus>,
        new: &ConvergenceStatus,
        note: impl FnOnce() -> Option<String>,
    ) -> bool {
        let key = ObjectKey::of(&object.metadata);
        let observation = Observation::of(object, new, self.reach);
        if !self.known.contains_key(&key) {
            if let Some(posted) =
                old.and_then(|old| commit::posted(&Observation::of(object, old, self.reach)))
            {
                self.posted.insert(key.clone(), posted);
            }
            if let Some(note) = note() {
                for root in mark::read(&key, &note, self.reach) {
                    let open = Open { lead: key.clone(), severity: Severity::Error, gone_since: None };
                    self.open.entry(root).or_insert(open);
                }
                self.marked.insert(key.clone(), note);
            }
        }
        let before = self.known.insert(key.clone(), observation);
        before.as_ref() != self.known.get(&key)
    }

    /// The Kustomization is gone, and with it whatever was wrong there.
    pub(super) fn forget(&mut self, key: &ObjectKey) -> bool {
        self.marked.remove(key);
        self.posted.remove(key);
        self.known.remove(key).is_some()
    }

    /// How a Kustomization stood last.
    pub(super) fn observation(&self, key: &ObjectKey) -> Option<&Observation> {
        self.known.get(key)
    }

    /// How many alerts of a severity are open.
    pub(super) fn open(&self, severity: Severity) -> usize {
        self.open.values().filter(|open| open.severity == severity).count()
    }

    /// The note stands on the Convergence, or is taken away.
    pub(super) fn mark(&mut self, key: &ObjectKey, note: Option<&str>) {
        match note {
            // One that went meanwhile has none.
            Some(note) if self.known.contains_key(key) => {
                self.marked.insert(key.clone(), note.to_owned());
            }
            _ => {
                self.marked.remove(key);
            }
        }
    }

    /// What follows now.
    pub(super) fn decide(&mut self, now: Instant) -> Decided {
        let roots = roots(&self.known, self.reach);
        let mut words = self.arisen(&roots, now);
        words.append(&mut self.ended(&roots, now));
        words.append(&mut self.commits(&roots));
        Decided { words, marks: self.marks(), next: self.next(&roots) }
    }

    /// How long this has to last.
    fn patience(&self, root: &Root) -> Duration {
        if root.lags { self.delay.saturating_mul(LAGGING) } else { self.delay }
    }

    /// What has lasted for long enough to be told, by whom it is told of.
    fn arisen(&mut self, roots: &BTreeMap<RootKey, Root>, now: Instant) -> Vec<Word> {
        self.pending.retain(|key, _| roots.contains_key(key));
        let mut due: BTreeMap<ObjectKey, Vec<Root>> = BTreeMap::new();
        for (key, root) in roots {
            let Some(first) = root.direct.first() else { continue };
            if let Some(open) = self.open.get_mut(key) {
                open.gone_since = None;
                open.severity = root.cause.severity();
                if !root.direct.contains(&open.lead) {
                    open.lead = first.clone();
                }
                self.pending.remove(key);
                continue;
            }
            let patience = self.patience(root);
            let since = *self.pending.entry(key.clone()).or_insert(now);
            if now.saturating_duration_since(since) >= patience {
                self.pending.remove(key);
                let severity = root.cause.severity();
                let open = Open { lead: first.clone(), severity, gone_since: None };
                self.open.insert(key.clone(), open);
                due.entry(first.clone()).or_default().push(root.clone());
            }
        }
        due.into_iter().map(|(lead, roots)| self.wrong(lead, roots)).collect()
    }

    fn wrong(&self, lead: ObjectKey, mut roots: Vec<Root>) -> Word {
        let order = match self.known.get(&lead).map(|known| &known.standing) {
            Some(Standing::Wrong(causes)) => causes.as_slice(),
            _ => &[],
        };
        // The Kustomization's own order is that of causes before what they cause.
        let place = |root: &Root| {
            order
                .iter()
                .position(|cause| cause.reason == root.cause.reason && cause.object == root.cause.object)
        };
        roots.sort_by_key(|root| {
            (std::cmp::Reverse(root.cause.severity()), place(root).unwrap_or(usize::MAX))
        });
        let severity = roots.first().map_or(Severity::Info, |root| root.cause.severity());
        Word::Wrong { lead, roots, severity }
    }

    /// What has been over for long enough to be told. As long as somebody is on the way, or cannot be looked at, it is not
    /// known what comes of it.
    fn ended(&mut self, roots: &BTreeMap<RootKey, Root>, now: Instant) -> Vec<Word> {
        let (known, delay) = (&self.known, self.delay);
        self.open.retain(|_, open| known.contains_key(&open.lead));
        let mut leads = BTreeSet::new();
        for (key, open) in &mut self.open {
            if roots.contains_key(key) {
                continue;
            }
            let since = *open.gone_since.get_or_insert(now);
            if !is_open_ended(known, &open.lead) && now.saturating_duration_since(since) >= delay {
                leads.insert(open.lead.clone());
            }
        }
        leads.into_iter().map(|lead| self.over(lead, now)).collect()
    }

    /// Closes what is gone: all of it where everything is well, otherwise what has been gone for long enough.
    fn over(&mut self, lead: ObjectKey, now: Instant) -> Word {
        let converged = self.known.get(&lead).is_some_and(|known| known.standing == Standing::Well);
        let is_over = |open: &Open| {
            open.lead == lead
                && open
                    .gone_since
                    .is_some_and(|since| converged || now.saturating_duration_since(since) >= self.delay)
        };
        let causes: Vec<RootKey> =
            self.open.iter().filter(|(_, open)| is_over(open)).map(|(key, _)| key.clone()).collect();
        self.open.retain(|key, _| !causes.contains(key));
        Word::Over { lead, causes, converged }
    }

    /// How commits fare: well at once, badly when that has been told.
    fn commits(&mut self, roots: &BTreeMap<RootKey, Root>) -> Vec<Word> {
        let mut troubled: BTreeMap<&ObjectKey, &Root> = BTreeMap::new();
        for (_, root) in roots.iter().filter(|(key, _)| self.open.contains_key(*key)) {
            for key in root.direct.iter().chain(&root.waiting) {
                troubled.entry(key).or_insert(root);
            }
        }
        let mut words = Vec::new();
        for (key, observation) in &self.known {
            let Some(commit) = commit::of(key, observation, troubled.get(key).copied()) else { continue };
            let posted = commit.posted();
            if self.posted.get(key) != Some(&posted) {
                self.posted.insert(key.clone(), posted);
                words.push(Word::Commit(commit));
            }
        }
        words
    }

    /// The notes that do not say what is open.
    fn marks(&self) -> Vec<(ObjectKey, Option<String>)> {
        let mut wanted: BTreeMap<&ObjectKey, Vec<&RootKey>> = BTreeMap::new();
        for (key, open) in &self.open {
            wanted.entry(&open.lead).or_default().push(key);
        }
        let concerned: BTreeSet<&ObjectKey> = wanted.keys().copied().chain(self.marked.keys()).collect();
        let notes = concerned.into_iter().map(|key| {
            let note = mark::write(wanted.get(key).into_iter().flatten().copied());
            (key, note)
        });
        notes
            .filter(|(key, note)| self.marked.get(*key) != note.as_ref())
            .map(|(key, note)| (key.clone(), note))
            .collect()
    }

    fn next(&self, roots: &BTreeMap<RootKey, Root>) -> Option<Instant> {
        let arising =
            self.pending.iter().filter_map(|(key, since)| since.checked_add(self.patience(roots.get(key)?)));
        let ending = self.open.values().filter(|open| !is_open_ended(&self.known, &open.lead));
        let ending = ending.filter_map(|open| open.gone_since?.checked_add(self.delay));
        arising.chain(ending).min()
    }
}

/// Whether it cannot be told yet what has become of what was wrong with a Kustomization.
fn is_open_ended(known: &Known, lead: &ObjectKey) -> bool {
    known.get(lead).is_some_and(|known| matches!(known.standing, Standing::Busy | Standing::Unseen))
}
