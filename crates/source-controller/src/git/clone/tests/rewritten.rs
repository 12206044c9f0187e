//! Branches that left the commit that was stored, as a real server sees them.

use reqwest::Url;
use testkit::git::Content;

use super::Bench;
use crate::access::Access;
use crate::git::Spec;
use crate::git::refs::Target;
use crate::upstream::Resolved;

/// Whether the branch is said to have left `before`.
async fn has_left(bench: &Bench, uid: &str, before: &str) -> bool {
    let url = Url::parse(bench.repository.url()).unwrap();
    let spec = Spec {
        before: Some(format!("main@sha1:{before}")),
        ..Spec::of(uid, url, Target::Branch("main".into()))
    };
    let found = bench.run(&spec, &Access::default(), spec.before.as_deref()).await.unwrap();
    let Resolved::Revision { place, .. } = found else { return false };
    assert!(place.leaves.is_none() || place.leaves.as_deref() == Some(before));
    place.leaves.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_what_is_stored() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    assert!(!has_left(&bench, "u", &first).await, "nothing is new");
    let second = bench.commit("main", "2");
    assert!(!has_left(&bench, "u", &first).await, "a push");
    for text in ["3", "4", "5"] {
        bench.commit("main", text);
    }
    let asked = bench.server.accesses().len();
    assert!(!has_left(&bench, "u", &second).await, "a push of several commits");
    assert_eq!(bench.server.accesses().len(), asked + 5, "two to list, one to fetch, two to ask");
}

/// What only the telling needs comes last: it must not take the time of what the artifact needs.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_asked_after_all_is_fetched() {
    let bench = Bench::new().await;
    let lib = bench.server.repository("lib").unwrap();
    let pinned = lib.commit("main", "l", [("l", "l")]).unwrap();
    let first = bench.commit("main", "1");
    bench.commit("main", "2");
    let stored = bench.commit("main", "3");
    assert_eq!(store(&bench).await, stored);
    bench.repository.branch("main", &first).unwrap();
    bench.commit("main", "2, rebased");
    let file = "[submodule \"lib\"]\n\tpath = lib\n\turl = ../lib\n";
    let with = [(".gitmodules", Content::from(file)), ("lib", Content::Module(pinned))];
    bench.repository.commit("main", "3, rebased", with).unwrap();
    let url = Url::parse(bench.repository.url()).unwrap();
    let before = Some(format!("main@sha1:{stored}"));
    let spec = Spec { before, recurse: true, ..Spec::of("u", url, Target::Branch("main".into())) };
    let asked = bench.server.accesses().len();
    let found = bench.run(&spec, &Access::default(), None).await.unwrap();
    let Resolved::Revision { place, .. } = found else { unreachable!("nothing was known") };
    assert_eq!(place.leaves, Some(stored));
    let asked: Vec<_> =
        bench.server.accesses().split_off(asked).into_iter().map(|one| one.repository).collect();
    assert_eq!(asked, ["app", "app", "app", "lib", "lib", "lib", "app", "app"]);
}

/// As a run that stored what the branch names.
async fn store(bench: &Bench) -> String {
    let revision = bench.revision(Target::Branch("main".into())).await;
    revision.rsplit_once(':').unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    let second = bench.commit("main", "2");
    let third = bench.commit("main", "3");
    assert_eq!(store(&bench).await, third);
    let asked = bench.server.accesses().len();
    // Set back by one and by two commits, and amended: what both name proves it.
    bench.repository.branch("main", &second).unwrap();
    assert!(has_left(&bench, "u", &third).await);
    bench.repository.branch("main", &first).unwrap();
    assert!(has_left(&bench, "u", &third).await);
    bench.repository.branch("main", &second).unwrap();
    let amended = bench.commit("main", "3, amended");
    assert!(has_left(&bench, "u", &third).await);
    assert_eq!(bench.server.accesses().len(), asked + 9, "listed and fetched, and not asked");
    // Rebased: the server says it.
    bench.repository.branch("main", &first).unwrap();
    bench.commit("main", "2, rebased");
    let rebased = bench.commit("main", "3, rebased");
    assert!(has_left(&bench, "u", &amended).await);
    // An unrelated history; and a commit that the server has never heard of.
    bench.repository.delete_reference("refs/heads/main").unwrap();
    bench.commit("main", "a new beginning");
    bench.commit("main", "and what comes after");
    assert!(has_left(&bench, "u", &rebased).await);
    assert!(has_left(&bench, "u", &"1".repeat(40)).await);
    // What comes after the parent of what is stored by more than one commit: nobody can tell.
    bench.repository.branch("main", &second).unwrap();
    bench.commit("main", "3, again");
    bench.commit("main", "4");
    assert!(!has_left(&bench, "u", &third).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_of_other_references() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    bench.repository.tag("v1", &first).unwrap();
    bench.repository.branch("other", &first).unwrap();
    let url = || Url::parse(bench.repository.url()).unwrap();
    for (target, before) in [
        (Target::Tag("v1".into()), "v1@sha1:1111111111111111111111111111111111111111"),
        (Target::Branch("other".into()), "main@sha1:1111111111111111111111111111111111111111"),
        (Target::Branch("other".into()), "other@sha1:no-commit"),
        (Target::Branch("other".into()), "nonsense"),
    ] {
        let spec = Spec { before: Some(before.to_owned()), ..Spec::of("u", url(), target) };
        let Ok(Resolved::Revision { place, .. }) = bench.run(&spec, &Access::default(), None).await else {
            unreachable!("nothing was known")
        };
        assert_eq!(place.leaves, None, "{before}");
    }
}
