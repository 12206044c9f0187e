//! Inventories as sets: nothing is lost by a union, nothing is stale that is wanted, and the order is one.

use api::{Inventory, InventoryEntry};
use manifest::ObjectId;
use proptest::prelude::*;

use super::Ids;
use crate::changeset::{Action, Change};
use crate::samples::id;

fn ids(entries: &[(&str, &str)]) -> Ids {
    let entries =
        entries.iter().map(|(id, v)| InventoryEntry { id: (*id).to_owned(), v: (*v).to_owned() }).collect();
    Ids::of(Some(&Inventory { entries }))
}

#[test]
fn inventories_grow_ahead_and_shrink_behind() {
    let (mut stored, mut next) = (Ids::default(), Ids::default());
    stored.insert(&id("ConfigMap", "old"), "v1");
    stored.insert(&id("ConfigMap", "both"), "v1");
    next.insert(&id("ConfigMap", "new"), "v1");
    next.insert(&id("ConfigMap", "both"), "v2");
    assert_eq!(stored.minus(&next), vec![(id("ConfigMap", "old"), "v1".to_owned())]);
    let mut ahead = stored.clone();
    ahead.extend(&next);
    assert!(ahead.covers(&stored) && ahead.covers(&next) && !next.covers(&ahead));
    let text: Vec<String> =
        ahead.to_inventory().entries.iter().map(|entry| format!("{}@{}", entry.id, entry.v)).collect();
    assert_eq!(text, ["ns_both__ConfigMap@v2", "ns_new__ConfigMap@v1", "ns_old__ConfigMap@v1"]);
    assert_eq!(Ids::of(Some(&ahead.to_inventory())), ahead);
}

#[test]
fn of_an_id_that_is_stored_twice_one_is_left() {
    let twice = ids(&[("ns_a__ConfigMap", "v1"), ("ns_a__ConfigMap", "v2")]);
    assert_eq!((twice.len(), twice.to_inventory().entries[0].v.as_str()), (1, "v2"));
    assert_eq!(Ids::of(None), Ids::default());
    assert!(Ids::of(None).is_empty() && !twice.is_empty());
}

#[test]
fn an_id_that_cannot_be_read_is_kept_and_never_stale() {
    let mut next = Ids::default();
    next.insert(&id("ConfigMap", "a"), "v1");
    let stored = ids(&[("nonsense", "v1"), ("ns_b__ConfigMap", "v1")]);
    assert_eq!(stored.minus(&next), vec![(id("ConfigMap", "b"), "v1".to_owned())]);
    next.keep_unreadable(&stored);
    assert_eq!(next, ids(&[("nonsense", "v1"), ("ns_a__ConfigMap", "v1")]), "what can be read is not kept");
    assert!(next.contains(&id("ConfigMap", "a")) && !next.contains(&id("ConfigMap", "b")));
    assert_eq!(next.parsed(), vec![(id("ConfigMap", "a"), "v1".to_owned())]);
}

#[test]
fn every_kind_is_named_once_with_its_version() {
    let all = ids(&[
        ("ns_a_apps_Deployment", "v1"),
        ("ns_b_apps_Deployment", "v1"),
        ("ns_c__ConfigMap", "v1"),
        ("nonsense", "v9"),
    ]);
    let kinds: Vec<String> = all.kinds().into_iter().map(|(g, v, k)| format!("{g}/{v} {k}")).collect();
    assert_eq!(kinds, ["/v1 ConfigMap", "apps/v1 Deployment"]);
}

#[test]
fn what_a_run_left_is_an_inventory() {
    let change = |name: &str, action| Change {
        id: id("ConfigMap", name),
        version: "v1".to_owned(),
        action,
        baseline: None,
        object: None,
    };
    let changes =
        [change("a", Action::Created), change("b", Action::Unchanged), change("c", Action::Skipped)];
    assert_eq!(
        Ids::of_changes(&changes),
        ids(&[("ns_a__ConfigMap", "v1"), ("ns_b__ConfigMap", "v1"), ("ns_c__ConfigMap", "v1")])
    );
}

/// Ids of few names, so that sets meet; RBAC names with colons, which are written in another way; and unreadable ones.
fn entries() -> impl Strategy<Value = Ids> {
    let readable =
        ("[ab]{0,1}", "[a-c][:a]{0,2}", prop_oneof!["", "rbac\\.authorization\\.k8s\\.io"], "Role|Pod")
            .prop_map(|(namespace, name, group, kind)| {
                ObjectId { namespace, name, group, kind }.to_inventory()
            });
    let one = prop_oneof![8 => readable, 1 => "[a-c]{1,2}"];
    prop::collection::btree_map(one, "v[12]", 0..12).prop_map(|map| {
        let entries = map.into_iter().map(|(id, v)| InventoryEntry { id, v }).collect();
        Ids::of(Some(&Inventory { entries }))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A union has what either had, and nothing else, whichever way round; of the versions the later one stays.
    #[test]
    fn a_union_never_loses(a in entries(), b in entries()) {
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.extend(&b);
        ba.extend(&a);
        prop_assert!(ab.covers(&a) && ab.covers(&b));
        prop_assert!(ab.covers(&ba) && ba.covers(&ab));
        prop_assert!(ab.len() <= a.len() + b.len());
        let kept = ab.to_inventory().entries;
        for entry in b.to_inventory().entries {
            prop_assert!(kept.contains(&entry), "{entry:?}");
        }
        let again = { let mut again = ab.clone(); again.extend(&b); again };
        prop_assert_eq!(again, ab);
    }

    /// What is stale was there, is readable and is not wanted; and nothing else is missing.
    #[test]
    fn a_difference_is_what_is_no_longer_wanted(old in entries(), new in entries()) {
        let stale = old.minus(&new);
        for (id, _) in &stale {
            prop_assert!(old.contains(id) && !new.contains(id));
        }
        let mut rest = new.clone();
        for (id, version) in &stale {
            rest.insert(id, version);
        }
        rest.keep_unreadable(&old);
        prop_assert!(rest.covers(&old), "every old id is wanted, stale or unreadable");
        prop_assert!(old.minus(&old).is_empty());
    }

    /// The order in status depends on the ids alone, and writing and reading changes nothing.
    #[test]
    fn the_order_is_stable(all in entries()) {
        let written = all.to_inventory();
        prop_assert!(written.entries.windows(2).all(|pair| pair[0].id < pair[1].id));
        let mut turned = written.clone();
        turned.entries.reverse();
        prop_assert_eq!(Ids::of(Some(&turned)), all.clone());
        let mut parsed = Ids::default();
        for (id, version) in all.parsed() {
            parsed.insert(&id, &version);
        }
        parsed.keep_unreadable(&all);
        prop_assert_eq!(parsed, all);
    }
}
