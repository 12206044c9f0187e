//! Which commits there are, and what is told of them.

use std::collections::BTreeSet;

use super::{of, posted, sha};
use crate::alerts::observation::Standing;
use crate::alerts::roots::Root;
use crate::alerts::roots::tests::{cause, observation};
use crate::samples::key;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn only_commits_of_git_have_one() {
    for (revision, wanted) in [
        (format!("main@sha1:{COMMIT}"), Some(COMMIT)),
        (format!("sha1:{COMMIT}"), Some(COMMIT)),
        (format!("v1.2.3@sha1:{COMMIT}"), Some(COMMIT)),
        (format!("latest@sha256:{COMMIT}"), None),
        ("main@sha1:0123".to_owned(), None),
        (format!("main@sha1:{}", "z".repeat(40)), None),
        (format!("main@sha1:{COMMIT}/../../x"), None),
        (String::new(), None),
    ] {
        assert_eq!(sha(&revision), wanted, "{revision}");
    }
}

#[test]
fn something_is_told_when_it_is_settled() {
    let root = Root {
        cause: cause("HealthFailed", "Deployment/apps/web"),
        direct: BTreeSet::from([key("web")]),
        waiting: BTreeSet::new(),
        lags: false,
    };
    let wrong = Standing::Wrong(vec![root.cause.clone()]);
    let told = |standing: Standing, root: Option<&Root>| {
        of(&key("web"), &observation(standing), root).map(|commit| commit.is_well)
    };
    assert_eq!(told(Standing::Well, None), Some(true));
    assert_eq!(told(wrong.clone(), Some(&root)), Some(false));
    assert_eq!(told(wrong, None), None, "it has not lasted yet");
    assert_eq!(told(Standing::Busy, None), None);
    assert_eq!(told(Standing::Unseen, None), None);
}

#[test]
fn what_was_well_has_been_told() {
    let well = observation(Standing::Well);
    assert_eq!(posted(&well), of(&key("web"), &well, None).map(|commit| commit.posted()));
    assert_eq!(posted(&observation(Standing::Busy)), None);
}
