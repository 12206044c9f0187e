//! Causes before symptoms.

use api::blocker::BlockerCode::{
    self, ArtifactMissing, HealthFailed, HealthTimeout, KindUnknown, SourceNotReady,
};

use super::ordered;
use crate::blockers::Draft;

fn draft(code: BlockerCode, object: &str) -> Draft {
    Draft::new(code, object, "m")
}

#[test]
fn causes_come_before_what_they_cause() {
    let by_run = Draft { by_run: true, ..draft(HealthFailed, "Deployment/a/web") };
    let sorted = ordered(vec![
        draft(HealthTimeout, "Deployment/a/web"),
        by_run,
        draft(HealthFailed, "Deployment/a/web").hint("h"),
        draft(ArtifactMissing, "Kustomization/a/web"),
        draft(SourceNotReady, "GitRepository/a/app"),
        draft(KindUnknown, "Widget/a/x"),
        draft(KindUnknown, "Widget/a/x"),
        draft(HealthTimeout, "Job/a/b"),
    ]);
    let codes: Vec<(BlockerCode, &str)> =
        sorted.iter().map(|d| (d.code, d.object.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        codes,
        [
            (SourceNotReady, "GitRepository/a/app"),
            (KindUnknown, "Widget/a/x"),
            (HealthFailed, "Deployment/a/web"),
            (HealthTimeout, "Job/a/b"),
        ]
    );
    assert_eq!(sorted[2].hint.as_deref(), Some("h"), "the object's own words stay");
}

#[test]
fn what_is_said_twice_of_an_object_is_one_blocker_with_all_that_was_seen() {
    let first = Draft::new(KindUnknown, "Widget/a/x", "a").evidence("one");
    let again = Draft::new(KindUnknown, "Widget/a/x", "b").evidence("one").evidence("two");
    let found = ordered(vec![again, first]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].message.as_str(), found[0].evidence.join(" ")), ("a", "one b two".to_owned()));
}

#[test]
fn what_only_the_run_knows_stays() {
    let by_run = Draft { by_run: true, ..draft(HealthFailed, "Job/a/b") };
    assert_eq!(ordered(vec![by_run.clone()]), [by_run]);
}
