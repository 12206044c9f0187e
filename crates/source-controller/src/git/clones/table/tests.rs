//! Who has what, in any order of beginnings, ends, failures and departures.

use std::collections::{HashMap, HashSet};

use proptest::prelude::{Strategy as _, any};
use proptest::{collection, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{Table, Used};

type Plain = Table<u8, u32>;

fn used(keys: &[u8]) -> Used<u8> {
    keys.iter().map(|key| (*key, HashSet::from(["c".to_owned()]))).collect()
}

#[test]
fn objects_share_what_they_ask_alike() {
    let mut table = Plain::new();
    let (a, _) = table.begin("a");
    let (b, _) = table.begin("b");
    assert_eq!(table.claim("a", a, &1, || 10), Some(10));
    assert_eq!(table.claim("b", b, &1, || 11), Some(10), "there is one");
    assert_eq!(table.settle("a", a, used(&[1])), Vec::<u32>::new());
    assert_eq!(table.settle("b", b, used(&[1])), Vec::<u32>::new());
    assert!(table.had("a", &1, "c") && !table.had("a", &1, "d") && !table.had("a", &2, "c"));
    assert_eq!(table.remove("a"), Vec::<u32>::new(), "the other has it");
    assert!(!table.had("a", &1, "c"), "what one was given is not another's");
    assert_eq!(table.remove("b"), [10]);
    assert_eq!(table.remove("b"), Vec::<u32>::new());
    assert!(table.uids().is_empty() && !table.has(&1));
}

#[test]
fn a_former_address_goes_when_the_new_one_answers() {
    let mut table = Plain::new();
    let (first, _) = table.begin("a");
    table.claim("a", first, &1, || 10);
    table.settle("a", first, used(&[1]));
    let (second, gone) = table.begin("a");
    assert_eq!(gone, Vec::<u32>::new());
    table.claim("a", second, &2, || 20);
    assert!(table.has(&1), "nothing is known of the new one yet");
    assert_eq!(table.settle("a", second, used(&[2])), [10]);
    // The same when nothing is new there.
    let (third, _) = table.begin("a");
    table.claim("a", third, &3, || 30);
    assert_eq!(table.unchanged("a", third, &3), [20]);
    let (fourth, _) = table.begin("a");
    table.claim("a", fourth, &3, || 31);
    assert_eq!(table.unchanged("a", fourth, &3), Vec::<u32>::new());
}

#[test]
fn what_a_failed_run_asked_for_is_there_for_the_next_one_only() {
    let mut table = Plain::new();
    for key in 1..=4 {
        let (run, gone) = table.begin("a");
        let expected = if key > 2 { vec![u32::from(key - 2)] } else { Vec::new() };
        assert_eq!(gone, expected, "what the run before the last one had");
        table.claim("a", run, &key, || u32::from(key));
    }
    let (run, _) = table.begin("a");
    assert_eq!(table.claim("a", run, &4, || 44), Some(4), "it was not made for nothing");
}

#[test]
fn nobody_heeds_a_run_that_is_not_the_latest() {
    let mut table = Plain::new();
    let (old, _) = table.begin("a");
    table.claim("a", old, &1, || 10);
    let (new, _) = table.begin("a");
    assert_eq!(table.claim("a", old, &2, || 20), None);
    assert_eq!(table.settle("a", old, used(&[])), Vec::<u32>::new());
    assert_eq!(table.claim("a", new, &1, || 11), Some(10));
    table.remove("a");
    assert_eq!(table.claim("a", new, &1, || 12), None, "its object is gone");
    assert!(!table.has(&1));
}

#[test]
fn a_clone_gives_way_once() {
    let mut table = Plain::new();
    let (a, _) = table.begin("a");
    table.claim("a", a, &1, || 10);
    assert_eq!(table.replace(&1, &10, 11), Some(10));
    assert_eq!(table.replace(&1, &10, 12), None, "somebody was faster");
    assert_eq!(table.replace(&2, &10, 12), None);
    assert_eq!(table.claim("a", a, &1, || 13), Some(11));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin(u8),
    /// Of this object's latest run, or of one that is over.
    Claim(u8, u8, bool),
    Settle(u8, u8, bool),
    Unchanged(u8, bool),
    Replace(u8),
    Remove(u8),
}

fn steps() -> impl proptest::strategy::Strategy<Value = Vec<Step>> {
    let (object, key) = (0..4_u8, 0..5_u8);
    let step = prop_oneof![
        3 => object.clone().prop_map(Step::Begin),
        4 => (object.clone(), key.clone(), any::<bool>()).prop_map(|(o, k, old)| Step::Claim(o, k, old)),
        3 => (object.clone(), any::<u8>(), any::<bool>()).prop_map(|(o, which, old)| Step::Settle(o, which, old)),
        1 => (object.clone(), any::<bool>()).prop_map(|(o, old)| Step::Unchanged(o, old)),
        1 => key.prop_map(Step::Replace),
        1 => object.prop_map(Step::Remove),
    ];
    collection::vec(step, 0..60)
}

/// What an object may count on, kept beside the table in the plainest way.
#[derive(Debug, Default)]
struct Model {
    run: u64,
    settled: HashSet<u8>,
    trying: HashSet<u8>,
    tried: HashSet<u8>,
}

proptest! {
    /// A clone is there exactly as long as an object has it; each is given back once; nobody gets another one's.
    #[test]
    fn clones_are_counted(steps in steps()) {
        let mut table = Plain::new();
        let mut models: HashMap<String, Model> = HashMap::new();
        let (mut made, mut gone) = (0_u32, HashSet::new());
        let mut current: HashMap<u8, u32> = HashMap::new();
        for step in steps {
            let name = |object: u8| format!("o{object}");
            let run = |models: &HashMap<String, Model>, object: u8, old: bool| {
                let run = models.get(&name(object)).map_or(1, |model| model.run);
                run - u64::from(old)
            };
            let given_back = match step {
                Step::Begin(object) => {
                    let (run, gone) = table.begin(&name(object));
                    let model = models.entry(name(object)).or_default();
                    model.run = run;
                    model.tried = std::mem::take(&mut model.trying);
                    gone
                }
                Step::Claim(object, key, old) => {
                    let number = run(&models, object, old);
                    made += 1;
                    let claimed = table.claim(&name(object), number, &key, || made);
                    let is_heard = !old && models.contains_key(&name(object));
                    prop_assert_eq!(claimed.is_some(), is_heard);
                    if let Some(clone) = claimed {
                        let expected = *current.entry(key).or_insert(made);
                        prop_assert_eq!(clone, expected, "all who ask alike get one");
                        models.get_mut(&name(object)).unwrap().trying.insert(key);
                    }
                    Vec::new()
                }
                Step::Settle(object, which, old) => {
                    let number = run(&models, object, old);
                    let model = models.entry(name(object));
                    let trying: Vec<u8> = match &model {
                        std::collections::hash_map::Entry::Occupied(entry) => {
                            let mut all: Vec<u8> = entry.get().trying.iter().copied().collect();
                            all.sort_unstable();
                            all.into_iter().filter(|key| which & (1 << key) != 0).collect()
                        }
                        std::collections::hash_map::Entry::Vacant(_) => Vec::new(),
                    };
                    let gone = table.settle(&name(object), number, used(&trying));
                    if let std::collections::hash_map::Entry::Occupied(mut entry) = model
                        && !old
                    {
                        let model = entry.get_mut();
                        model.settled = trying.into_iter().collect();
                        model.trying.clear();
                        model.tried.clear();
                    }
                    gone
                }
                Step::Unchanged(object, old) => {
                    let number = run(&models, object, old);
                    let Some(model) = models.get_mut(&name(object)) else { continue };
                    let Some(key) = model.trying.iter().min().copied() else { continue };
                    let gone = table.unchanged(&name(object), number, &key);
                    if !old && !model.settled.contains(&key) {
                        model.settled = HashSet::from([key]);
                        model.trying.clear();
                        model.tried.clear();
                    }
                    gone
                }
                Step::Replace(key) => {
                    let Some(old) = current.get(&key).copied() else { continue };
                    made += 1;
                    prop_assert_eq!(table.replace(&key, &old, made), Some(old));
                    prop_assert_eq!(table.replace(&key, &old, made + 1), None);
                    current.insert(key, made);
                    vec![old]
                }
                Step::Remove(object) => {
                    models.remove(&name(object));
                    table.remove(&name(object))
                }
            };
            for clone in given_back {
                prop_assert!(gone.insert(clone), "{clone} was given back before");
                current.retain(|_, known| *known != clone);
            }
            let wanted: HashSet<u8> = models
                .values()
                .flat_map(|model| model.settled.iter().chain(&model.trying).chain(&model.tried))
                .copied()
                .collect();
            let kept: HashSet<u8> = (0..5).filter(|key| table.has(key)).collect();
            prop_assert_eq!(&kept, &wanted, "after {:?}", step);
            prop_assert_eq!(current.keys().copied().collect::<HashSet<_>>(), wanted);
            prop_assert_eq!(table.uids(), models.keys().cloned().collect::<HashSet<_>>());
        }
        // In the end nothing is left.
        for uid in table.uids() {
            table.remove(&uid);
        }
        prop_assert!((0..5).all(|key| !table.has(&key)));
    }
}
