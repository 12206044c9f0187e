//! Every text that is written here, and that its reader understands it.

use api::awaited::{Cause, Unhealthy};
use api::refusal::{Failure, Refusal};
use cluster::{Class, Error as ApiError};
use health::kstatus::Status;
use kube::core::Status as Answer;
use manifest::ObjectId;
use manifest::foreign::{Secrets, Values};
use serde_json::json;

use super::{ObjectError, Phase, join};
use crate::wait::{Observed, Outcome, decide, timed_out};

fn id(kind: &str, namespace: &str) -> ObjectId {
    ObjectId { namespace: namespace.into(), name: "web".into(), group: "apps".into(), kind: kind.into() }
}

fn answer(code: u16, reason: &str) -> ApiError {
    ApiError::from(Answer {
        code,
        reason: reason.to_owned(),
        message: "it: said so".to_owned(),
        ..Answer::default()
    })
}

/// The error's text is `expected`, and is read back as that failure.
#[track_caller]
fn check(error: &ObjectError, failure: Failure, expected: &str) {
    assert_eq!(error.to_string(), expected);
    let refusal = Refusal::parse(&error.text).expect("a refusal");
    assert_eq!(refusal.failure, failure);
    assert_eq!(refusal.id, ObjectId { group: String::new(), ..error.id.clone() });
    assert!(expected.ends_with(&refusal.message));
}

#[test]
fn answers_of_the_api_server() {
    let web = id("Deployment", "apps");
    let of = |phase, code, reason: &str| ObjectError::from_api(&web, phase, &answer(code, reason));
    check(
        &of(Phase::DryRun, 422, "Invalid"),
        Failure::DryRun(Some("Invalid".to_owned())),
        "Deployment/apps/web dry-run failed (Invalid): it: said so",
    );
    check(
        &of(Phase::DryRun, 500, ""),
        Failure::DryRun(None),
        "Deployment/apps/web dry-run failed: it: said so",
    );
    check(
        &of(Phase::DryRun, 404, "NotFound"),
        Failure::NotFound,
        "Deployment/apps/web not found: it: said so",
    );
    check(
        &of(Phase::Apply, 404, "NotFound"),
        Failure::NotFound,
        "Deployment/apps/web not found: it: said so",
    );
    check(
        &of(Phase::Apply, 403, "Forbidden"),
        Failure::Apply,
        "Deployment/apps/web apply failed: it: said so",
    );
    check(
        &of(Phase::CleanUp, 404, "NotFound"),
        Failure::CleanUp,
        "Deployment/apps/web managed fields clean-up failed: it: said so",
    );
    check(
        &of(Phase::Delete, 403, "Forbidden"),
        Failure::Delete,
        "Deployment/apps/web delete failed: it: said so",
    );
}

#[test]
fn a_cluster_scoped_object_has_no_namespace_that_could_be_missing() {
    let error = ObjectError::from_api(&id("ClusterRole", ""), Phase::DryRun, &answer(404, "NotFound"));
    check(
        &error,
        Failure::DryRun(Some("NotFound".to_owned())),
        "ClusterRole/web dry-run failed (NotFound): it: said so",
    );
    let error = ObjectError::from_api(&id("ClusterRole", ""), Phase::Apply, &answer(404, "NotFound"));
    check(&error, Failure::Apply, "ClusterRole/web apply failed: it: said so");
}

#[test]
fn what_is_known_without_an_answer() {
    let unknown = ObjectError::unknown_kind(&id("Widget", "apps"), "example.com/v1");
    check(
        &unknown,
        Failure::DryRun(None),
        "Widget/apps/web dry-run failed: no matches for kind \"Widget\" in version \"example.com/v1\"",
    );
    assert_eq!((unknown.phase, unknown.class), (Phase::DryRun, Class::NotFound));
    let nowhere = ObjectError::no_namespace(&id("ConfigMap", ""));
    check(
        &nowhere,
        Failure::NamespaceNotSpecified,
        "ConfigMap/web namespace not specified: the server could not find the requested resource",
    );
    let changing =
        ObjectError::other(&id("ConfigMap", "apps"), Phase::Delete, "delete failed: it keeps changing");
    check(&changing, Failure::Delete, "ConfigMap/apps/web delete failed: it keeps changing");
    let going = ObjectError::other(&id("ConfigMap", "apps"), Phase::Delete, "is still being deleted");
    assert_eq!(going.text, "ConfigMap/apps/web is still being deleted");
    assert_eq!(Refusal::parse(&going.text), None);
}

#[test]
fn several_are_read_back_in_their_order() {
    let refused = answer(403, "Forbidden");
    let of = |kind| ObjectError::from_api(&id(kind, "apps"), Phase::Apply, &refused);
    let text = join(vec![of("Deployment"), of("ConfigMap")]);
    assert_eq!(
        text,
        "ConfigMap/apps/web apply failed: it: said so\nDeployment/apps/web apply failed: it: said so"
    );
    let kinds: Vec<String> = Refusal::parse_all(&text).map(|refusal| refusal.id.kind).collect();
    assert_eq!(kinds, ["ConfigMap", "Deployment"]);
}

#[test]
fn what_a_health_check_says_is_read_back() {
    let observed = |kind, status, error: Option<&str>| Observed {
        id: id(kind, "apps"),
        status,
        error: error.map(str::to_owned),
    };
    let all = [
        observed("Job", Status::Unknown, Some("it, so to speak, is odd")),
        observed("Deployment", Status::Failed, None),
        observed("Pod", Status::Current, None),
    ];
    let late = timed_out(&all);
    let found = Unhealthy::parse(&late).expect("a list");
    assert_eq!(found.cause, Cause::TimedOut);
    assert_eq!(
        found.objects.iter().map(|object| object.object.as_str()).collect::<Vec<_>>(),
        ["Deployment/apps/web", "Job/apps/web"]
    );
    assert_eq!(found.objects[1].error.as_deref(), Some("it, so to speak, is odd"));
    assert_eq!(found.to_string(), late);
    let Outcome::Failed(early) = decide(&all, true) else { panic!("it has failed") };
    let found = Unhealthy::parse(&early).expect("a list");
    assert_eq!((found.cause, found.to_string()), (Cause::Stalled, early));
}

fn said(code: u16, reason: &str, message: &str) -> ApiError {
    ApiError::from(Answer {
        code,
        reason: reason.to_owned(),
        message: message.to_owned(),
        ..Answer::default()
    })
}

#[test]
fn a_refusal_of_a_secret_has_no_value_and_is_read_back() {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web", "namespace": "apps"},
        "stringData": {"pin": 70_001_234, "p": "hunter2-canary"},
    });
    let object = ObjectId { group: String::new(), ..id("Secret", "apps") };
    let typed = said(
        500,
        "",
        "failed to create typed patch object (apps/web; /v1, Kind=Secret): .stringData.pin: expected string, got &value.valueUnstructured{Value:70001234}",
    );
    check(
        &ObjectError::of_known(&object, Phase::DryRun, &typed, &Secrets::of(&secret)),
        Failure::DryRun(None),
        "Secret/apps/web dry-run failed: failed to create typed patch object (apps/web; /v1, Kind=Secret): .stringData.pin: expected string, got number ***",
    );
    // Where the manifest is not at hand, the kind is.
    check(
        &ObjectError::from_api(&object, Phase::Apply, &typed),
        Failure::Apply,
        "Secret/apps/web apply failed: failed to create typed patch object (apps/web; /v1, Kind=Secret): .stringData.pin: expected string, got number ***",
    );
    let denied = said(
        403,
        "Forbidden",
        "admission webhook \"x\" denied the request: aHVudGVyMi1jYW5hcnk= is hunter2-canary",
    );
    check(
        &ObjectError::of_known(&object, Phase::Apply, &denied, &Secrets::of(&secret)),
        Failure::Apply,
        "Secret/apps/web apply failed: admission webhook \"x\" denied the request: *** is ***",
    );
    let values = Values::default();
    values.gather(&secret);
    let known = Secrets::of_kind("Deployment").beside(&values);
    check(
        &ObjectError::of_known(&id("Deployment", "apps"), Phase::Apply, &denied, &known),
        Failure::Apply,
        "Deployment/apps/web apply failed: admission webhook \"x\" denied the request: *** is ***",
    );
}

#[test]
fn the_live_object_is_known_as_well() {
    let old = json!({"kind": "Secret", "data": {"p": "aHVudGVyMi1vbGQ="}});
    let new = json!({"kind": "Secret", "data": {"p": "aHVudGVyMi1uZXc="}});
    let denied = said(403, "Forbidden", "hunter2-old may not become hunter2-new");
    let error =
        ObjectError::of_known(&id("Secret", "apps"), Phase::CleanUp, &denied, &Secrets::of(&new).and(&old));
    assert!(error.text.ends_with("*** may not become ***"), "{error}");
}

#[test]
fn a_name_that_is_no_path_segment_is_refused_in_flux_grammar() {
    let object = ObjectId { name: "../a\nSecret/x/y apply failed: z".to_owned(), ..id("ConfigMap", "apps") };
    let error = ObjectError::unfit_name(&object, Phase::DryRun, &object.check().unwrap_err());
    assert!(
        error.text.starts_with(
            "ConfigMap/apps/../a\u{fffd}Secret/x/y apply failed: z dry-run failed: metadata.name \"../a"
        ),
        "{error}"
    );
    assert_eq!(error.text.lines().count(), 1);
    assert_eq!(error.class, Class::Invalid);
    let object = ObjectId { namespace: "a?x=".to_owned(), ..id("ConfigMap", "") };
    let error = ObjectError::unfit_name(&object, Phase::Delete, &object.check().unwrap_err());
    check(
        &error,
        Failure::Delete,
        "ConfigMap/a?x=/web delete failed: metadata.namespace \"a?x=\" may not contain '?', '#' or '\\': it would be part of the path of a request",
    );
}

#[test]
fn what_a_server_says_does_not_steer_a_terminal() {
    let error = ObjectError::from_api(
        &id("Pod", "apps"),
        Phase::Apply,
        &said(403, "Forb\u{1b}idden", "\u{1b}[2Jno\u{202e}"),
    );
    assert_eq!(error.text, "Pod/apps/web apply failed: [2Jno");
    let error = ObjectError::unknown_kind(&id("Wid\u{1b}get", "apps"), "v1\n");
    assert!(!error.text.contains(['\u{1b}', '\n']), "{error}");
    let error = ObjectError::other(&id("Pod", "apps"), Phase::Delete, "waits\u{7} for https://a:b@c/d");
    assert_eq!(error.text, "Pod/apps/web waits for https://***@c/d");
}
