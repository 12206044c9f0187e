//! Objects without a Kustomization.

use convergence::Source;
use health::Rules;
use health::beside::Nothing;
use jiff::Timestamp;

use super::*;

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().expect("a time")
}

fn alone(gathered: &Gathered) -> Alone {
    gathered.explain(&Nothing, Rules::built_in(), now()).into()
}

#[test]
fn an_object() {
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "migrate", "namespace": "apps"},
        "status": {"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
            "message": "Job has reached the specified backoff limit"}]}});
    let seen = Seen::new(job, 1, "1".to_owned(), None, Some(owner()), Rules::built_in(), now());
    let id = ObjectId::from_inventory("apps_migrate_batch_Job").expect("an id");
    let since = Since { what: Arc::new(seen), since: "2026-11-25T09:00:00Z".parse().ok() };
    let alone = alone(&of_object(id, since).expect("something to explain"));
    let object = alone.object.expect("an object");
    assert_eq!(object.health.as_str(), "Degraded");
    assert_eq!(object.since.0.to_string(), "2026-11-25T09:00:00Z");
    let blockers: Vec<(&str, Option<&str>)> =
        alone.blockers.iter().map(|blocker| (blocker.code.as_str(), blocker.object.as_deref())).collect();
    assert_eq!(blockers, [("HealthFailed", Some("Job/apps/migrate"))], "and nothing of the Kustomization");
}

#[test]
fn a_source() {
    let key = ("GitRepository", "apps".to_owned(), "app".to_owned());
    let told = |status: &str, revision: Option<&str>| {
        let ready =
            (status.to_owned(), "GitOperationFailed".to_owned(), "authentication required".to_owned());
        let source =
            Source { revision: revision.map(ToOwned::to_owned), ready: Some(ready), ..Source::default() };
        let source = Since { what: SourceView::Known(source), since: None };
        alone(&of_source(&key, source).expect("something to explain")).blockers
    };
    let failed = told("False", None);
    assert_eq!(failed[0].object.as_deref(), Some("GitRepository/apps/app"));
    assert_eq!(failed[0].code.as_str(), "SourceNotReady");
    assert_eq!(told("True", Some("main@sha1:1")), [], "that it is not applied is no matter of the source");
}
