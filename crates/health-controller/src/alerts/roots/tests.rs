//! Who waits for whom, and what is one root.

use std::collections::BTreeMap;

use convergence::dependencies::Reach;
use reconcile_core::ObjectKey;

use super::{Known, RootKey, roots};
use crate::alerts::observation::{Cause, Observation, Standing};
use crate::samples::key;

/// Something that is wrong with an object, by itself.
pub(crate) fn cause(reason: &str, object: &str) -> Cause {
    Cause {
        reason: reason.to_owned(),
        object: Some(object.to_owned()).filter(|object| !object.is_empty()),
        message: format!("{reason} it is"),
        hint: None,
        from: Vec::new(),
    }
}

/// It waits for these.
pub(crate) fn waits(who: &str, others: &[&str]) -> Cause {
    Cause {
        from: others.iter().map(|name| key(name)).collect(),
        ..cause("DependencyNotReady", &format!("Kustomization/apps/{who}"))
    }
}

pub(crate) fn observation(standing: Standing) -> Observation {
    let revision = Some("main@sha1:0123456789abcdef0123456789abcdef01234567".to_owned());
    Observation { standing, summary: "in short".to_owned(), applied: revision.clone(), revision }
}

fn wrong(causes: &[Cause]) -> Standing {
    Standing::Wrong(causes.to_vec())
}

fn known(all: &[(&str, Standing)]) -> Known {
    all.iter().map(|(name, standing)| (key(name), observation(standing.clone()))).collect()
}

/// Each root with who says it and who waits.
fn found(known: &Known, reach: Reach) -> BTreeMap<String, (Vec<String>, Vec<String>)> {
    let names =
        |keys: &std::collections::BTreeSet<ObjectKey>| keys.iter().map(|key| key.name.clone()).collect();
    roots(known, reach)
        .into_iter()
        .map(|(key, root)| (key.reason, (names(&root.direct), names(&root.waiting))))
        .collect()
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn nine_that_wait_and_a_chain_of_them_have_one_root() {
    let mut all = vec![("base", wrong(&[cause("HealthFailed", "Deployment/apps/db")]))];
    let chain = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let mut before = "base";
    for name in chain {
        all.push((name, wrong(&[waits(name, &[before])])));
        before = name;
    }
    let found = found(&known(&all), Reach::OwnNamespace);
    assert_eq!(found.len(), 1);
    assert_eq!(found["HealthFailed"], (names(&["base"]), names(&chain)));
}

#[test]
fn the_same_fault_of_the_same_object_is_one_root_whoever_says_it() {
    let broken = wrong(&[cause("SourceNotReady", "GitRepository/apps/app")]);
    let all = known(&[("a", broken.clone()), ("b", broken.clone()), ("c", wrong(&[waits("c", &["a"])]))]);
    let found = found(&all, Reach::OwnNamespace);
    assert_eq!(found["SourceNotReady"], (names(&["a", "b"]), names(&["c"])));
    let mut apart = known(&[("a", broken.clone())]);
    apart.insert(ObjectKey::new("other", "a"), observation(broken));
    assert_eq!(roots(&apart, Reach::OwnNamespace).len(), 2, "another namespace is not to know");
    assert_eq!(roots(&apart, Reach::AllNamespaces).len(), 1);
}

#[test]
fn what_is_about_no_object_is_each_one_s_own() {
    let failed = wrong(&[cause("ReconciliationFailed", "")]);
    assert_eq!(roots(&known(&[("a", failed.clone()), ("b", failed)]), Reach::AllNamespaces).len(), 2);
}

#[test]
fn who_waits_for_something_on_its_way_is_not_wrong() {
    let all = known(&[
        ("base", Standing::Busy),
        ("a", wrong(&[waits("a", &["base"])])),
        ("b", wrong(&[waits("b", &["a"])])),
    ]);
    assert!(roots(&all, Reach::OwnNamespace).is_empty());
}

#[test]
fn who_waits_for_something_that_is_well_or_unknown_says_so_itself() {
    let well = known(&[("base", Standing::Well), ("a", wrong(&[waits("a", &["base"])]))]);
    let found = roots(&well, Reach::OwnNamespace);
    assert!(found.values().all(|root| root.lags) && found.len() == 1, "{found:?}");
    let unknown = known(&[("a", wrong(&[waits("a", &["base"])]))]);
    let found = roots(&unknown, Reach::OwnNamespace);
    assert!(found.values().all(|root| !root.lags) && found.len() == 1, "{found:?}");
}

#[test]
fn those_who_wait_for_each_other_are_one_root() {
    let all = known(&[
        ("a", wrong(&[waits("a", &["b"])])),
        ("b", wrong(&[waits("b", &["c"])])),
        ("c", wrong(&[waits("c", &["b"])])),
    ]);
    let found = roots(&all, Reach::OwnNamespace);
    assert_eq!(found.len(), 1, "{found:?}");
    let (root_key, root) = found.into_iter().next().unwrap();
    assert_eq!(
        root_key,
        RootKey::new(&key("b"), "DependencyNotReady", Some("Kustomization/apps/b"), Reach::OwnNamespace)
    );
    assert_eq!((root.direct.len(), root.waiting.len()), (1, 2));
}

#[test]
fn who_waits_and_is_wrong_itself_counts_for_both() {
    let all = known(&[
        ("base", wrong(&[cause("BuildFailed", "Kustomization/apps/base")])),
        ("a", wrong(&[waits("a", &["base"]), cause("HealthFailed", "Deployment/apps/a")])),
    ]);
    let found = found(&all, Reach::OwnNamespace);
    assert_eq!(found["BuildFailed"], (names(&["base"]), names(&["a"])));
    assert_eq!(found["HealthFailed"], (names(&["a"]), names(&[])));
}
