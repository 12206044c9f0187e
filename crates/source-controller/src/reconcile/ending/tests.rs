//! Endings as people see them: conditions, event, next run.

use std::time::Duration;

use api::condition::{FETCH_FAILED, RECONCILING, STALLED};
use serde_json::json;

use super::{Asked, Ending, Notice, conclude, event, next};
use crate::fault::Fault;
use crate::reconcile::source::Produced;
use crate::samples::{git_repository, lines, stored};
use crate::status::Status;
use crate::step::Next;

const ASKED: Asked<'static> = Asked { generation: 2, token: None };

fn unchanged() -> Ending {
    let recovered = Some("stored again".to_owned());
    Ending::Succeeded(Produced::Unchanged {
        reason: "UpToDate",
        message: "nothing new".to_owned(),
        recovered,
    })
}

fn made() -> Ending {
    Ending::Succeeded(Produced::Stored { message: "stored artifact".to_owned() })
}

fn retried() -> Ending {
    Ending::Failed(Fault::retry(FETCH_FAILED, "GitOperationFailed", "no route".to_owned()))
}

fn stalled() -> Ending {
    Ending::Failed(Fault::stalling(Some(FETCH_FAILED), "URLInvalid", "no url".to_owned()))
}

/// The event, as one line.
fn said(ending: &Ending, asked: Asked<'_>, before: &Status, status: &Status) -> Option<String> {
    let line = |Notice { severity, reason, message }| format!("{severity:?} {reason}: {message}");
    event(ending, asked, before, status).map(line)
}

/// From what was stored to how it reads at the end, and what is said of it.
fn play(before: &Status, ending: &Ending, asked: Asked<'_>) -> (Status, Option<String>) {
    let mut status = before.clone();
    status.begin(before.observed_generation, asked.generation);
    conclude(&mut status, ending, asked);
    let said = said(ending, asked, before, &status);
    (status, said)
}

#[test]
fn a_success() {
    let mut begun = stored("main@sha1:aa");
    begun.mark(STALLED, "Old", "old", 1);
    let (status, _) = play(&begun, &made(), Asked { generation: 3, token: Some("now") });
    assert_eq!((status.observed_generation, status.last_handled.as_deref()), (3, Some("now")));
    insta::assert_snapshot!(lines(&status), @r"
    Ready=True Succeeded: stored artifact for revision 'main@sha1:aa'
    ArtifactInStorage=True Succeeded: stored artifact for revision 'main@sha1:aa'
    ");
}

#[test]
fn a_failure_that_is_tried_again() {
    let (status, said) = play(&Status::default(), &retried(), ASKED);
    assert_eq!(status.observed_generation, -1, "the generation is not dealt with");
    assert_eq!(said.as_deref(), Some("Error GitOperationFailed: no route"));
    insta::assert_snapshot!(lines(&status), @r"
    Reconciling=True ProgressingWithRetry: processing object: new generation -1 -> 2
    Ready=False GitOperationFailed: no route
    FetchFailed=True GitOperationFailed: no route
    ");
    let (again, said) = play(&status, &retried(), ASKED);
    assert!(said.is_some(), "each try is reported");
    assert!(again.is_true(RECONCILING));
}

#[test]
fn a_failure_that_stalls_is_reported_once() {
    let before = Status { observed_generation: 2, ..Status::default() };
    let mut status = before.clone();
    conclude(&mut status, &stalled(), ASKED);
    assert_eq!(status.observed_generation, 2);
    insta::assert_snapshot!(lines(&status), @r"
    Stalled=True URLInvalid: no url
    Ready=False URLInvalid: no url
    FetchFailed=True URLInvalid: no url
    ");
    assert_eq!(said(&stalled(), ASKED, &before, &status).as_deref(), Some("Error URLInvalid: no url"));
    let mut again = status.clone();
    conclude(&mut again, &stalled(), ASKED);
    assert_eq!(said(&stalled(), ASKED, &status, &again), None);
}

#[test]
fn a_source_that_costs_too_much_stalls_and_keeps_its_artifact() {
    let before = stored("main@sha1:aa");
    let ending =
        Ending::Failed(Fault::excess("StorageOperationFailed", "ArchiveOperationFailed", "too large"));
    let (status, said) = play(&before, &ending, ASKED);
    assert!(status.artifact.is_some() && status.is_true(STALLED) && !status.is_true(RECONCILING));
    assert_eq!(status.observed_generation, 2);
    assert!(said.unwrap().starts_with("Error ArchiveOperationFailed: too large; it is tried again after"));
    let overtime =
        Ending::Failed(Fault::throttled("StorageOperationFailed", "ArchiveOperationFailed", "too long"));
    let (status, _) = play(&before, &overtime, ASKED);
    assert!(!status.is_true(STALLED) && status.is_true(RECONCILING), "it is not the object's fault alone");
    for ending in [ending, overtime] {
        for is_written in [true, false] {
            let minute = Duration::from_secs(60);
            assert_eq!(
                next(&ending, is_written, minute, minute),
                Next::Throttled(minute),
                "not even to say so"
            );
        }
    }
}

#[test]
fn a_suspended_object_keeps_what_it_says() {
    let asked = Asked { generation: 3, token: Some("now") };
    let mut before = stored("main@sha1:aa");
    before.mark(STALLED, "Old", "old", 2);
    let mut status = before.clone();
    conclude(&mut status, &Ending::Suspended, asked);
    assert_eq!((status.observed_generation, status.last_handled.as_deref()), (3, Some("now")));
    assert!(!status.is_true(STALLED));
    assert_eq!(said(&Ending::Suspended, asked, &before, &status), None);
    let mut empty = Status::default();
    conclude(&mut empty, &Ending::Suspended, asked);
    assert_eq!((empty.observed_generation, empty.conditions.len()), (-1, 0), "nothing was ever dealt with");
}

#[test]
fn a_quiet_poll_is_quiet_and_a_request_is_answered() {
    let before = stored("main@sha1:aa");
    let quiet = |asked| said(&unchanged(), asked, &before, &before);
    assert_eq!(quiet(ASKED), None);
    let answer = Some("Trace UpToDate: nothing new".to_owned());
    assert_eq!(quiet(Asked { generation: 3, token: None }), answer);
    assert_eq!(quiet(Asked { generation: 2, token: Some("now") }), answer);
    let handled = Status { last_handled: Some("now".to_owned()), ..before.clone() };
    assert_eq!(said(&unchanged(), Asked { generation: 2, token: Some("now") }, &handled, &handled), None);
    let other = Status { observed_generation: 1, ..before.clone() };
    assert_eq!(said(&unchanged(), ASKED, &before, &other), answer, "the status changed");
}

#[test]
fn the_end_of_a_failure_is_reported() {
    let good = stored("main@sha1:aa");
    for condition in [FETCH_FAILED, "StorageOperationFailed"] {
        let mut bad = good.clone();
        bad.mark(condition, "Bad", "bad", 2);
        let recovered = said(&unchanged(), ASKED, &bad, &good);
        assert_eq!(recovered.as_deref(), Some("Info Succeeded: stored again"), "{condition}");
        let made_again = said(&made(), ASKED, &bad, &good);
        assert_eq!(made_again.as_deref(), Some("Info Succeeded: stored artifact"), "{condition}");
        assert_eq!(said(&unchanged(), ASKED, &bad, &bad.clone()), None, "it goes on");
    }
    let quiet = Produced::Unchanged { reason: "Same", message: "same".to_owned(), recovered: None };
    let mut bad = good.clone();
    bad.mark(FETCH_FAILED, "Bad", "bad", 2);
    let line = said(&Ending::Succeeded(quiet), ASKED, &bad, &good);
    assert_eq!(line.as_deref(), Some("Trace Same: same"), "Flux says nothing of it either");
}

#[test]
fn an_artifact_is_new_when_its_digest_is() {
    let before = stored("main@sha1:aa");
    assert_eq!(said(&made(), ASKED, &before, &before), None, "the same bytes");
    let mut after = before.clone();
    after.artifact.as_mut().unwrap().digest = "sha256:bb".to_owned();
    assert_eq!(said(&made(), ASKED, &before, &after).as_deref(), Some("Info NewArtifact: stored artifact"));
    let first = said(&made(), ASKED, &Status::default(), &after);
    assert_eq!(first.as_deref(), Some("Info NewArtifact: stored artifact"));
}

fn waiting() -> Ending {
    Ending::Failed(Fault::waiting("IncludeUnavailable", "NotFound", "not there yet".to_owned()))
}

#[test]
fn who_waits_for_another_says_so_once() {
    let before = stored("main@sha1:aa");
    let (status, event) = play(&before, &waiting(), ASKED);
    assert!(status.is_true("IncludeUnavailable") && !status.is_true(STALLED));
    assert_eq!(event.as_deref(), Some("Trace NotFound: not there yet"));
    assert_eq!(play(&status, &waiting(), ASKED).1, None);
}

#[test]
fn what_is_not_signed_is_not_verified() {
    let refused = Fault::retry("SourceVerified", "InvalidCommitSignature", "not signed".to_owned());
    let (status, event) = play(&stored("main@sha1:aa"), &Ending::Failed(refused), ASKED);
    let lines = lines(&status);
    assert!(lines.contains("SourceVerified=False InvalidCommitSignature: not signed"), "{lines}");
    assert!(lines.contains("Ready=False InvalidCommitSignature: not signed"), "{lines}");
    assert_eq!(event.as_deref(), Some("Error InvalidCommitSignature: not signed"));
}

#[test]
fn when_the_next_run_comes() {
    let minute = Duration::from_secs(60);
    for (ending, written) in [
        (made(), Next::After(minute)),
        (unchanged(), Next::After(minute)),
        (Ending::Suspended, Next::Wait),
        (stalled(), Next::Wait),
        (retried(), Next::Retry),
        (waiting(), Next::After(Duration::from_secs(30))),
    ] {
        assert_eq!(next(&ending, true, minute, Duration::from_secs(30)), written, "{ending:?}");
        assert_eq!(
            next(&ending, false, minute, Duration::from_secs(30)),
            Next::Retry,
            "{ending:?}, and nobody knows"
        );
    }
}

#[test]
fn what_an_object_asks_for() {
    let mut object = git_repository(&json!({}));
    assert_eq!(Asked::of(&object), ASKED);
    let token = ("reconcile.fluxcd.io/requestedAt".to_owned(), "now".to_owned());
    object.metadata.annotations = Some([token].into());
    assert_eq!(Asked::of(&object), Asked { generation: 2, token: Some("now") });
}
