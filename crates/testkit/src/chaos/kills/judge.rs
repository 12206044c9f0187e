//! What must hold after a kill and after the run that follows it. It looks at ids, UIDs and editions only, shares no code
//! with the controllers, and believes no condition of theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::content::EDITION;

/// A live object that carries our owner labels and is not being deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) uid: String,
    /// Its edition; nothing if it has none that can be read.
    pub(super) edition: Option<u64>,
}

impl Seen {
    /// As the API server shows it; nothing for one that is being deleted.
    pub(super) fn of(object: &Value) -> Option<Self> {
        let metadata = &object["metadata"];
        metadata["deletionTimestamp"].is_null().then(|| Self {
            uid: metadata["uid"].as_str().unwrap_or_default().to_owned(),
            edition: metadata["labels"][EDITION].as_str().and_then(|text| text.parse().ok()),
        })
    }
}

/// Live objects by id.
pub(super) type Live = BTreeMap<String, Seen>;
/// Declared objects by id, with their editions.
pub(super) type Declared = BTreeMap<String, u64>;

/// A promise that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// An object of ours that was made and that no stored inventory names, right after a kill.
    Unrecorded,
    /// An object of ours in the cluster that nobody declares, after Ready.
    Orphan,
    /// A declared object that the inventory does not name after Ready.
    Forgotten,
    /// A declared object that is not in the cluster after Ready.
    Missing,
    /// An object that the inventory names after Ready and that nobody declares.
    LeftOver,
    /// An object that stayed declared and that is not the same any more: it was deleted.
    Deleted,
    /// A declared object that has another content after Ready.
    Stale,
}

/// What was found of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong with it.
    pub broken: Broken,
    /// Its inventory id.
    pub object: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self.broken {
            Broken::Unrecorded => "was made, and no inventory names it after the kill",
            Broken::Orphan => "is in the cluster, and nobody declares it",
            Broken::Forgotten => "is declared, and the inventory does not name it",
            Broken::Missing => "is declared, and not in the cluster",
            Broken::LeftOver => "is in the inventory, and nobody declares it",
            Broken::Deleted => "stayed declared, and was deleted",
            Broken::Stale => "has not the content that is declared",
        };
        write!(f, "{} {words}", self.object)
    }
}

fn finding(broken: Broken) -> impl Fn(&String) -> Finding {
    move |object| Finding { broken, object: object.clone() }
}

/// Those that were there before, are declared by all of these commits, and are not the same objects any more.
pub(super) fn deleted(before: &Live, live: &Live, commits: &[&Declared]) -> Vec<Finding> {
    let stayed = before.iter().filter(|(id, _)| commits.iter().all(|declared| declared.contains_key(*id)));
    let gone = stayed.filter(|(id, seen)| live.get(*id).is_none_or(|now| now.uid != seen.uid));
    gone.map(|(id, _)| id).map(finding(Broken::Deleted)).collect()
}

/// What holds at any instant: all that was made is recorded.
pub(super) fn at_any_instant(live: &Live, inventory: &BTreeSet<String>) -> Vec<Finding> {
    live.keys().filter(|id| !inventory.contains(*id)).map(finding(Broken::Unrecorded)).collect()
}

/// What holds once a commit is applied: cluster, inventory and commit have the same objects.
pub(super) fn settled(declared: &Declared, live: &Live, inventory: &BTreeSet<String>) -> Vec<Finding> {
    let orphans = live.keys().filter(|id| !declared.contains_key(*id)).map(finding(Broken::Orphan));
    let left = inventory.iter().filter(|id| !declared.contains_key(*id)).map(finding(Broken::LeftOver));
    let mut findings: Vec<Finding> = orphans.chain(left).collect();
    for (id, edition) in declared {
        if !inventory.contains(id) {
            findings.push(finding(Broken::Forgotten)(id));
        }
        match live.get(id) {
            None => findings.push(finding(Broken::Missing)(id)),
            Some(seen) if seen.edition != Some(*edition) => findings.push(finding(Broken::Stale)(id)),
            Some(_) => {}
        }
    }
    findings
}

/// The ids of an inventory in a status.
pub(super) fn inventory(kustomization: &Value) -> BTreeSet<String> {
    let entries = kustomization["status"]["inventory"]["entries"].as_array();
    entries.into_iter().flatten().filter_map(|entry| entry["id"].as_str()).map(str::to_owned).collect()
}
