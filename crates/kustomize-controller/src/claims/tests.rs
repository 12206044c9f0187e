//! From what a watch says to whom it concerns.

mod alarms;

use super::{Alarm, Claims};
use crate::drift::Live;
use crate::memory::LaneObjects;
use crate::samples::{baseline, present};
use crate::target::TargetObject;
use cluster::TargetId;
use kube::core::ObjectMeta;
use manifest::{Manifest, ObjectId};
use proptest::prelude::*;
use reconcile_core::ObjectKey;
use reconcile_core::watch::Gone;
use reconcile_core::watch_pool::{PoolEvent, Seen, WatchedKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// In the own cluster.
fn local(id: &ObjectId) -> TargetObject {
    TargetObject::new(&TargetId::Local, id.clone())
}

#[test]
fn what_a_complete_list_does_not_hold_is_gone() {
    let (claims, memory) = (Claims::default(), Arc::new(LaneObjects::default()));
    let key = ObjectKey { namespace: "ns".into(), name: "app".into() };
    let heals = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let raised = Arc::clone(&heals);
    claims.on_alarm(move |_, alarm| match alarm {
        Alarm::Drift(dirty) => raised.lock().extend(dirty),
        Alarm::TakenOver => panic!("nothing is handed over"),
    });
    let object = |name: &str| {
        let value =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns"}});
        Manifest::new(value).unwrap()
    };
    let ids = ["seen", "late", "gone", "asked"].map(|name| object(name).id());
    claims.claim(&key, &memory, ids.iter().cloned());
    for name in ["seen", "late", "gone"] {
        let change = apply::Change {
            id: object(name).id(),
            version: "v1".into(),
            action: apply::Action::Created,
            baseline: Some(baseline(1, 1)),
            object: None,
        };
        memory.settle(&object(name), [0; 16], &change);
    }
    claims.observe(&local(&ids[0]), present(1, 1));
    let unseen = claims.unseen(&TargetId::Local, "", "ConfigMap");
    assert_eq!(unseen.len(), 2, "{unseen:?}");
    assert!(claims.unseen(&TargetId::Local, "apps", "Deployment").is_empty());
    claims.observe(&local(&ids[1]), present(1, 1));
    claims.miss(unseen);
    assert_eq!(*heals.lock(), [local(&ids[2])]);
}

/// Two Kustomizations name one object; its labels name the second.
#[test]
fn an_object_has_a_foreign_owner_for_all_but_its_own() {
    let claims = Claims::default();
    let object =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}});
    let id = Manifest::new(object).unwrap().id();
    let memories: Vec<(ObjectKey, Arc<LaneObjects>)> = ["first", "second"]
        .map(|name| (ObjectKey::new("ns", name), Arc::new(LaneObjects::default())))
        .into_iter()
        .collect();
    for (key, memory) in &memories {
        claims.claim(key, memory, std::iter::once(id.clone()));
        memory.set_handing_over(std::collections::BTreeSet::from([id.clone()]));
    }
    let rung = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let heard = Arc::clone(&rung);
    claims.on_alarm(move |key, alarm| {
        assert!(matches!(alarm, Alarm::TakenOver), "{alarm:?}");
        heard.lock().push(key.name.clone());
    });
    let mut live = present(1, 1);
    if let Live::Present { foreign_owner, .. } = &mut live {
        *foreign_owner = Some(Box::new(ObjectKey::new("ns", "second")));
    }
    claims.observe(&local(&id), live);
    assert_eq!(*rung.lock(), ["first"], "the second sees its own object");
}

/// What a watch of one target may say, and what a Kustomization may do there.
#[derive(Clone, Copy, Debug)]
enum Act {
    Claim,
    Release,
    Applied(u8),
    Seen(u8),
    Gone,
    Missed,
    Stopped,
    Nudged,
}

fn acts() -> impl Strategy<Value = Vec<(bool, u8, Act)>> {
    let act = prop_oneof![
        3 => Just(Act::Claim),
        1 => Just(Act::Release),
        2 => (1_u8..9).prop_map(Act::Applied),
        4 => (1_u8..9).prop_map(Act::Seen),
        2 => Just(Act::Gone),
        1 => Just(Act::Missed),
        1 => Just(Act::Stopped),
        1 => Just(Act::Nudged),
    ];
    prop::collection::vec((any::<bool>(), 0_u8..2, act), 1..40)
}

/// Claims with a Kustomization in each of two targets, which declare the same objects. One of the targets may be left
/// out.
struct TwoTargets {
    claims: Arc<Claims>,
    targets: [TargetId; 2],
    memories: [Arc<LaneObjects>; 2],
    alarms: Arc<parking_lot::Mutex<Vec<(String, TargetObject)>>>,
    news: tokio::sync::watch::Sender<u64>,
    only: Option<usize>,
}

impl TwoTargets {
    fn new(only: Option<usize>) -> Self {
        let targets = [TargetId::Local, TargetId::remote([1; 32], None)];
        let memories = targets.clone().map(|target| Arc::new(LaneObjects::in_target(target)));
        let (claims, alarms) = (Arc::new(Claims::default()), Arc::new(parking_lot::Mutex::new(Vec::new())));
        let rung = Arc::clone(&alarms);
        claims.on_alarm(move |key, alarm| {
            let Alarm::Drift(objects) = alarm else { return };
            rung.lock().extend(objects.into_iter().map(|object| (key.name.clone(), object)));
        });
        Self { claims, targets, memories, alarms, news: tokio::sync::watch::Sender::new(0), only }
    }

    fn carry_out(&self, (second, object, act): (bool, u8, Act)) {
        let side = usize::from(second);
        if self.only.is_some_and(|only| only != side) {
            return;
        }
        let name = format!("object-{object}");
        let value =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": &name, "namespace": "ns"}});
        let manifest = Manifest::new(value).unwrap();
        let id = manifest.id();
        let (target, memory) = (&self.targets[side], &self.memories[side]);
        let key = ObjectKey::new("ns", format!("side-{side}"));
        let there = TargetObject::new(target, id.clone());
        let kind = WatchedKind { group: String::new(), version: "v1".into(), kind: "ConfigMap".into() };
        match act {
            Act::Claim => self.claims.claim(&key, memory, std::iter::once(id)),
            Act::Release => self.claims.release(&key, memory, std::iter::once(id)),
            Act::Applied(version) => {
                let change = apply::Change {
                    id,
                    version: "v1".into(),
                    action: apply::Action::Configured,
                    baseline: Some(baseline(version.into(), version)),
                    object: None,
                };
                memory.settle(&manifest, [0; 16], &change);
            }
            Act::Seen(version) => {
                let labels = BTreeMap::from([
                    (api::labels::OWNER_NAME.to_owned(), key.name),
                    (api::labels::OWNER_NAMESPACE.to_owned(), key.namespace),
                ]);
                let metadata = ObjectMeta {
                    name: Some(name),
                    namespace: Some("ns".into()),
                    uid: Some("u".into()),
                    resource_version: Some(version.to_string()),
                    labels: Some(labels),
                    ..ObjectMeta::default()
                };
                self.say(target, PoolEvent::Applied(Box::new(Seen { kind, metadata, body: Value::Null })));
            }
            Act::Gone => {
                let gone = Gone { key: ObjectKey::new("ns", name), uid: "u".into(), missed: false };
                self.say(target, PoolEvent::Deleted { kind, gone });
            }
            Act::Missed => self.claims.miss(self.claims.unseen(target, "", "ConfigMap")),
            Act::Stopped => self.say(target, PoolEvent::Stopped(kind)),
            Act::Nudged => self.claims.nudge(&there, &ObjectKey::new("ns", "somebody else")),
        }
    }

    /// A word of the watches of a target.
    fn say(&self, target: &TargetId, event: PoolEvent) {
        crate::watch::on_pool(target, &self.claims, &self.news, event);
    }

    /// The alarms of one side, sorted: objects that are missed together are raised in no order.
    fn heard(&self, side: usize) -> Vec<(String, TargetObject)> {
        let of = |alarm: &&(String, TargetObject)| alarm.1.target == self.targets[side];
        let mut heard: Vec<_> = self.alarms.lock().iter().filter(of).cloned().collect();
        heard.sort();
        heard
    }

    /// What one side's memory holds.
    fn state(&self, side: usize) -> String {
        let memory = &self.memories[side];
        let ids = memory.ids();
        let known: Vec<_> =
            ids.iter().map(|id| (memory.is_dirty(id), memory.is_unseen(id), memory.verdict(id))).collect();
        format!("{ids:?} {known:?}")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The same objects in two targets: whatever is claimed, seen, missed and let go in one, the other's claims, watches
    /// and alarms are exactly what they would be alone.
    #[test]
    fn two_targets_share_no_claim_no_word_and_no_alarm(acts in acts()) {
        let (both, alone) = (TwoTargets::new(None), [TwoTargets::new(Some(0)), TwoTargets::new(Some(1))]);
        for act in acts {
            both.carry_out(act);
            alone.iter().for_each(|one| one.carry_out(act));
        }
        for (side, one) in alone.iter().enumerate() {
            prop_assert_eq!(both.heard(side), one.heard(side));
            prop_assert_eq!(both.state(side), one.state(side));
            let own = format!("side-{side}");
            prop_assert!(both.heard(side).iter().all(|(key, _)| *key == own), "an alarm went to the other side");
        }
    }
}

#[test]
fn what_is_let_go_in_one_target_is_let_go_there_and_only_there() {
    let sides = TwoTargets::new(None);
    for second in [false, true] {
        for act in [Act::Claim, Act::Applied(1)] {
            sides.carry_out((second, 0, act));
        }
    }
    // Known again after it was let go, and not claimed: the watch has nobody to tell.
    for act in [Act::Release, Act::Applied(1), Act::Seen(5)] {
        sides.carry_out((true, 0, act));
    }
    assert!(sides.heard(1).is_empty(), "still claimed: {:?}", sides.heard(1));
    sides.carry_out((false, 0, Act::Seen(5)));
    assert_eq!(sides.heard(0).len(), 1, "the other target's claim is untouched");
}
