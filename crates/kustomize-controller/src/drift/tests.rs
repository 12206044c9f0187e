//! What counts as drift, from metadata alone.

use super::{Base, Desired, Live, TrackedObject};
use crate::samples::{self, absent, baseline, config_map, owned_by, present};
use api::labels;
use serde_json::json;

fn tracked(base: Base, live: Live) -> TrackedObject {
    TrackedObject {
        desired: Some(Desired::of(&config_map("a"), [0; 16])),
        base,
        live,
        ..TrackedObject::default()
    }
}

/// All Kustomizations apply under one name, and within one second that leaves one fingerprint.
#[test]
fn another_ones_labels_are_drift_unless_the_manifest_has_them() {
    let mut object = tracked(Base::Known(baseline(5, 1)), owned_by("other", 9, 1));
    assert!(object.is_dirty() && !object.is_settled());
    object.live = owned_by("other", 5, 1);
    assert!(!object.is_dirty() && object.is_settled(), "seen when it was judged");
    object.live = owned_by("other", 9, 1);
    let labels = json!({ labels::OWNER_NAMESPACE: "ns", labels::OWNER_NAME: "other" });
    let labelled = samples::object("v1", "ConfigMap", "a", &json!({"metadata": {"labels": labels}}));
    object.desired = Some(Desired::of(&labelled, [0; 16]));
    assert!(!object.is_dirty() && object.is_settled());
}

/// A row: base, live, is it dirty, is it settled.
#[test]
fn drift_shows_in_metadata() {
    let rows = [
        (Base::Unknown, present(5, 1), false, false),
        (Base::Known(baseline(5, 1)), Live::Unseen, false, true),
        (Base::Known(baseline(5, 1)), present(5, 1), false, true),
        (Base::Drifted, present(5, 1), true, false),
        (Base::Drifted, Live::Unseen, false, false),
        (Base::Drifted, absent("u"), true, false),
        (Base::Known(baseline(5, 1)), present(9, 1), false, true),
        (Base::Known(baseline(5, 1)), present(9, 2), true, false),
        // At one version an object is one object, whatever a hash says.
        (Base::Known(baseline(5, 1)), present(5, 2), false, true),
        // Our own watch event from before the apply.
        (Base::Known(baseline(5, 1)), present(4, 2), false, true),
        (Base::Known(baseline(5, 1)), absent("u"), true, false),
        // The deletion of a predecessor, as in a forced recreation.
        (Base::Known(baseline(5, 1)), absent("before"), false, true),
        // Kubernetes removed it as it was meant to: nothing to heal, and the next run asks about it.
        (
            Base::Known(baseline(5, 1)),
            Live::Absent { uid: "u".into(), missed: false, by_design: true },
            false,
            false,
        ),
        (Base::CreateOnly, Live::Absent { uid: "u".into(), missed: false, by_design: true }, false, false),
        (Base::CreateOnly, present(9, 2), false, true),
        (Base::CreateOnly, absent("u"), true, false),
        (
            Base::Skipped,
            Live::Present { baseline: baseline(9, 2), ignored: true, foreign_owner: None, departing: false },
            false,
            true,
        ),
        // The directive was lifted.
        (Base::Skipped, present(9, 2), true, false),
    ];
    for (base, live, dirty, settled) in rows {
        let object = tracked(base, live);
        assert_eq!(object.is_dirty(), dirty, "{object:?}");
        assert_eq!(object.is_settled(), settled, "{object:?}");
    }
}

#[test]
fn nothing_is_judged_while_an_apply_is_under_way_or_after_it_was_struck() {
    let mut object = tracked(Base::Known(baseline(5, 1)), present(9, 2));
    object.in_flight = true;
    assert!(!object.is_dirty());
    object.in_flight = false;
    object.desired = None;
    assert!(!object.is_dirty());
}
