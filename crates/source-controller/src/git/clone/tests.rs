//! What references stand for at a real server, and clones that are mended. What is shared is in `sharing`, what left its
//! branch in `rewritten`, commits from within a history in `bounded`.

use std::path::PathBuf;

use reqwest::Url;
use testkit::git::{GitServer, Repository};
use tokio_util::sync::CancellationToken;

use super::{MAX_PACKS, Tip};
use crate::access::Access;
use crate::git::refs::Target;
use crate::git::{Git, Spec};
use crate::memory::Memory;
use crate::upstream::{Resolved, Upstream as _};

mod bounded;
mod rewritten;
mod sharing;

struct Bench {
    server: GitServer,
    repository: Repository,
    folder: tempfile::TempDir,
    git: Git,
}

impl Bench {
    async fn new() -> Self {
        // Another test of this process may have done it.
        rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
        let server = GitServer::start().await.unwrap();
        let repository = server.repository("app").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let git = Git::new(folder.path().to_owned(), "test".to_owned(), &Memory::new(1 << 30, None));
        Self { server, repository, folder, git }
    }

    fn commit(&self, branch: &str, text: &str) -> String {
        self.repository.commit(branch, text, [("file", text)]).unwrap()
    }

    async fn resolve(&self, target: Target, known: Option<&str>) -> Result<Resolved<Tip>, String> {
        let url = Url::parse(self.repository.url()).unwrap();
        self.run(&Spec::of("u", url, target), &Access::default(), known).await
    }

    async fn run(&self, spec: &Spec, access: &Access, known: Option<&str>) -> Result<Resolved<Tip>, String> {
        let never = CancellationToken::new();
        let resolved = self.git.resolve(spec, access, known, &never).await;
        let resolved = resolved.map_err(|error| error.to_string())?;
        Ok(match resolved {
            Resolved::Unchanged => Resolved::Unchanged,
            Resolved::Revision { revision, place } => Resolved::Revision { revision, place: place.tip },
        })
    }

    async fn revision(&self, target: Target) -> String {
        let Resolved::Revision { revision, place } = self.resolve(target, None).await.unwrap() else {
            unreachable!("nothing was known")
        };
        assert!(revision.ends_with(&format!("sha1:{}", place.commit)), "{revision} {place:?}");
        revision
    }

    async fn error(&self, target: Target) -> String {
        self.resolve(target, None).await.unwrap_err()
    }

    fn clones(&self) -> Vec<PathBuf> {
        self.git.clones.wait();
        std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }
}

fn semver(range: &str) -> Target {
    Target::Semver(range.to_owned())
}

fn commit(id: &str, branch: Option<&str>) -> Target {
    let branch = branch.map(str::to_owned);
    Target::Commit { id: id.to_owned(), label: branch.clone(), branch }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_references_stand_for() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    let second = bench.commit("main", "2");
    bench.repository.annotated_tag("v1.0.0", &first, "the first").unwrap();
    bench.repository.reference("refs/pull/1/head", &first).unwrap();
    let branch = || Target::Branch("main".into());
    assert_eq!(bench.revision(branch()).await, format!("main@sha1:{second}"));
    assert_eq!(bench.revision(Target::Tag("v1.0.0".into())).await, format!("v1.0.0@sha1:{first}"));
    let pull = "refs/pull/1/head";
    assert_eq!(bench.revision(Target::Name(pull.into())).await, format!("{pull}@sha1:{first}"));
    assert_eq!(bench.revision(commit(&first, None)).await, format!("sha1:{first}"));
    let capitals = commit(&first.to_uppercase(), None);
    assert_eq!(bench.revision(capitals).await, format!("sha1:{first}"), "a revision is never in capitals");
    assert_eq!(bench.revision(commit(&first, Some("main"))).await, format!("main@sha1:{first}"));
    let known = format!("main@sha1:{second}");
    assert_eq!(bench.resolve(branch(), Some(&known)).await, Ok(Resolved::Unchanged));
    let known = format!("sha1:{first}");
    assert_eq!(bench.resolve(commit(&first, None), Some(&known)).await, Ok(Resolved::Unchanged));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_highest_tag_wins_and_of_equals_the_youngest() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    let second = bench.commit("main", "2");
    bench.repository.tag("v1.0.0", &first).unwrap();
    bench.repository.tag("v1.1.0+a", &second).unwrap();
    bench.repository.tag("v1.1.0+b", &first).unwrap();
    assert_eq!(bench.revision(semver("*")).await, format!("v1.1.0+a@sha1:{second}"));
    assert_eq!(bench.revision(semver("<1.1")).await, format!("v1.0.0@sha1:{first}"));
    let known = format!("v1.0.0@sha1:{first}");
    assert_eq!(bench.resolve(semver("<1.1"), Some(&known)).await, Ok(Resolved::Unchanged));
    // With equal times the last name wins, so that the answer is the same at every poll.
    bench.repository.tag("v1.1.0+b", &second).unwrap();
    assert_eq!(bench.revision(semver("*")).await, format!("v1.1.0+b@sha1:{second}"));
    assert_eq!(bench.error(semver(">2")).await, "no match found for semver: >2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_absent() {
    let bench = Bench::new().await;
    let empty = "git repository is empty";
    for target in [Target::Branch("main".into()), semver("*"), commit(&"0".repeat(40), None)] {
        assert_eq!(bench.error(target).await, empty);
    }
    bench.commit("main", "1");
    let absent = "couldn't find remote ref";
    assert_eq!(bench.error(Target::Branch("x".into())).await, format!("{absent} \"refs/heads/x\""));
    assert_eq!(bench.error(Target::Tag("x".into())).await, format!("{absent} \"refs/tags/x\""));
    assert_eq!(bench.error(Target::Branch("a..b".into())).await, format!("{absent} \"refs/heads/a..b\""));
    let name = bench.error(Target::Name("main".into())).await;
    assert_eq!(name, "unable to resolve ref 'main' to a specific commit");
    let head = bench.error(Target::Name("HEAD".into())).await;
    let zeros = "0".repeat(40);
    assert_eq!(head, format!("unable to resolve commit object for '{zeros}': object not found"));
    let id = "1".repeat(40);
    let not_found = |id: &str| format!("unable to resolve commit object for '{id}': object not found");
    assert_eq!(bench.error(commit(&id, None)).await, not_found(&id));
    assert_eq!(bench.error(commit("short", None)).await, not_found("short"));
    let branch = bench.error(commit(&id, Some("x"))).await;
    assert_eq!(branch, format!("{absent} \"refs/heads/x\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_at_hand_is_not_fetched_again() {
    let bench = Bench::new().await;
    bench.commit("main", "1");
    bench.revision(Target::Branch("main".into())).await;
    let asked = bench.server.accesses().len();
    // Nothing is known, as after a restart: the server is asked (one GET, one POST), and the content is there.
    bench.revision(Target::Branch("main".into())).await;
    assert_eq!(bench.server.accesses().len(), asked + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_clone_gives_way() {
    let bench = Bench::new().await;
    bench.commit("main", "1");
    let branch = || Target::Branch("main".into());
    let one = bench.revision(branch()).await;
    let clone = bench.clones().remove(0);
    std::fs::remove_file(clone.join("HEAD")).unwrap();
    assert_eq!(bench.revision(branch()).await, one);
    let mended = bench.clones();
    assert!(mended.len() == 1 && mended[0] != clone, "{mended:?}");

    // A folder that is gone is made again.
    std::fs::remove_dir_all(&mended[0]).unwrap();
    assert_eq!(bench.revision(branch()).await, one);
    assert_eq!(bench.clones(), mended);

    let Ok(Resolved::Revision { place, .. }) = bench.resolve(branch(), None).await else { unreachable!() };
    let place = crate::git::Place { tip: place, assembly: Default::default() };
    bench.git.discard(&place);
    bench.git.discard(&place);
    assert_eq!(bench.revision(branch()).await, one);
    drop(place);
    assert!(bench.clones().len() == 1 && bench.clones() != mended);
}

#[tokio::test(flavor = "multi_thread")]
async fn packs_do_not_pile_up() {
    let bench = Bench::new().await;
    bench.commit("main", "1");
    let branch = || Target::Branch("main".into());
    bench.revision(branch()).await;
    let clone = bench.clones().remove(0);
    for number in 0..=MAX_PACKS {
        std::fs::write(clone.join(format!("objects/pack/pack-{number}.pack")), "").unwrap();
    }
    bench.revision(branch()).await;
    assert_eq!(bench.clones(), std::slice::from_ref(&clone), "nothing is fetched");
    let next = bench.commit("main", "2");
    assert_eq!(bench.revision(branch()).await, format!("main@sha1:{next}"));
    assert!(bench.clones().len() == 1 && bench.clones()[0] != clone);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_the_servers_fault_costs_no_clone() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    let branch = || Target::Branch("main".into());
    bench.revision(branch()).await;
    let clone = bench.clones();
    bench.commit("main", "2");
    let mut pack = crate::git::guard::samples::PackBuilder::new();
    pack.blob(b"content");
    let mut pack = pack.finish();
    if let Some(last) = pack.last_mut() {
        // Its checksum is another.
        *last ^= 1;
    }
    bench.server.behave("app", testkit::git::Behaviour::sending(pack));
    for _ in 0..3 {
        assert!(bench.resolve(branch(), None).await.is_err());
    }
    assert_eq!(bench.clones(), clone, "another one would be no better");
    let known = format!("main@sha1:{first}");
    bench.server.behave("app", testkit::git::Behaviour::default());
    assert!(matches!(bench.resolve(branch(), Some(&known)).await, Ok(Resolved::Revision { .. })));
    assert_eq!(bench.clones(), clone);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thousands_of_references_those_are_listed_that_matter() {
    let bench = Bench::new().await;
    let first = bench.commit("main", "1");
    let second = bench.commit("main", "2");
    let mut packed = "# pack-refs with: peeled fully-peeled sorted\n".to_owned();
    let branches = (0..3000).map(|n| format!("{first} refs/heads/feature/with-a-long-name-{n:05}\n"));
    packed.extend(branches);
    packed.extend((0..500).map(|n| format!("{first} refs/tags/v1.0.{n:03}\n")));
    std::fs::write(bench.repository.folder().join("packed-refs"), packed).unwrap();
    bench.repository.tag("v2.0.0", &second).unwrap();

    let received = || bench.git.received().load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(bench.revision(Target::Tag("v2.0.0".into())).await, format!("v2.0.0@sha1:{second}"));
    assert!(received() < 10_000, "one reference: {}", received());
    let before = received();
    let known = format!("v2.0.0@sha1:{second}");
    assert_eq!(bench.resolve(semver("*"), Some(&known)).await, Ok(Resolved::Unchanged));
    let listed = received() - before;
    assert!((20_000..60_000).contains(&listed), "the tags, and no branch: {listed}");

    // One commit is fetched: its tree, its file and itself.
    let clone = bench.clones().remove(0);
    let repo = crate::git::on_disk::open(&clone).unwrap();
    assert_eq!(repo.objects.iter().unwrap().count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn clones_go_with_their_object() {
    let bench = Bench::new().await;
    bench.commit("main", "1");
    bench.revision(Target::Branch("main".into())).await;
    bench.git.keep_only(|| std::collections::HashSet::from(["u".to_owned()]));
    assert_eq!(bench.clones().len(), 1);
    bench.git.forget("u");
    assert!(bench.clones().is_empty());
}
