//! From what a watch says to whom it concerns.

use super::{Alarm, Claims};
use crate::drift::Live;
use crate::memory::LaneObjects;
use crate::samples::{baseline, present};
use manifest::Manifest;
use reconcile_core::ObjectKey;
use serde_json::json;
use std::sync::Arc;

#[test]
fn what_a_complete_list_does_not_hold_is_gone() {
    let (claims, memory) = (Claims::default(), Arc::new(LaneObjects::default()));
    let key = ObjectKey { namespace: "ns".into(), name: "app".into() };
    let heals = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let told = Arc::clone(&heals);
    claims.on_alarm(move |_, alarm| match alarm {
        Alarm::Drift(dirty) => told.lock().extend(dirty),
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
    claims.observe(&ids[0], present(1, 1));
    let unseen = claims.unseen("", "ConfigMap");
    assert_eq!(unseen.len(), 2, "{unseen:?}");
    assert!(claims.unseen("apps", "Deployment").is_empty());
    claims.observe(&ids[1], present(1, 1));
    claims.miss(unseen);
    assert_eq!(*heals.lock(), [ids[2].clone()]);
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
    let told = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let heard = Arc::clone(&told);
    claims.on_alarm(move |key, alarm| {
        assert!(matches!(alarm, Alarm::TakenOver), "{alarm:?}");
        heard.lock().push(key.name.clone());
    });
    let mut live = present(1, 1);
    if let Live::Present { foreign_owner, .. } = &mut live {
        *foreign_owner = Some(Box::new(ObjectKey::new("ns", "second")));
    }
    claims.observe(&id, live);
    assert_eq!(*told.lock(), ["first"], "the second sees its own object");
}
