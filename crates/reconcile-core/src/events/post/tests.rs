//! The POST's form, and what its answers mean.

use std::time::Duration;

use super::{Sink, Verdict, body, judge};
use crate::Error;
use crate::events::tests::event;
use crate::events::{Options, Severity};
use crate::metrics::Metrics;

#[test]
fn the_post_has_flux_form() {
    let mut said = event("a", Severity::Error, "BuildFailed", "no");
    said.involved.resource_version = Some("7".to_owned());
    said.metadata.insert("kustomize.toolkit.fluxcd.io/revision".to_owned(), "main@sha1:1".to_owned());
    let at = "2026-01-02T03:04:05.987Z".parse().expect("a time");
    let posted = body(&said, at, "kustomize-controller", "pod-1").expect("posted");
    assert_eq!(
        posted,
        serde_json::json!({
            "involvedObject": {"kind": "Widget", "namespace": "ns", "name": "a", "uid": "u",
                "apiVersion": "example.com/v1", "resourceVersion": "7"},
            "severity": "error",
            "timestamp": "2026-01-02T03:04:05Z",
            "message": "no",
            "reason": "BuildFailed",
            "metadata": {"kustomize.toolkit.fluxcd.io/revision": "main@sha1:1"},
            "reportingController": "kustomize-controller",
            "reportingInstance": "pod-1",
        })
    );
    assert!(body(&event("a", Severity::Trace, "R", "m"), at, "c", "i").is_none());
    let info = body(&event("a", Severity::Info, "R", "m"), at, "c", "i").expect("posted");
    assert_eq!(info["severity"], "info");
}

fn refused(code: u16) -> Verdict {
    Verdict::Drop(format!("the receiver answered {code}"))
}

#[test]
fn answers_of_the_receiver() {
    let first = Verdict::Retry(Duration::from_secs(1));
    for (code, verdict) in [
        (200, Verdict::Done),
        (202, Verdict::Done),
        (299, Verdict::Done),
        (429, Verdict::Done),
        (500, Verdict::Retry(Duration::from_secs(1))),
        (503, Verdict::Retry(Duration::from_secs(1))),
        (599, first),
        (301, refused(301)),
        (400, refused(400)),
        (404, refused(404)),
        (600, refused(600)),
    ] {
        assert_eq!(judge(Ok(code), 1), verdict, "{code}");
    }
}

#[test]
fn what_may_pass_is_tried_five_times() {
    let verdicts: Vec<_> = (1..=5).map(|tries| judge(Err("no route".to_owned()), tries)).collect();
    let retry = |seconds| Verdict::Retry(Duration::from_secs(seconds));
    let given_up = Verdict::Drop("no route".to_owned());
    assert_eq!(verdicts, [retry(1), retry(2), retry(4), retry(8), given_up]);
    assert_eq!(judge(Ok(503), 5), refused(503));
    assert_eq!(judge(Ok(202), 5), Verdict::Done, "the last try counts too");
}

#[test]
fn an_address_that_is_not_one_is_refused_at_once() {
    cluster::install_crypto();
    let sink = |address: &str| {
        let options =
            Options { controller: "c".to_owned(), instance: "i".to_owned(), events_addr: address.to_owned() };
        Sink::new(&options, Metrics::new()).map(drop)
    };
    assert!(sink("http://notification-controller.flux-system.svc.cluster.local./").is_ok());
    let error = sink("notification-controller").expect_err("no scheme");
    assert!(matches!(error, Error::EventsAddress { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "invalid --events-addr \"notification-controller\": relative URL without a base"
    );
}
