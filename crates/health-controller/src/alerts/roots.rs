//! Which root causes there are among all Kustomizations, and who waits for each. Pure.
//!
//! The same object with the same fault is one root, whoever says it. A Kustomization that waits for another one is counted
//! with what is wrong there, as far as explanations reach.

use std::collections::{BTreeMap, BTreeSet};

use convergence::dependencies::Reach;
use reconcile_core::ObjectKey;

use super::observation::{Cause, Observation, Standing};

#[cfg(test)]
pub(crate) mod tests;

/// Tells one root from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RootKey {
    /// The namespace of those who say it; empty where explanations reach further.
    scope: String,
    /// Who says it, where it is about no object.
    of: Option<ObjectKey>,
    pub(super) reason: String,
    pub(super) object: Option<String>,
}

impl RootKey {
    /// What `key` says: this reason, of that object.
    pub(super) fn new(key: &ObjectKey, reason: &str, object: Option<&str>, reach: Reach) -> Self {
        let scope = match reach {
            Reach::OwnNamespace => key.namespace.clone(),
            Reach::AllNamespaces => String::new(),
        };
        Self {
            scope,
            of: object.is_none().then(|| key.clone()),
            reason: reason.to_owned(),
            object: object.map(str::to_owned),
        }
    }
}

/// Something that is wrong, and with whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Root {
    /// What it is, in the words of the first of `direct`.
    pub(super) cause: Cause,
    /// Who says so.
    pub(super) direct: BTreeSet<ObjectKey>,
    /// Who waits for one of those.
    pub(super) waiting: BTreeSet<ObjectKey>,
    /// What it is said to wait for is well: the next run may bear that out.
    pub(super) lags: bool,
}

/// What is known of all Kustomizations.
pub(super) type Known = BTreeMap<ObjectKey, Observation>;

/// What is made of the causes of one Kustomization.
#[derive(Default)]
struct Sorted<'a> {
    /// Its own, and whether what they wait for is well.
    own: Vec<(&'a Cause, bool)>,
    /// The first that comes from another Kustomization, and from which.
    borrowed: Option<(&'a Cause, ObjectKey)>,
}

/// All root causes.
pub(super) fn roots(known: &Known, reach: Reach) -> BTreeMap<RootKey, Root> {
    let sorted: BTreeMap<&ObjectKey, Sorted<'_>> = known
        .iter()
        .filter_map(|(key, observation)| match &observation.standing {
            Standing::Wrong(causes) => Some((key, sort(key, causes, known))),
            _ => None,
        })
        .collect();
    let mut roots = BTreeMap::new();
    for (key, sorted) in &sorted {
        for (cause, lags) in &sorted.own {
            add(&mut roots, key, cause, *lags, reach);
        }
    }
    for key in sorted.keys() {
        let Some(end) = follow(key, &sorted) else { continue };
        let root = match end {
            End::At(at, cause) => RootKey::new(&at, &cause.reason, cause.object.as_deref(), reach),
            End::Round(first, cause) => {
                add(&mut roots, &first, cause, false, reach);
                RootKey::new(&first, &cause.reason, cause.object.as_deref(), reach)
            }
        };
        if let Some(root) = roots.get_mut(&root)
            && !root.direct.contains(*key)
        {
            root.waiting.insert((*key).clone());
        }
    }
    for root in roots.values_mut() {
        // Who was found to say it itself after it had been found waiting.
        let direct = &root.direct;
        root.waiting.retain(|key| !direct.contains(key));
    }
    roots
}

fn add(roots: &mut BTreeMap<RootKey, Root>, key: &ObjectKey, cause: &Cause, lags: bool, reach: Reach) {
    let root_key = RootKey::new(key, &cause.reason, cause.object.as_deref(), reach);
    let root = roots.entry(root_key).or_insert_with(|| Root {
        cause: cause.clone(),
        direct: BTreeSet::new(),
        waiting: BTreeSet::new(),
        lags,
    });
    root.direct.insert(key.clone());
    root.lags &= lags;
}

fn sort<'a>(key: &ObjectKey, causes: &'a [Cause], known: &Known) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for cause in causes {
        let others: Vec<(&ObjectKey, Option<&Standing>)> = cause
            .from
            .iter()
            .filter(|other| *other != key)
            .map(|other| (other, known.get(other).map(|known| &known.standing)))
            .collect();
        let wrong = others.iter().find(|(_, standing)| matches!(standing, Some(Standing::Wrong(_))));
        if let Some((other, _)) = wrong {
            sorted.borrowed.get_or_insert((cause, (*other).clone()));
        } else if others.iter().any(|(_, standing)| matches!(standing, Some(Standing::Busy))) {
            // It waits for something that is on its way.
        } else {
            let lags = !others.is_empty()
                && others.iter().all(|(_, standing)| matches!(standing, Some(Standing::Well)));
            sorted.own.push((cause, lags));
        }
    }
    sorted
}

/// Where a chain of those who wait ends.
enum End<'a> {
    /// At something that is wrong by itself.
    At(ObjectKey, &'a Cause),
    /// Nowhere: they wait for each other. The first of them by name stands for all.
    Round(ObjectKey, &'a Cause),
}

fn follow<'a>(key: &ObjectKey, sorted: &BTreeMap<&ObjectKey, Sorted<'a>>) -> Option<End<'a>> {
    let mut passed = vec![key.clone()];
    let mut at = sorted.get(key)?.borrowed.as_ref()?.1.clone();
    loop {
        let here = sorted.get(&at)?;
        if let Some(begin) = passed.iter().position(|earlier| *earlier == at) {
            let first = passed.get(begin..)?.iter().min()?.clone();
            let cause = sorted.get(&first)?.borrowed.as_ref()?.0;
            return Some(End::Round(first, cause));
        }
        if let Some((cause, _)) = here.own.first() {
            return Some(End::At(at, cause));
        }
        passed.push(at.clone());
        at = here.borrowed.as_ref()?.1.clone();
    }
}
