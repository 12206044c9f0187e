//! What follows from the API server's answers, a row per case.

use api::labels;
use cluster::{Class, Error as ApiError};
use manifest::{Gvk, Manifest};
use serde_json::{Value, json};

use super::{
    AfterDelete, AfterRefusal, MAX_DROPPED, after_delete, after_refusal, applied, asks_discovery_anew,
    asks_for_live, drops_undeclared, fit_namespace, is_gone, judged, settled, slimmer,
};
use crate::changeset::{Action, Change};
use crate::endpoint::Judged;
use crate::judge::{Answer, Verdict};
use crate::samples::{MANAGER, live, manifest, marked, object, ours, refusal};

fn answer(object: Value) -> Answer {
    Answer { object, handled_from: None }
}

fn undeclared(path: &str) -> ApiError {
    let message = format!(
        "failed to create typed patch object (ns/d; apps/v1, Kind=Deployment): {path}: field not declared in schema"
    );
    refusal(500, "", &message)
}

fn deployment(spec: Value) -> Manifest {
    let metadata = json!({"name": "d", "namespace": "ns"});
    Manifest::new(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}))
        .unwrap()
}

#[test]
fn fields_are_dropped_from_built_in_kinds_but_roles() {
    for (api_version, kind, dropped) in [
        ("v1", "ConfigMap", true),
        ("apps/v1", "Deployment", true),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", true),
        ("rbac.authorization.k8s.io/v1", "Role", false),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", false),
        ("resource.k8s.io/v1", "DeviceClass", true),
        ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", true),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", false),
        ("apiregistration.k8s.io/v1", "APIService", false),
        ("example.com/v1", "Role", false),
        ("example.com/v1", "Widget", false),
    ] {
        assert_eq!(drops_undeclared(&Gvk::parse(api_version, kind)), dropped, "{api_version} {kind}");
    }
}

#[test]
fn what_the_server_calls_undeclared_is_left_out() {
    let object = deployment(json!({"replicas": 1, "foo": 2}));
    let (slim, paths) = slimmer(&object, 0, &undeclared(".spec.foo")).expect("a slimmer object");
    assert_eq!(slim.get(&["spec"]), Some(&json!({"replicas": 1})));
    assert_eq!(paths.iter().map(ToString::to_string).collect::<Vec<_>>(), [".spec.foo"]);
}

#[test]
fn the_error_stands_where_dropping_does_not_help() {
    let object = deployment(json!({"replicas": 1, "foo": 2}));
    let foo = undeclared(".spec.foo");
    assert!(slimmer(&object, MAX_DROPPED - 1, &foo).is_some());
    assert!(slimmer(&object, MAX_DROPPED, &foo).is_none(), "bounded");
    assert!(slimmer(&object, 0, &undeclared(".spec.bar")).is_none(), "a path that leads nowhere");
    assert!(slimmer(&object, 0, &refusal(422, "Invalid", "spec.foo is odd")).is_none());
    let mut widget = object.value().clone();
    widget["apiVersion"] = json!("example.com/v1");
    assert!(slimmer(&Manifest::new(widget).unwrap(), 0, &foo).is_none(), "a custom kind");
    // Without its name it would be another object.
    assert!(slimmer(&object, 0, &undeclared(".metadata.name")).is_none());
}

#[test]
fn a_namespace_goes_with_the_scope_of_the_kind() {
    let mut role = manifest("rbac.authorization.k8s.io/v1", "ClusterRole", "ns", "r");
    assert!(fit_namespace(&mut role, false));
    assert_eq!(role.namespace(), None);
    let mut here = manifest("v1", "ConfigMap", "ns", "c");
    assert!(fit_namespace(&mut here, true));
    assert_eq!(here.namespace(), Some("ns"));
    let mut nowhere = manifest("v1", "ConfigMap", "", "c");
    assert!(!fit_namespace(&mut nowhere, true));
    nowhere.set_namespace(Some(""));
    assert!(!fit_namespace(&mut nowhere, true), "an empty namespace is not one");
}

#[test]
fn the_live_object_is_read_where_it_can_matter() {
    for (code, reason, asked) in [
        (422, "Invalid", true),
        (409, "Conflict", true),
        (403, "Forbidden", true),
        (400, "BadRequest", true),
        (500, "InternalError", true),
        (404, "NotFound", false),
        (429, "TooManyRequests", false),
        (504, "Timeout", false),
    ] {
        assert_eq!(asks_for_live(&refusal(code, reason, "no")), asked, "{reason}");
    }
    assert!(!asks_for_live(&ApiError::timed_out("too late")));
}

#[test]
fn a_directive_on_either_side_takes_a_refusal_back() {
    let plain = object(json!({}));
    let ignored = marked("annotations", labels::RECONCILE, "disabled");
    let once = marked("annotations", labels::SSA, "IfNotPresent");
    let of = |object: &Value| Manifest::new(object.clone()).unwrap();
    for force in [true, false] {
        for class in [Class::Invalid, Class::Forbidden] {
            assert_eq!(after_refusal(&of(&plain), &ignored, force, class), AfterRefusal::Skip);
            assert_eq!(after_refusal(&of(&once), &plain, force, class), AfterRefusal::Skip);
        }
    }
    // What the live object says about creating is of yesterday: the manifest decides.
    assert_eq!(after_refusal(&of(&plain), &once, false, Class::Invalid), AfterRefusal::Refused);
}

#[test]
fn only_what_is_invalid_and_forced_is_asked_about_as_a_new_object() {
    let manifest = |object: &Value| Manifest::new(object.clone()).unwrap();
    let plain = object(json!({}));
    let forced = marked("annotations", labels::FORCE, "enabled");
    for (desired, live, force) in [(&plain, &plain, true), (&forced, &plain, false), (&plain, &forced, false)]
    {
        let after = |class| after_refusal(&manifest(desired), live, force, class);
        assert_eq!(after(Class::Invalid), AfterRefusal::AskToCreate);
        for class in [Class::Conflict, Class::Forbidden, Class::BadRequest, Class::ServerError] {
            assert_eq!(after(class), AfterRefusal::Refused, "{class:?}");
        }
    }
    assert_eq!(after_refusal(&manifest(&plain), &plain, false, Class::Invalid), AfterRefusal::Refused);
}

#[test]
fn a_path_that_is_not_served_says_that_discovery_is_old() {
    for remote in [false, true] {
        let anew = |code, reason, message| asks_discovery_anew(&refusal(code, reason, message), remote);
        assert!(anew(404, "", "the server could not find the requested resource"));
        assert!(!anew(404, "NotFound", "namespaces \"ns\" not found"));
        assert!(!anew(503, "ServiceUnavailable", "down"));
        let away = kube::Error::Service("connection refused".into());
        assert_eq!(asks_discovery_anew(&away.into(), remote), remote);
    }
}

/// Action, and whether there is a baseline and an object.
fn summary(change: &Change) -> (Action, bool, bool) {
    (change.action, change.baseline.is_some(), change.object.is_some())
}

#[test]
fn what_is_not_written_is_skipped_or_unchanged() {
    let desired = manifest("v1", "ConfigMap", "ns", "a");
    let there = answer(live(json!([ours()]), json!({})));
    let absent = answer(object(json!({})));
    let settle = |verdict, answer: Option<&Answer>| summary(&settled(&desired, verdict, answer, MANAGER));
    assert_eq!(settle(Verdict::Unchanged, Some(&there)), (Action::Unchanged, true, true));
    assert_eq!(settle(Verdict::Skip, Some(&there)), (Action::Skipped, true, true));
    // A dry-run that would have created gives an object that does not exist.
    assert_eq!(settle(Verdict::Skip, Some(&absent)), (Action::Skipped, false, false));
    assert_eq!(settle(Verdict::Skip, None), (Action::Skipped, false, false));
    let change = settled(&desired, Verdict::Unchanged, Some(&there), MANAGER);
    assert_eq!((change.id.to_string().as_str(), change.version.as_str()), ("ConfigMap/ns/a", "v1"));
    assert_eq!(change.baseline.map(|baseline| baseline.resource_version), Some(10));
}

#[test]
fn an_apply_has_created_configured_or_changed_nothing() {
    let desired = manifest("v1", "ConfigMap", "ns", "a");
    let at = |version: &str| live(json!([ours()]), json!({"metadata": {"resourceVersion": version}}));
    let before = answer(at("10"));
    let absent = answer(object(json!({})));
    let check = |recreated, before: Option<&Answer>, after: &str, action| {
        let change = applied(&desired, recreated, before, at(after), MANAGER);
        assert_eq!(summary(&change), (action, true, true), "{recreated} {before:?} {after}");
        assert_eq!(
            change.baseline.map(|baseline| baseline.resource_version.to_string()).as_deref(),
            Some(after)
        );
    };
    check(false, Some(&absent), "11", Action::Created);
    check(false, None, "11", Action::Created);
    check(false, Some(&before), "11", Action::Configured);
    check(false, Some(&before), "10", Action::Unchanged);
    check(true, Some(&before), "11", Action::Created);
    // What was deleted and made again is new, whatever its version.
    check(true, Some(&before), "10", Action::Created);
}

#[test]
fn which_verdicts_write() {
    let writes = |verdict: Verdict| verdict.is_write();
    assert!([Verdict::Create, Verdict::Change, Verdict::Doubt, Verdict::CleanUp].into_iter().all(writes));
    assert!(![Verdict::Unchanged, Verdict::Skip].into_iter().any(writes));
}

#[test]
fn a_deletion_is_of_the_object_that_was_judged() {
    let live = live(json!([]), json!({}));
    let seen = judged(&live);
    assert_eq!(seen, Judged { uid: "u1".to_owned(), resource_version: "10".to_owned() });
    assert!(is_gone(None, &seen));
    assert!(!is_gone(Some(&live), &seen));
    let mut later = live.clone();
    later["metadata"]["resourceVersion"] = json!("11");
    assert!(!is_gone(Some(&later), &seen), "a finalizer was taken off, it is still there");
    later["metadata"]["uid"] = json!("u2");
    assert!(is_gone(Some(&later), &seen), "another object has its name");
    let none = judged(&json!({}));
    assert_eq!(none, Judged { uid: String::new(), resource_version: String::new() });
}

#[test]
fn a_refused_deletion_is_done_judged_again_or_an_error() {
    for (code, reason, after) in [
        (404, "NotFound", AfterDelete::Gone),
        // The path is not served: that says nothing of the object.
        (404, "", AfterDelete::Refused),
        (409, "Conflict", AfterDelete::JudgeAgain),
        (403, "Forbidden", AfterDelete::Refused),
        (500, "InternalError", AfterDelete::Refused),
    ] {
        assert_eq!(after_delete(&refusal(code, reason, "no")), after, "{code} {reason}");
    }
}
