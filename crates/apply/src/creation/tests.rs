//! Which objects are created without a question, and what a refusal leaves open.

use super::{Missed, is_creatable};
use crate::baseline::Baseline;
use crate::judge::Known;
use crate::samples::{MANAGER, live, marked, object, ours, refusal};
use manifest::Manifest;
use serde_json::{Value, json};

fn creatable(value: Value, known: &Known) -> bool {
    is_creatable(&Manifest::new(value).expect("an object"), known)
}

#[test]
fn what_may_be_there_is_asked_about() {
    assert!(creatable(object(json!({})), &Known::default()));
    let there = Some(Baseline::of_answer(&live(json!([ours()]), json!({})), &object(json!({})), MANAGER));
    for known in [
        Known { live: there.clone(), ..Known::default() },
        Known { base: there, ..Known::default() },
        Known { changed: true, ..Known::default() },
        Known { applied: true, ..Known::default() },
        Known { hands_off: true, ..Known::default() },
        Known { audited: 7, ..Known::default() },
    ] {
        assert!(!creatable(object(json!({})), &known), "{known:?}");
    }
}

#[test]
fn what_is_left_alone_or_has_preconditions_is_asked_about() {
    for (key, value) in [("reconcile", "disabled"), ("ssa", "Ignore")] {
        let key = format!("kustomize.toolkit.fluxcd.io/{key}");
        assert!(!creatable(marked("annotations", &key, value), &Known::default()), "{key}");
    }
    for field in ["resourceVersion", "uid"] {
        assert!(!creatable(object(json!({"metadata": {field: "5"}})), &Known::default()), "{field}");
        assert!(creatable(object(json!({"metadata": {field: null}})), &Known::default()), "{field}");
    }
    // That it only has to exist is no reason: where it does, the attempt changes nothing.
    let once = marked("annotations", "kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent");
    assert!(creatable(once, &Known::default()));
}

#[test]
fn what_was_not_refused_may_have_been_done() {
    for (code, reason, wanted) in [
        (409, "Conflict", Missed::Refused),
        (403, "Forbidden", Missed::Refused),
        (404, "NotFound", Missed::Refused),
        (422, "Invalid", Missed::Refused),
        (400, "BadRequest", Missed::Refused),
        (429, "TooManyRequests", Missed::Refused),
        (500, "InternalError", Missed::Open),
        (500, "", Missed::Open),
        (503, "ServiceUnavailable", Missed::Open),
        (504, "Timeout", Missed::Open),
    ] {
        assert_eq!(Missed::of(refusal(code, reason, "no").classify()), wanted, "{code} {reason}");
    }
}
