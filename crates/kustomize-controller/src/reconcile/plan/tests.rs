//! What a refusal in a plan means, and what a plan says of objects that were not asked about.

use super::{Item, Pending, refusal};
use crate::fault::FaultKind;
use crate::memory::LaneObjects;
use crate::reconcile::change_plan::ChangeKind;
use ::apply::{Action, Ask, Change, Known, ObjectError, Phase};
use manifest::Manifest;
use serde_json::{Value, json};

fn object(api_version: &str, kind: &str, more: Value) -> Manifest {
    let mut object =
        json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": "ns"}});
    object["spec"] = more;
    Manifest::new(object).unwrap()
}

#[test]
fn only_the_first_stage_refuses_for_good() {
    let error = || ObjectError::other(&object("v1", "ConfigMap", json!({})).id(), Phase::DryRun, "no");
    let fault = refusal(true, vec![error()]).unwrap();
    assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Apply, "ConfigMap/ns/a no\n"));
    assert!(refusal(false, vec![error()]).is_none(), "an earlier stage may bring what it lacks");
    assert!(refusal(true, Vec::new()).is_none());
}

#[test]
fn kinds_that_the_set_defines_are_pending() {
    let names = json!({"group": "example.com", "names": {"kind": "Thing"}, "scope": "Namespaced"});
    let definition = object("apiextensions.k8s.io/v1", "CustomResourceDefinition", names);
    let pending = Pending::of(&[definition, object("v1", "ConfigMap", json!({}))]);
    let kinds: Vec<_> = pending.kinds.into_iter().collect();
    assert_eq!(kinds, [("example.com".to_owned(), "Thing".to_owned())]);
}

#[test]
fn what_was_not_asked_about_is_said() {
    let manifest = object("v1", "ConfigMap", json!({}));
    let (id, version) = (manifest.id(), "v1".to_owned());
    let settled = |action| {
        let (id, version) = (id.clone(), version.clone());
        Item::Settled(Box::new(Change { id, version, action, baseline: None, object: None }))
    };
    let kind = |item: &Item| item.planned_change(&LaneObjects::default()).kind;
    assert_eq!(kind(&settled(Action::Unchanged)), ChangeKind::Unchanged);
    assert_eq!(kind(&settled(Action::Skipped)), ChangeKind::Skip);
    let later = Item::Later(Box::new(Ask { manifest, known: Known::default() }));
    assert_eq!(kind(&later), ChangeKind::Unknown);
}
