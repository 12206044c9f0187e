//! Who points where, after any changes.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{any, proptest};
use proptest::prop_assert_eq;

use super::Index;

#[test]
fn the_index_follows_changes() {
    let index: Index<&str, u32> = Index::new();
    index.set(&1, ["source", "dependency"]);
    index.set(&2, ["source"]);
    assert_eq!(index.dependants(&"source"), [1, 2]);
    index.set(&1, ["dependency"]);
    assert_eq!(index.dependants(&"source"), [2]);
    index.remove(&2);
    assert!(index.dependants(&"source").is_empty());
    assert_eq!(index.dependants(&"dependency"), [1]);
}

#[test]
fn a_dependant_may_name_a_target_twice_and_is_named_once() {
    let index: Index<&str, u32> = Index::new();
    index.set(&1, ["source", "source"]);
    assert_eq!(index.dependants(&"source"), [1]);
    index.set(&1, []);
    assert!(index.dependants(&"source").is_empty());
}

#[test]
fn nothing_is_kept_of_what_nobody_points_at() {
    let index: Index<&str, u32> = Index::new();
    index.set(&1, ["a", "b"]);
    index.set(&2, ["b"]);
    index.remove(&1);
    index.remove(&1);
    index.set(&2, []);
    let inner = index.inner.read();
    assert!(inner.by_target.is_empty() && inner.by_dependant.is_empty(), "{inner:?}");
}

proptest! {
    #[test]
    fn the_index_says_what_a_plain_search_would(
        changes in proptest::collection::vec((0..5_u8, proptest::collection::vec(0..5_u8, 0..4), any::<bool>()), 0..40),
    ) {
        let index: Index<u8, u8> = Index::new();
        let mut plain: BTreeMap<u8, BTreeSet<u8>> = BTreeMap::new();
        for (dependant, targets, gone) in changes {
            if gone {
                index.remove(&dependant);
                plain.remove(&dependant);
            } else {
                plain.insert(dependant, targets.iter().copied().collect());
                index.set(&dependant, targets);
            }
            for target in 0..5 {
                let found: Vec<u8> =
                    plain.iter().filter(|(_, all)| all.contains(&target)).map(|(one, _)| *one).collect();
                prop_assert_eq!(index.dependants(&target), found);
            }
        }
    }
}
