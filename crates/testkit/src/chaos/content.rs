//! What a commit declares: ConfigMaps that follow from seed, object and edition alone, so that what must be in the
//! cluster can be told at any time without asking Git or a controller. Nothing here talks to anybody.

use std::collections::BTreeMap;

use serde_json::json;

use super::dice::Dice;

/// How many editions a slow key stays the same for.
const SLOW: u64 = 4;

/// One ConfigMap as a commit declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    /// `metadata.name`.
    pub(super) name: String,
    /// `data`.
    pub(super) data: BTreeMap<String, String>,
    /// `metadata.labels`.
    pub(super) labels: BTreeMap<String, String>,
    /// `metadata.annotations`.
    pub(super) annotations: BTreeMap<String, String>,
}

impl Declared {
    /// The object in an edition. The keys `edition` differ in any two editions; others stay the same for all or
    /// some, and a few are there now and then only.
    #[must_use]
    pub(super) fn of(seed: u64, object: usize, edition: u64) -> Self {
        let object = object as u64;
        let mut dice = Dice::of(&[seed, object, edition]);
        let steady = Dice::of(&[seed, object]).number();
        let slow = Dice::of(&[seed, object, edition / SLOW]).number();
        let stamp = format!("{edition}-{:016x}", dice.number());
        let lines = (0..dice.below(12)).map(|line| format!("line {line}: {:x}\n", dice.number())).collect();
        let mut declared = Self {
            name: format!("chaos-{object:05}"),
            data: owned([
                ("edition", stamp.clone()),
                ("steady", format!("{steady:x}")),
                ("slow", format!("{slow:x}")),
                ("text", lines),
            ]),
            labels: owned([("edition", format!("e{edition}")), ("shade", format!("s{}", dice.below(3)))]),
            annotations: owned([("chaos/edition", stamp), ("chaos/note", format!("{:x}", dice.below(4)))]),
        };
        if dice.one_in(4) {
            declared.data.insert("sometimes".to_owned(), format!("{:x}", dice.number()));
        }
        if dice.one_in(5) {
            declared.data.insert("empty".to_owned(), String::new());
        }
        if dice.one_in(4) {
            declared.labels.insert("sometimes".to_owned(), "yes".to_owned());
        }
        if dice.one_in(4) {
            declared.annotations.insert("chaos/sometimes".to_owned(), "yes".to_owned());
        }
        declared
    }

    /// Its file in the repository: path and text. JSON is YAML, and leaves no doubt about any string.
    #[must_use]
    pub(super) fn file(&self) -> (String, String) {
        let object = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": { "name": self.name, "labels": self.labels, "annotations": self.annotations },
            "data": self.data,
        });
        (format!("{}.yaml", self.name), format!("{object:#}\n"))
    }
}

/// All objects of an edition.
#[must_use]
pub(super) fn edition(seed: u64, objects: usize, edition: u64) -> Vec<Declared> {
    (0..objects).map(|object| Declared::of(seed, object, edition)).collect()
}

fn owned<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
