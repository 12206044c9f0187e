//! Fields that are changed again as often as they are put back: corrections are counted per field over a window, and a
//! fight lasts until its field has been quiet for as long. The brake on heals (`heal_backoff`) is another matter: it
//! makes fights slow, and what it holds is not quiet.

use super::bounds::{CORRECTIONS, CORRECTIONS_KEPT, COUNTED, WINDOW};
use api::drift_report::{FieldDrift, Fight, MAX_FIGHTS, MAX_PATHS};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use manifest::ObjectId;
use std::collections::{BTreeMap, BTreeSet};

/// The end of a delay is worked out from two clocks and cut to whole seconds: so much says nothing.
const WOBBLE: SignedDuration = SignedDuration::from_secs(1);

/// One field, with what was said of it last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    /// Within the window before the last one.
    corrected: Vec<Timestamp>,
    /// How many they were; what an earlier process counted is known as a number only.
    count: i64,
    /// Since when it is a fight.
    since: Option<Timestamp>,
    /// Until when it cannot be called quiet: its last correction, or the end of the brake's delay.
    last: Timestamp,
    desired: Option<String>,
    live: Option<String>,
    manager: Option<String>,
}

/// One object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Fought {
    /// By path; the empty one is the whole object.
    fields: BTreeMap<String, Field>,
    retry_at: Option<Timestamp>,
}

impl Fought {
    /// The fields that are fought over, by path.
    fn fights(&self) -> impl Iterator<Item = (&String, &Field, Timestamp)> {
        self.fields.iter().filter_map(|(path, field)| Some((path, field, field.since?)))
    }

    /// The field that the fight is told by.
    fn fight(&self) -> Option<(&String, &Field, Timestamp)> {
        self.fights().next()
    }

    /// Forgets the fields that have been quiet; true when one of them was fought over.
    fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.fights().count();
        self.fields.retain(|_, field| field.ends_at() > now);
        self.fights().count() != before
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Fights(BTreeMap<ObjectId, Fought>);

impl Fights {
    /// An object was put back in these fields; in all of it where none are known. True when there is news to tell.
    pub(super) fn corrected(&mut self, id: &ObjectId, paths: &[FieldDrift], now: Timestamp) -> bool {
        let ended = self.expire(now);
        if !self.0.contains_key(id) && self.0.len() >= COUNTED {
            return ended;
        }
        let fought = self.0.entry(id.clone()).or_default();
        let was_braked = fought.retry_at.take().is_some();
        let whole =
            [FieldDrift { path: String::new(), desired: None, live: None, manager: None, changed_at: None }];
        // Several may have one path: an element that went and one that came in its place, or keys that are cut.
        let mut counted = BTreeSet::new();
        for path in if paths.is_empty() { &whole } else { paths } {
            let has_room = fought.fields.len() < MAX_PATHS || fought.fields.contains_key(&path.path);
            if has_room && counted.insert(path.path.as_str()) {
                fought.fields.entry(path.path.clone()).or_insert_with(|| Field::new(now)).correct(path, now);
            }
        }
        ended || was_braked || fought.fight().is_some()
    }

    /// The brake holds an object, which differs from what it should be.
    pub(super) fn braked(
        &mut self,
        id: &ObjectId,
        paths: &[FieldDrift],
        retry_at: Timestamp,
        now: Timestamp,
    ) -> bool {
        let ended = self.expire(now);
        let fought = self.0.entry(id.clone()).or_default();
        if fought.fight().is_none() {
            // Many corrections, and no field had enough of them: the one that had most stands for all.
            let most = fought
                .fields
                .iter()
                .max_by_key(|(_, field)| field.corrected.len())
                .map(|(path, _)| path.clone());
            let path = most.or_else(|| paths.first().map(|path| path.path.clone())).unwrap_or_default();
            let field = fought.fields.entry(path).or_insert_with(|| Field::new(now));
            field.since = Some(field.corrected.first().copied().unwrap_or(now));
        }
        for path in paths {
            if let Some(field) = fought.fields.get_mut(&path.path) {
                field.say(path);
            }
        }
        let known = fought.retry_at.filter(|known| known.duration_since(retry_at).abs() <= WOBBLE);
        let changed = known.is_none();
        let retry_at = known.unwrap_or(retry_at);
        fought.retry_at = Some(retry_at);
        for field in fought.fields.values_mut() {
            field.last = field.last.max(retry_at);
        }
        ended || changed
    }

    /// Objects that are not the Kustomization's any more are nobody's fight.
    pub(super) fn keep(&mut self, is_known: &dyn Fn(&ObjectId) -> bool) -> bool {
        let before = self.count();
        self.0.retain(|id, _| is_known(id));
        self.count() != before
    }

    /// Forgets what has been quiet; true when a fight is over.
    pub(super) fn expire(&mut self, now: Timestamp) -> bool {
        let mut ended = false;
        self.0.retain(|_, fought| {
            ended |= fought.expire(now);
            !fought.fields.is_empty()
        });
        ended
    }

    /// When the next fight is over, if it stays quiet.
    pub(super) fn next_end(&self) -> Option<Timestamp> {
        self.0.values().flat_map(Fought::fights).map(|(_, field, _)| field.ends_at()).min()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.values().filter(|fought| fought.fight().is_some()).count()
    }

    /// What is told at a time, by id.
    pub(super) fn told(&self, now: Timestamp) -> Vec<Fight> {
        let told = self.0.iter().filter_map(|(id, fought)| {
            let (path, field, since) = fought.fights().find(|(_, field, _)| field.ends_at() > now)?;
            Some(Fight {
                id: id.to_inventory(),
                path: path.clone(),
                manager: field.manager.clone(),
                desired: field.desired.clone(),
                live: field.live.clone(),
                corrections: field.count,
                since: Time(since),
                retry_at: fought.retry_at.map(Time),
            })
        });
        told.take(MAX_FIGHTS).collect()
    }

    /// Takes in what an earlier process wrote, where nothing is known yet. It has to be quiet for a window from now on.
    pub(super) fn restore(&mut self, written: &[Fight], now: Timestamp) {
        for fight in written {
            let Ok(id) = ObjectId::from_inventory(&fight.id) else { continue };
            let fought = self.0.entry(id).or_default();
            let field = fought.fields.entry(fight.path.clone()).or_insert_with(|| Field {
                desired: fight.desired.clone(),
                live: fight.live.clone(),
                manager: fight.manager.clone(),
                count: fight.corrections,
                ..Field::new(now)
            });
            field.since = Some(field.since.map_or(fight.since.0, |since| since.min(fight.since.0)));
        }
    }
}

impl Field {
    const fn new(now: Timestamp) -> Self {
        Self {
            corrected: Vec::new(),
            count: 0,
            since: None,
            last: now,
            desired: None,
            live: None,
            manager: None,
        }
    }

    fn ends_at(&self) -> Timestamp {
        self.last.checked_add(WINDOW).unwrap_or(self.last)
    }

    fn correct(&mut self, said: &FieldDrift, now: Timestamp) {
        self.say(said);
        self.last = now;
        self.corrected.push(now);
        self.corrected.retain(|time| now.duration_since(*time) < WINDOW);
        let excess = self.corrected.len().saturating_sub(CORRECTIONS_KEPT);
        self.corrected.drain(..excess);
        self.count = i64::try_from(self.corrected.len()).unwrap_or(i64::MAX);
        if self.since.is_none() && self.corrected.len() >= CORRECTIONS {
            self.since = self.corrected.first().copied();
        }
    }

    fn say(&mut self, said: &FieldDrift) {
        self.desired.clone_from(&said.desired);
        self.live.clone_from(&said.live);
        self.manager.clone_from(&said.manager);
    }
}

#[cfg(test)]
mod tests;
