//! What is known before anything is asked, and objects that are kept for others.

use super::{Asking, LaneObjects, Prior, Word};
use crate::drift::Live;
use crate::samples::{absent, baseline, present};
use apply::{ObjectError, Phase};
use manifest::Manifest;
use reconcile_core::ObjectKey;
use serde_json::json;
use std::collections::BTreeSet;

fn config_map(value: &str) -> Manifest {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"},
        "data": {"key": value}});
    Manifest::new(object).unwrap()
}

/// A memory in which this manifest has been applied.
fn applied(object: &Manifest, given: &Manifest) -> LaneObjects {
    let memory = LaneObjects::default();
    let change = apply::Change {
        id: object.id(),
        version: "v1".into(),
        action: apply::Action::Configured,
        baseline: Some(baseline(5, 1)),
        object: None,
    };
    memory.settle(object, manifest::digest::of(given.value()), &change);
    memory
}

fn prior(memory: &LaneObjects, object: &Manifest, full: bool) -> Prior {
    let asking = Asking { full, repeats: false };
    memory.priors(std::slice::from_ref(object), asking).remove(0)
}

#[test]
fn what_git_changed_is_said_to_be_changed() {
    let memory = applied(&config_map("1"), &config_map("1"));
    assert!(matches!(prior(&memory, &config_map("1"), false), Prior::Settled(apply::Action::Unchanged)));
    let Prior::Ask(known) = prior(&memory, &config_map("2"), false) else { panic!("a change was settled") };
    assert!(known.changed);
    let Prior::Ask(known) = prior(&memory, &config_map("1"), true) else {
        panic!("a full pass asks about all")
    };
    assert!(!known.changed);
    assert_eq!(known.base, Some(baseline(5, 1)));
    let Prior::Ask(known) = prior(&LaneObjects::default(), &config_map("1"), false) else {
        panic!("never seen")
    };
    assert!(!known.changed && known.base.is_none() && known.live.is_none());
}

/// The server may have carried it out, and no watch has told of it.
#[test]
fn after_a_write_without_answer_nothing_is_settled() {
    let object = config_map("1");
    let error = |code, reason: &str| {
        let status = kube::core::Status::failure("no", reason).with_code(code);
        ObjectError::from_api(&object.id(), Phase::Apply, &cluster::Error::from(status))
    };
    for refusal in [error(403, "Forbidden"), error(422, "Invalid"), error(409, "Conflict")] {
        let memory = applied(&object, &object);
        memory.doubt(&refusal);
        assert!(matches!(prior(&memory, &object, false), Prior::Settled(_)), "{refusal}: nothing was done");
        assert!(memory.is_settled());
    }
    for open in [
        error(500, "InternalError"),
        error(504, "Timeout"),
        ObjectError::other(&object.id(), Phase::Apply, "?"),
    ] {
        let memory = applied(&object, &object);
        memory.doubt(&open);
        let Prior::Ask(known) = prior(&memory, &object, false) else { panic!("{open}: settled") };
        assert!(known.base.is_none() && !memory.is_settled() && !memory.is_dirty(&object.id()));
    }
}

/// The plan asked at resourceVersion 5; before its stage came, the object drifted and was healed.
#[test]
fn what_a_heal_left_since_the_plan_is_not_taken_back() {
    let object = config_map("1");
    let memory = applied(&object, &object);
    let change = |action, version| apply::Change {
        id: object.id(),
        version: "v1".into(),
        action,
        baseline: Some(baseline(version, u8::try_from(version).unwrap())),
        object: None,
    };
    let base = |memory: &LaneObjects| match prior(memory, &object, true) {
        Prior::Ask(known) => known.base.unwrap().resource_version,
        Prior::Settled(_) => panic!("a full pass asks about all"),
    };
    memory.settle_heal(&object, &change(apply::Action::Configured, 9));
    memory.settle(&object, manifest::digest::of(object.value()), &change(apply::Action::Unchanged, 7));
    assert_eq!(base(&memory), 9);
    // What was written counts, and so does what was found later.
    memory.settle(&object, manifest::digest::of(object.value()), &change(apply::Action::Unchanged, 11));
    assert_eq!(base(&memory), 11);
    memory.settle(&object, manifest::digest::of(object.value()), &change(apply::Action::Configured, 12));
    assert_eq!(base(&memory), 12);
}

/// Fields that no schema declares were left out of what was applied: neither the manifest as built nor what a run
/// without a build hands back is a change.
#[test]
fn what_was_left_out_is_no_change() {
    let memory = applied(&config_map("1"), &config_map("as built"));
    assert!(matches!(prior(&memory, &config_map("as built"), false), Prior::Settled(_)));
    assert!(matches!(prior(&memory, &config_map("1"), false), Prior::Settled(_)));
    assert!(matches!(prior(&memory, &config_map("2"), false), Prior::Ask(_)));
}

#[test]
fn an_object_that_is_kept_for_another_is_let_go_when_it_has_other_labels() {
    let object = config_map("1");
    let memory = applied(&object, &object);
    memory.strike(&object.id());
    assert!(memory.is_settled());
    memory.set_handing_over(BTreeSet::from([object.id()]));
    assert!(!memory.is_settled(), "a run looks at it");
    assert_eq!(memory.observe(&object.id(), present(6, 2)), Word::Nothing);
    let mut theirs = present(7, 3);
    if let Live::Present { foreign_owner, .. } = &mut theirs {
        *foreign_owner = Some(Box::new(ObjectKey::new("ns", "other")));
    }
    assert_eq!(memory.observe(&object.id(), theirs), Word::TakenOver);
    memory.set_handing_over(BTreeSet::new());
    assert_eq!(memory.observe(&object.id(), absent("u")), Word::Nothing);
}

/// A row: what is known, how it is asked; whether what differs is drift.
#[test]
fn what_differs_from_the_manifest_that_was_applied_last_is_drift() {
    let manifest = config_map("1");
    let is_drift = |memory: &LaneObjects, object: &Manifest, repeats: bool| {
        let asking = Asking { full: true, repeats };
        match memory.priors(std::slice::from_ref(object), asking).remove(0) {
            Prior::Ask(known) => known.applied,
            Prior::Settled(_) => panic!("a full pass asks about all"),
        }
    };
    let memory = applied(&manifest, &manifest);
    assert!(is_drift(&memory, &manifest, false));
    assert!(!is_drift(&memory, &config_map("2"), true), "Git changed it");
    memory.doubt(&ObjectError::other(&manifest.id(), Phase::Apply, "no answer"));
    assert!(!is_drift(&memory, &manifest, false), "it may never have been written");
    assert!(!is_drift(&memory, &manifest, true), "or another one was, by a run that left no history");
    let unknown = LaneObjects::default();
    assert!(!is_drift(&unknown, &manifest, false) && is_drift(&unknown, &manifest, true));
    // What goes by itself is made again, which puts nothing back.
    let spec = json!({"spec": {"ttlSecondsAfterFinished": 1}});
    let job = crate::samples::object("batch/v1", "Job", "a", &spec);
    assert!(!is_drift(&unknown, &job, true));
}

/// An object that nothing is done about is read again when it has changed, or when its manifest has.
#[test]
fn what_was_compared_is_known_until_it_changes() {
    let audited = |memory: &LaneObjects, object: &Manifest| {
        let asking = Asking { full: true, repeats: false };
        match memory.priors(std::slice::from_ref(object), asking).remove(0) {
            Prior::Ask(known) => known.audited,
            Prior::Settled(_) => panic!("a full pass asks about all"),
        }
    };
    let (memory, manifest) = (LaneObjects::default(), config_map("1"));
    let change = apply::Change {
        id: manifest.id(),
        version: "v1".into(),
        action: apply::Action::Skipped,
        baseline: None,
        object: None,
    };
    memory.settle(&manifest, manifest::digest::of(manifest.value()), &change);
    memory.looked(&manifest.id(), 5);
    assert_eq!(audited(&memory, &manifest), 0, "no watch has shown it");
    memory.observe(&manifest.id(), present(5, 1));
    assert_eq!(audited(&memory, &manifest), 5);
    assert_eq!(audited(&memory, &config_map("2")), 0);
    memory.observe(&manifest.id(), present(6, 1));
    assert_eq!(audited(&memory, &manifest), 0);
}

#[test]
fn what_is_withheld_stays_to_be_healed_and_is_never_settled() {
    let (memory, manifest) = (LaneObjects::default(), config_map("1"));
    memory.withhold(&manifest, [0; 16], 5);
    assert!(!memory.is_settled() && memory.base_hash().is_none(), "nothing is right of it");
    assert!(memory.dirty().is_empty(), "no watch has shown it");
    assert_eq!(memory.observe(&manifest.id(), present(5, 1)), Word::Drift);
    assert_eq!(memory.dirty(), BTreeSet::from([manifest.id()]));
    assert_eq!((memory.live_version(&manifest.id()), memory.is_desired(&manifest.id())), (5, true));
    // Applied after all.
    let change = apply::Change {
        id: manifest.id(),
        version: "v1".into(),
        action: apply::Action::Configured,
        baseline: Some(baseline(9, 2)),
        object: None,
    };
    memory.settle(&manifest, manifest::digest::of(manifest.value()), &change);
    assert!(memory.dirty().is_empty() && memory.is_settled());
    memory.strike(&manifest.id());
    assert!(!memory.is_desired(&manifest.id()));
}

/// What was put into objects, and which objects were decrypted.
#[test]
fn secrets_that_were_put_in_are_not_told() {
    let memory = LaneObjects::default();
    let secret = |value: &str| Some(json!({"kind": "Secret", "stringData": {"0": value}}));
    memory.set_secrets(secret("from-a-variable"), secret("decrypted"));
    let maskings = memory.maskings();
    let told = |desired: &str| {
        let (desired, live) = (config_map(desired), config_map("edited"));
        let masking = maskings.of(desired.value(), &memory.values());
        apply::difference::differences(desired.value(), live.value(), &[], &masking)[0]
            .live
            .clone()
            .unwrap()
            .to_string()
    };
    assert_eq!([told("plain"), told("x from-a-variable"), told("decrypted")], ["\"edited\"", "***", "***"]);
    assert!(!format!("{memory:?}").contains("from-a"));
}
