//! Whoever has to heal an object hears of it.

use crate::claims::{Alarm, Claims};
use crate::memory::LaneObjects;
use crate::samples::{absent, baseline, change, config_map, id, key, local, owned_by, present};
use crate::target::TargetObject;
use ::apply::Action;
use cluster::TargetId;
use parking_lot::Mutex;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Who has to heal what, as far as the alarms said.
type Heard = Arc<Mutex<BTreeSet<(String, String)>>>;

/// Claims, and what they raise.
fn ringing() -> (Claims, Heard) {
    let (claims, heard) = (Claims::default(), Arc::new(Mutex::new(BTreeSet::new())));
    let hear = Arc::clone(&heard);
    claims.on_alarm(move |key, alarm| {
        if let Alarm::Drift(ids) = alarm {
            hear.lock().extend(ids.into_iter().map(|object| (key.name.clone(), object.id.name)));
        }
    });
    (claims, heard)
}

/// Applied by a Kustomization, as a run does it: claimed, then settled, then looked at again.
fn settle(claims: &Claims, owner: &str, memory: &Arc<LaneObjects>, name: &str, version: u64) {
    claims.claim(&key(owner), memory, std::iter::once(id(name)));
    let change = ::apply::Change { baseline: Some(baseline(version, 1)), ..change(name, Action::Configured) };
    memory.settle(&config_map(name), [0; 16], &change);
    claims.recheck(&key(owner), memory, &id(name));
}

#[test]
fn what_was_seen_before_it_was_claimed_is_known() {
    let (claims, heard) = ringing();
    let memory = Arc::new(LaneObjects::default());
    claims.observe(&local("a"), owned_by("app", 9, 2));
    settle(&claims, "app", &memory, "a", 5);
    assert_eq!(*heard.lock(), BTreeSet::from([("app".to_owned(), "a".to_owned())]));
    // What went in between, and what has no label of ours, is nobody's.
    for last in [absent("u"), present(9, 2)] {
        let (claims, heard) = ringing();
        let memory = Arc::new(LaneObjects::default());
        claims.observe(&local("a"), owned_by("app", 9, 2));
        claims.observe(&local("a"), last);
        settle(&claims, "app", &memory, "a", 5);
        assert!(heard.lock().is_empty());
    }
}

#[test]
fn what_was_kept_of_a_kind_is_forgotten_with_its_watch() {
    let (claims, heard) = ringing();
    let memory = Arc::new(LaneObjects::default());
    claims.observe(&local("a"), owned_by("app", 9, 2));
    claims.forget_unclaimed(&TargetId::Local, "apps", "ConfigMap");
    claims.forget_unclaimed(&TargetId::Local, "", "Secret");
    settle(&claims, "app", &memory, "a", 5);
    assert_eq!(heard.lock().len(), 1, "other kinds stay");
    let (claims, heard) = ringing();
    let memory = Arc::new(LaneObjects::default());
    claims.observe(&local("a"), owned_by("app", 9, 2));
    claims.forget_unclaimed(&TargetId::Local, "", "ConfigMap");
    settle(&claims, "app", &memory, "a", 5);
    assert!(heard.lock().is_empty());
}

/// Whoever left an object to its owner looks at it again when the owner lets go.
#[test]
fn a_nudge_goes_to_the_others() {
    let (claims, heard) = ringing();
    let memories = ["owner", "other"].map(|name| (name, Arc::new(LaneObjects::default())));
    for (name, memory) in &memories {
        settle(&claims, name, memory, "a", 5);
    }
    claims.observe(&local("a"), present(9, 2));
    heard.lock().clear();
    claims.nudge(&local("a"), &key("owner"));
    assert_eq!(*heard.lock(), BTreeSet::from([("other".to_owned(), "a".to_owned())]));
}

#[test]
fn what_was_given_up_is_not_heard_of() {
    let (claims, heard) = ringing();
    let memory = Arc::new(LaneObjects::default());
    for name in ["a", "b"] {
        settle(&claims, "app", &memory, name, 5);
    }
    claims.release(&key("app"), &memory, std::iter::once(id("a")));
    assert_eq!(memory.ids(), [id("b")]);
    claims.observe(&local("a"), present(9, 2));
    claims.drop_all(&key("app"), &memory);
    claims.observe(&local("b"), present(9, 2));
    assert!(heard.lock().is_empty() && memory.ids().is_empty());
    // A task that ended without giving anything up holds nothing either.
    settle(&claims, "app", &memory, "a", 5);
    drop(memory);
    claims.observe(&local("a"), present(9, 2));
    assert!(heard.lock().is_empty());
}

/// What happens to one object, of which two Kustomizations may think that it is theirs.
#[derive(Clone, Copy, Debug)]
enum Act {
    Settle {
        second: bool,
    },
    Release {
        second: bool,
    },
    /// Somebody changes it.
    Change,
    Delete,
    /// It is held by a lane from now on, or let go.
    Hold,
}

fn acts() -> impl Strategy<Value = Vec<(Act, u8)>> {
    let act = prop_oneof![
        3 => any::<bool>().prop_map(|second| Act::Settle { second }),
        1 => any::<bool>().prop_map(|second| Act::Release { second }),
        4 => Just(Act::Change),
        1 => Just(Act::Delete),
        1 => Just(Act::Hold),
    ];
    prop::collection::vec((act, 0_u8..3), 1..25)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// In whatever order objects are claimed, settled, changed, deleted and given up: whoever has to heal an object at
    /// the end has heard of it, and nobody hears of what he gave up.
    #[test]
    fn no_alarm_is_lost(acts in acts()) {
        let (claims, heard) = ringing();
        let memories = ["first", "second"].map(|name| (name, Arc::new(LaneObjects::default())));
        let mut version = 1;
        for (act, object) in acts {
            let name = ["a", "b", "c"][usize::from(object)];
            version += 1;
            match act {
                Act::Settle { second } => {
                    let (owner, memory) = &memories[usize::from(second)];
                    settle(&claims, owner, memory, name, version);
                }
                Act::Release { second } => {
                    let (owner, memory) = &memories[usize::from(second)];
                    claims.release(&key(owner), memory, std::iter::once(id(name)));
                    heard.lock().remove(&((*owner).to_owned(), name.to_owned()));
                }
                Act::Change => claims.observe(&local(name), owned_by("first", version, 2)),
                Act::Delete => claims.observe(&local(name), absent("u")),
                Act::Hold => {
                    // A run that is writing the object while somebody changes it looks again when it is done.
                    let (owner, memory) = &memories[0];
                    let held = futures::FutureExt::now_or_never(memory.hold(&id(name)));
                    claims.observe(&local(name), owned_by("first", version, 2));
                    drop(held);
                    claims.recheck(&key(owner), memory, &id(name));
                }
            }
            for (owner, memory) in &memories {
                for id in memory.ids() {
                    let rung = heard.lock().contains(&((*owner).to_owned(), id.name.clone()));
                    prop_assert!(!memory.is_dirty(&id) || rung, "{} never heard of {}", owner, id);
                }
                let kept: BTreeSet<String> = memory.ids().into_iter().map(|id| id.name).collect();
                let all = heard.lock().clone();
                let strange = all.iter().find(|(key, name)| key == owner && !kept.contains(name));
                prop_assert!(strange.is_none(), "{:?} was given up", strange);
            }
        }
    }
}

/// What a watch shows of an object that was given up is kept for whoever claims it next, in every target.
#[test]
fn what_was_given_up_can_be_claimed_again() {
    for target in [TargetId::Local, TargetId::remote([1; 32], None)] {
        let (claims, heard) = ringing();
        let there = TargetObject::new(&target, id("a"));
        let memories =
            ["first", "second"].map(|name| (name, Arc::new(LaneObjects::in_target(target.clone()))));
        let [(first, left), (second, new)] = &memories;
        settle(&claims, first, left, "a", 5);
        claims.release(&key(first), left, std::iter::once(id("a")));
        claims.observe(&there, owned_by(second, 9, 2));
        settle(&claims, second, new, "a", 6);
        assert_eq!(*heard.lock(), BTreeSet::from([("second".to_owned(), "a".to_owned())]), "{target}");
    }
}
