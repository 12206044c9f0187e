//! Objects that share a clone: what is fetched once, and who is refused although it is there.

use std::sync::Arc;

use reqwest::Url;
use testkit::git::{Behaviour, Content};

use super::{Bench, MAX_PACKS, commit};
use crate::access::{Access, References};
use crate::git::refs::Target;
use crate::git::{Git, Spec};
use crate::memory::Memory;
use crate::upstream::{Resolved, Upstream as _};

fn branch(name: &str) -> Target {
    Target::Branch(name.to_owned())
}

impl Bench {
    /// A run of an object, with the user and the password that its address says.
    async fn object(&self, uid: &str, login: &str, target: Target) -> Result<super::Tip, String> {
        self.found(uid, login, target, false).await
    }

    async fn found(
        &self,
        uid: &str,
        login: &str,
        target: Target,
        recurse: bool,
    ) -> Result<super::Tip, String> {
        let url = Url::parse(&self.repository.url().replace("http://", &format!("http://{login}"))).unwrap();
        let access = Access::new(&url, "ns", &References::default(), None).unwrap();
        let spec = Spec { recurse, ..Spec::of(uid, url, target) };
        match self.run(&spec, &access, None).await? {
            Resolved::Revision { place, .. } => Ok(place),
            Resolved::Unchanged => Err("nothing was known".to_owned()),
        }
    }

    fn posts(&self) -> usize {
        self.server.accesses().iter().filter(|access| access.request.starts_with("POST")).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_one_address_have_one_clone() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    bench.repository.branch("other", &first).unwrap();
    let second = bench.commit("other", "2");
    bench.repository.annotated_tag("v1.0.0", &first, "one").unwrap();
    for (uid, target, expected, posts) in [
        // What there is is asked each time, and the content comes once.
        ("a", branch("main"), &first, 2),
        ("b", branch("main"), &first, 1),
        ("c", branch("other"), &second, 2),
        ("d", Target::Name("refs/heads/other".into()), &second, 1),
        ("e", Target::Tag("v1.0.0".into()), &first, 2),
        ("f", Target::Semver("*".into()), &first, 2),
    ] {
        let before = bench.posts();
        let tip = bench.object(uid, "", target).await.unwrap();
        assert_eq!((&tip.commit, bench.posts() - before), (expected, posts), "{uid}");
        assert_eq!(bench.clones().len(), 1, "{uid}");
    }
    // Whole histories are another clone, and those of one branch another yet.
    bench.object("g", "", commit(&first, None)).await.unwrap();
    bench.object("h", "", commit(&first, Some("main"))).await.unwrap();
    assert_eq!(bench.clones().len(), 3);
    for uid in ["a", "b", "c", "d", "e"] {
        bench.git.forget(uid);
    }
    assert_eq!(bench.clones().len(), 3, "one is left of each");
    for uid in ["f", "g", "h"] {
        bench.git.forget(uid);
    }
    assert!(bench.clones().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_fetches() {
    let bench = Arc::new(Bench::new().await);
    bench.commit("main", "1");
    let runs: Vec<_> = (0..24)
        .map(|number| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.object(&format!("u{number}"), "", branch("main")).await })
        })
        .collect();
    for run in runs {
        run.await.unwrap().unwrap();
    }
    assert_eq!(bench.clones().len(), 1);
    assert_eq!(bench.posts(), 24 + 1, "each asks, and one fetches");
}

/// A clone that is too full for all who share it is made again by one of them.
#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_makes_another() {
    let bench = Arc::new(Bench::new().await);
    bench.commit("main", "1");
    bench.object("first", "", branch("main")).await.unwrap();
    for number in 0..=MAX_PACKS {
        std::fs::write(bench.clones()[0].join(format!("objects/pack/pack-{number}.pack")), "").unwrap();
    }
    let next = bench.commit("main", "2");
    let before = bench.posts();
    let runs: Vec<_> = (0..24)
        .map(|number| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.object(&format!("u{number}"), "", branch("main")).await })
        })
        .collect();
    for run in runs {
        assert_eq!(run.await.unwrap().unwrap().commit, next);
    }
    assert_eq!(bench.clones().len(), 1);
    // Each asks, before and after; a fetch besides is one of the whole repository.
    let posts = bench.posts() - before;
    assert!(posts <= 2 * 24 + 1, "{posts}");
}

/// Five hundred objects of twenty repositories.
#[tokio::test(flavor = "multi_thread")]
async fn clones_are_as_many_as_addresses() {
    let bench = Bench::new().await;
    let urls: Vec<Url> = (0..20)
        .map(|number| {
            let repository = bench.server.repository(&format!("r{number}")).unwrap();
            repository.commit("main", "1", [("file", "1")]).unwrap();
            Url::parse(repository.url()).unwrap()
        })
        .collect();
    for number in 0..100 {
        let spec = Spec::of(&format!("u{number}"), urls[number % 20].clone(), branch("main"));
        bench.run(&spec, &Access::default(), None).await.unwrap();
    }
    assert_eq!(bench.clones().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_what_its_own_credentials_do_not_open() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    bench.server.behave("app", Behaviour::basic("user", "one"));
    bench.object("a", "user:one@", branch("main")).await.unwrap();
    bench.object("b", "user:one@", commit(&first, Some("main"))).await.unwrap();
    let refused = |error: Result<super::Tip, String>| {
        let error = error.unwrap_err();
        assert!(error.starts_with("authentication required"), "{error}");
    };
    for login in ["", "user@", "user:two@", "other:one@"] {
        refused(bench.object("x", login, branch("main")).await);
        refused(bench.object("y", login, commit(&first, Some("main"))).await);
    }
    // What was given with these credentials is not given again once the server takes them no more.
    bench.server.behave("app", Behaviour::basic("user", "two"));
    refused(bench.object("x", "user:one@", branch("main")).await);
    refused(bench.object("y", "user:one@", commit(&first, Some("main"))).await);
    // Nor what the server does not name to who asks.
    bench.server.behave("app", Behaviour::basic("user", "one"));
    bench.repository.branch("hidden", &first).unwrap();
    bench.repository.replace("main", "2", [("file", "2")]).unwrap();
    bench.repository.delete_reference("refs/heads/hidden").unwrap();
    let error = bench.object("x", "user:one@", commit(&first, Some("hidden"))).await.unwrap_err();
    assert_eq!(error, "couldn't find remote ref \"refs/heads/hidden\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn submodules_share_clones_too() {
    let bench = Bench::new().await;
    let lib = bench.server.repository("lib").unwrap();
    let pinned = lib.commit("main", "l", [("l", "l")]).unwrap();
    let file = "[submodule \"lib\"]\n\tpath = lib\n\turl = ../lib\n";
    let with = [(".gitmodules", Content::from(file)), ("lib", Content::Module(pinned.clone()))];
    bench.repository.commit("main", "1", with.clone()).unwrap();
    bench.repository.commit("other", "2", with).unwrap();
    for name in ["app", "lib"] {
        bench.server.behave(name, Behaviour::basic("user", "one"));
    }
    let asked = || bench.server.accesses().iter().filter(|access| access.repository == "lib").count();
    let run = |uid: &'static str, name: &'static str| bench.found(uid, "user:one@", branch(name), true);
    let one = run("a", "main").await.unwrap();
    let before = asked();
    let two = run("b", "other").await.unwrap();
    assert_eq!(one.modules[0].clone, two.modules[0].clone);
    assert_eq!(asked() - before, 2, "it is there, and the server says that one may have it");
    assert_eq!(bench.clones().len(), 2);
    run("b", "other").await.unwrap();
    assert_eq!(asked() - before, 2, "who had it has it");
    bench.server.behave("lib", Behaviour::basic("user", "two"));
    assert!(run("c", "main").await.unwrap_err().starts_with("authentication required"));
    run("a", "main").await.unwrap();

    // Without submodules their clones go, unless another object has them.
    drop((one, two));
    bench.object("a", "user:one@", branch("main")).await.unwrap();
    assert_eq!(bench.clones().len(), 2);
    bench.object("b", "user:one@", branch("other")).await.unwrap();
    bench.git.forget("c");
    assert_eq!(bench.clones().len(), 1);
}

/// What a failed run fetched is there for the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_submodule_that_fails_costs_no_second_clone() {
    let bench = Bench::new().await;
    let lib = bench.server.repository("lib").unwrap();
    let pinned = lib.commit("main", "l", [("l", "l")]).unwrap();
    let file =
        "[submodule \"lib\"]\n\tpath = lib\n\turl = ../lib\n[submodule \"no\"]\n\tpath = no\n\turl = ../no\n";
    let files = [
        (".gitmodules", Content::from(file)),
        ("lib", Content::Module(pinned.clone())),
        ("no", Content::Module(pinned)),
    ];
    bench.repository.commit("main", "1", files).unwrap();
    let mut clones = Vec::new();
    for _ in 0..3 {
        assert!(bench.found("u", "", branch("main"), true).await.is_err());
        let mut now = bench.clones();
        now.sort();
        assert!(clones.is_empty() || clones == now, "{now:?}");
        clones = now;
    }
    bench.git.forget("u");
    assert!(bench.clones().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_an_earlier_process() {
    let bench = Bench::new().await;
    bench.commit("main", "1");
    bench.object("u", "", branch("main")).await.unwrap();
    let left = bench.clones();
    let git = Git::new(bench.folder.path().to_owned(), "test".to_owned(), &Memory::new(1 << 30, None));
    let spec = Spec::of("u", Url::parse(bench.repository.url()).unwrap(), branch("main"));
    let never = tokio_util::sync::CancellationToken::new();
    let found = git.resolve(&spec, &Access::default(), None, &never).await.unwrap();
    assert_eq!(bench.clones().len(), 2);
    git.keep_only(|| std::collections::HashSet::from(["u".to_owned()]));
    let Resolved::Revision { place, .. } = found else { unreachable!("nothing was known") };
    assert_eq!(bench.clones(), std::slice::from_ref(&place.tip.clone));
    assert_ne!(bench.clones(), left);
}
