//! One line for every end.

use super::*;

const APP: (&str, &str, &str) = ("Kustomization", "apps", "web");

fn line(followed: Followed) -> String {
    Told::of(APP, followed).line().text()
}

#[test]
fn every_end_is_one_line() {
    let ready = |revision: Option<&str>, message: &str| {
        Followed::Ended(Ending::Ready { revision: revision.map(str::to_owned), message: message.to_owned() })
    };
    assert_eq!(line(ready(Some("main@sha1:1"), "x")), "Kustomization apps/web: applied revision main@sha1:1");
    assert_eq!(line(ready(None, "all is well")), "Kustomization apps/web: ready: all is well");
    let failed = Ending::Failed { reason: "BuildFailed".to_owned(), message: "no such file".to_owned() };
    assert_eq!(line(Followed::Ended(failed)), "Kustomization apps/web: failed (BuildFailed): no such file");
    assert_eq!(
        line(Followed::Ended(Ending::Nothing("it was suspended meanwhile"))),
        "Kustomization apps/web: failed: it was suspended meanwhile"
    );
    assert_eq!(
        line(Followed::TimedOut("building".to_owned())),
        "Kustomization apps/web: not over in time; waits for: building"
    );
    assert_eq!(Told::asked(APP, "is asked").line().text(), "Kustomization apps/web: is asked");
}

#[test]
fn sources_fetch_and_what_has_no_namespace_has_none() {
    let ready = Ending::Ready { revision: Some("v1@sha1:2".to_owned()), message: String::new() };
    let told = Told::of(("GitRepository", "apps", "web"), Followed::Ended(ready));
    assert_eq!(told.line().text(), "GitRepository apps/web: fetched revision v1@sha1:2");
    assert_eq!(Told::asked(("Thing", "", "web"), "x").line().text(), "Thing web: x");
}

#[test]
fn programs_get_the_same() {
    let failed = Ending::Failed { reason: "BuildFailed".to_owned(), message: "no".to_owned() };
    let told = serde_json::to_value(Told::of(APP, Followed::Ended(failed))).unwrap();
    let wanted = serde_json::json!({"kind": "Kustomization", "namespace": "apps", "name": "web", "result": "failed",
        "reason": "BuildFailed", "message": "no"});
    assert_eq!(told, wanted);
}
