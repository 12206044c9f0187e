//! How long a kind is watched.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{KindName, LINGER, kept};

fn kind(name: &str) -> KindName {
    (String::new(), "v1".to_owned(), name.to_owned())
}

fn kinds(names: &[&str]) -> BTreeSet<KindName> {
    names.iter().map(|name| kind(name)).collect()
}

struct Watch {
    held: BTreeSet<KindName>,
    left: BTreeMap<KindName, Instant>,
    begun: Instant,
}

impl Watch {
    /// What is kept so many seconds after the beginning, and after how many something may be given up.
    fn at(&mut self, seconds: u64, inventory: &[&str], leaving: &[&str]) -> (Vec<String>, Option<u64>) {
        let now = self.begun + Duration::from_secs(seconds);
        let (names, rest) = kept(self.held.iter(), &kinds(inventory), &kinds(leaving), &mut self.left, now);
        self.held = names;
        (self.held.iter().map(|(_, _, kind)| kind.clone()).collect(), rest.map(|rest| rest.as_secs()))
    }
}

fn watch(held: &[&str]) -> Watch {
    Watch { held: kinds(held), left: BTreeMap::new(), begun: Instant::now() }
}

#[test]
fn a_kind_that_leaves_the_inventory_is_watched_for_a_while() {
    let mut watch = watch(&["ConfigMap", "Job"]);
    let both = || vec!["ConfigMap".to_owned(), "Job".to_owned()];
    assert_eq!(watch.at(0, &["ConfigMap", "Job"], &[]), (both(), None));
    assert_eq!(watch.at(1, &["ConfigMap"], &[]), (both(), Some(60)));
    assert_eq!(watch.at(31, &["ConfigMap"], &[]), (both(), Some(30)));
    assert_eq!(watch.at(61, &["ConfigMap"], &[]), (vec!["ConfigMap".to_owned()], None));
    assert!(watch.left.is_empty());
}

#[test]
fn while_something_of_it_is_leaving_it_is_watched() {
    let mut watch = watch(&["Job"]);
    let job = || vec!["Job".to_owned()];
    assert_eq!(watch.at(0, &[], &["Job"]), (job(), None), "its end wakes");
    assert_eq!(watch.at(9000, &[], &["Job"]), (job(), None));
    assert_eq!(watch.at(9001, &[], &[]), (job(), Some(59)));
    assert_eq!(watch.at(9000 + LINGER.as_secs(), &[], &[]), (Vec::new(), None));
}

#[test]
fn one_that_comes_back_is_as_new() {
    let mut watch = watch(&["Job"]);
    watch.at(0, &[], &[]);
    watch.at(50, &["Job"], &[]);
    assert_eq!(watch.at(100, &[], &[]).1, Some(60));
}
