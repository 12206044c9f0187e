//! Sources in each kind of trouble.

use std::collections::BTreeMap;

use api::blocker::BlockerCode::{SourceNotReady, SourceVerificationFailed, Suspended};
use api::kustomization::Kustomization;
use health::beside::Nothing;
use serde_json::json;

use super::of_source;
use crate::blockers::{About, Draft};
use crate::source_status::{Source, SourceView};

fn drafts(view: &SourceView) -> Vec<Draft> {
    let object: Kustomization = serde_json::from_value(json!({
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"interval": "1m", "prune": true, "sourceRef": {"kind": "GitRepository", "name": "app"}},
    }))
    .unwrap();
    of_source(&About::new(&object, &Nothing), view)
}

fn source(status: &str, reason: &str, message: &str) -> Source {
    let ready = Some((status.to_owned(), reason.to_owned(), message.to_owned()));
    Source { revision: Some("main@sha1:0".to_owned()), ready, ..Source::default() }
}

#[test]
fn each_trouble_has_a_next_step() {
    let unlooked = Source::default();
    let building = Source { revision: None, ..source("Unknown", "Progressing", "building artifact") };
    let failing = source(
        "False",
        "GitOperationFailed",
        "failed to checkout and determine revision: unable to clone 'https://git/x': couldn't find remote ref \"refs/heads/nope\"",
    );
    let unsigned = source(
        "False",
        "InvalidCommitSignature",
        "signature verification of commit '0' failed: unsupported signature type: empty",
    );
    for (view, code, message, next) in [
        (SourceView::Absent, SourceNotReady, "the source does not exist", "create GitRepository apps/app"),
        (
            SourceView::Known(unlooked),
            SourceNotReady,
            "no controller has looked",
            "controller of GitRepository runs",
        ),
        (
            SourceView::Known(building),
            SourceNotReady,
            "no artifact yet",
            "flyball explain gitrepository/app -n apps",
        ),
        (SourceView::Known(failing), SourceNotReady, "couldn't find remote ref", "push branch nope"),
        (SourceView::Known(unsigned), SourceVerificationFailed, "signature", "sign the commit or tag"),
    ] {
        let found = drafts(&view);
        assert_eq!(found.len(), 1, "{view:?}");
        assert_eq!((found[0].code, found[0].object.as_deref()), (code, Some("GitRepository/apps/app")));
        assert!(found[0].message.contains(message), "{}", found[0].message);
        let hint = found[0].hint.as_deref().unwrap();
        assert!(hint.contains(next), "{hint}");
    }
    for view in
        [SourceView::Hidden, SourceView::Elsewhere, SourceView::Known(source("True", "Succeeded", "stored"))]
    {
        assert_eq!(drafts(&view), [], "{view:?}");
    }
}

#[test]
fn who_suspended_it_and_why() {
    let notes: BTreeMap<String, String> = [
        (api::labels::SUSPENDED_BY, "bob"),
        (api::labels::SUSPEND_REASON, "INC-42"),
        (api::labels::SUSPENDED_AT, "2026-11-25T10:00:00Z"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect();
    let resting = Source { suspended: true, notes, ..source("True", "Succeeded", "stored") };
    let found = drafts(&SourceView::Known(resting));
    assert_eq!(found[0].code, Suspended);
    assert_eq!(
        found[0].message,
        "the source is suspended: it does not check for new revisions, by bob: INC-42"
    );
    assert_eq!(found[0].evidence, ["suspended at 2026-11-25T10:00:00Z"]);
    assert!(found[0].hint.as_deref().unwrap().contains("flyball resume gitrepository/app -n apps"));
}
