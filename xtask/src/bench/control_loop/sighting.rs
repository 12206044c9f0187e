//! What the independent watch keeps of the objects it sees, and what follows from that: how long drift lived. Pure.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

/// An object of a kind.
pub(super) type Key = (&'static str, String);

/// What was to be seen of an object, once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// It is not there.
    pub(super) is_gone: bool,
    /// Ready is True for the present generation.
    pub(super) is_ready: bool,
    /// `status.lastAppliedRevision`, or the revision of `status.artifact`.
    pub(super) revision: String,
    /// `status.lastHandledReconcileAt`.
    pub(super) handled: String,
    /// `data.key`.
    pub(super) value: String,
    /// The label with the name of the Kustomization that applied it.
    pub(super) owner: String,
}

impl Facts {
    pub(super) fn of(object: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (metadata, status) = (&object["metadata"], &object["status"]);
        let conditions = status["conditions"].as_array();
        let is_ready = conditions.into_iter().flatten().any(|condition| {
            let observed = &condition["observedGeneration"];
            condition["type"] == "Ready"
                && condition["status"] == "True"
                && (observed.is_null() || *observed == metadata["generation"])
        });
        let applied = text(&status["lastAppliedRevision"]);
        let artifact = text(&status["artifact"]["revision"]);
        Self {
            is_gone: false,
            is_ready,
            revision: if applied.is_empty() { artifact } else { applied },
            handled: text(&status["lastHandledReconcileAt"]),
            value: text(&object["data"]["key"]),
            owner: text(&metadata["labels"]["kustomize.toolkit.fluxcd.io/name"]),
        }
    }

    /// Whether it is Ready, and so far.
    pub(super) fn is_at(&self, revision: &str) -> bool {
        self.is_ready && self.revision == revision
    }
}

/// What was seen, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) at: Instant,
    pub(super) key: Key,
    pub(super) facts: Facts,
}

/// Everything that the watch has seen.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    pub(super) all: Vec<Sighting>,
    pub(super) latest: BTreeMap<Key, Facts>,
}

impl Sightings {
    pub(super) fn see(&mut self, at: Instant, key: Key, facts: Facts) {
        // A watch that begins again tells what is known.
        if self.latest.get(&key) != Some(&facts) {
            self.latest.insert(key.clone(), facts.clone());
            self.all.push(Sighting { at, key, facts });
        }
    }

    /// What is known of an object.
    pub(super) fn of(&self, kind: &'static str, name: &str) -> Option<&Facts> {
        self.latest.get(&(kind, name.to_owned()))
    }

    /// How many objects of a kind are as wanted now.
    pub(super) fn count(&self, kind: &'static str, wanted: impl Fn(&str, &Facts) -> bool) -> usize {
        let of_kind = self.latest.iter().filter(|((found, _), _)| *found == kind);
        of_kind.filter(|((_, name), facts)| wanted(name, facts)).count()
    }

    /// When each object of a kind was as wanted for the first time since then.
    pub(super) fn first(
        &self,
        since: Instant,
        kind: &'static str,
        wanted: impl Fn(&str, &Facts) -> bool,
    ) -> BTreeMap<&str, Instant> {
        let mut found = BTreeMap::new();
        for Sighting { at, key: (of, name), facts } in &self.all {
            if *of == kind && *at >= since && wanted(name, facts) {
                found.entry(name.as_str()).or_insert(*at);
            }
        }
        found
    }
}

/// An edit that has to be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: Instant,
    pub(super) key: Key,
}

/// How long each edit lived, as the watch saw it: from its sending until the object was seen as declared after it had
/// been seen otherwise. Nothing for one that was not healed.
pub(super) fn lives(
    edits: &[Edit],
    sightings: &[Sighting],
    declared: impl Fn(&Facts) -> bool,
) -> Vec<Option<Duration>> {
    let mut by_key: BTreeMap<&Key, Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings {
        by_key.entry(&sighting.key).or_default().push(sighting);
    }
    let life = |edit: &Edit| {
        let seen = by_key.get(&edit.key)?;
        let mut later = seen.iter().skip_while(|sighting| sighting.at < edit.at);
        later.find(|sighting| !declared(&sighting.facts))?;
        let healed = later.find(|sighting| declared(&sighting.facts))?;
        Some(healed.at - edit.at)
    };
    edits.iter().map(life).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(value: &str) -> Facts {
        Facts { value: value.to_owned(), ..Facts::default() }
    }

    #[test]
    fn an_edit_lives_until_the_object_is_as_declared_again() {
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let key = |name: &str| ("ConfigMap", name.to_owned());
        let edit = |name, ms| Edit { at: at(ms), key: key(name) };
        let mut seen = Sightings::default();
        for (ms, name, facts) in [
            (0, "a", value("1")),
            (12, "a", value("x")),
            (15, "b", Facts { is_gone: true, ..Facts::default() }),
            (20, "a", value("1")),
            (42, "a", value("y")),
            (43, "a", value("y")),
            (44, "a", value("z")),
            (70, "a", value("1")),
        ] {
            seen.see(at(ms), key(name), facts);
        }
        let lives = lives(
            &[edit("a", 10), edit("a", 40), edit("a", 43), edit("b", 10), edit("c", 10)],
            &seen.all,
            |facts| facts.value == "1",
        );
        let ms = |life: Option<Duration>| life.map(|life| life.as_millis());
        assert_eq!(
            lives.into_iter().map(ms).collect::<Vec<_>>(),
            [Some(10), Some(30), Some(27), None, None],
            "an edit of what is not healed yet lives as long as that"
        );
        assert_eq!(seen.all.len(), 7, "the same again is no sighting");
    }

    #[test]
    fn sightings_are_counted_by_kind() {
        let start = Instant::now();
        let mut seen = Sightings::default();
        for (ms, name, text) in [(1, "a", "1"), (2, "a", "2"), (3, "b", "2"), (4, "a", "3")] {
            seen.see(start + Duration::from_millis(ms), ("ConfigMap", name.to_owned()), value(text));
        }
        assert_eq!(seen.count("ConfigMap", |_, facts| facts.value == "2"), 1);
        assert_eq!(seen.count("Secret", |_, _| true), 0);
        let first = seen.first(start, "ConfigMap", |_, facts| facts.value != "1");
        let first: Vec<_> = first.into_iter().map(|(name, at)| (name, (at - start).as_millis())).collect();
        assert_eq!(first, [("a", 2), ("b", 3)]);
    }

    #[test]
    fn what_is_kept_of_an_object() {
        let object = |observed: u64| {
            json!({"metadata": {"generation": 2}, "status": {
                "lastAppliedRevision": "r", "conditions": [{"type": "Ready", "status": "True", "observedGeneration": observed}],
            }})
        };
        assert!(Facts::of(&object(2)).is_at("r") && !Facts::of(&object(2)).is_at("s"));
        assert!(!Facts::of(&object(1)).is_ready, "of an earlier generation");
        assert_eq!(Facts::of(&json!({"status": {"artifact": {"revision": "main@1"}}})).revision, "main@1");
    }
}
